/* A connection to a camera: a socket, within TLS or not. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "session/tls.h"

struct line {
	int file; /* non-blocking; -1: none */
	struct tls *tls; /* NULL: bytes go as they are. Open. */
};

#define LINE_NONE ((struct line){-1, NULL})

/* As recv(2) and send(2), which do not wait. What line_send() took less of than it was given must
 * be given again; more may follow it. */
ssize_t line_receive(const struct line *line, void *data, size_t size);
ssize_t line_send(const struct line *line, const void *data, size_t size);

/* Why one of both failed, where that says more than errno: a negative errno with a line; 0: it does
 * not. */
int line_explain(const struct line *line, struct gw_error *error);

/* Whether there is more to receive of which `file` tells nothing. */
bool line_has_more(const struct line *line);

/* Closes both; it is LINE_NONE then. Accepts one that is. */
void line_close(struct line *line);
