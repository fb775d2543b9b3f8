/* The UNIX socket that the API listens on. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "core/error.h"

struct api_socket {
	int fd; /* -1: none */
	char path[108];
	mode_t mode;
	dev_t device; /* of the file, so that only our own is ever removed */
	ino_t inode;
	bool is_port; /* there is no file */
};

/* Listens on `path` with `mode`; makes its directory (0755) when that is missing. The socket of
 * a gateway that died is replaced; one that answers is left alone, and -EADDRINUSE is returned. */
int api_socket_open(struct api_socket *api, const char *path, mode_t mode, struct gw_error *error);

/* Whether a socket could be made there, as far as files say it: a gateway that answers is not in
 * the way. Makes nothing. Returns 0 or a negative errno with the line of api_socket_open(). */
int api_socket_check(const char *path, struct gw_error *error);

/* Looks whether clients still find the file, and makes it again when it was removed: those who wait
 * at the old one are turned away. Returns 0, 1 when it was made again, or a negative errno with a
 * line; then the old one is still listened on. One thread at a time. */
int api_socket_look(struct api_socket *api, struct gw_error *error);

/* Closes it and removes the file. */
void api_socket_close(struct api_socket *api);
