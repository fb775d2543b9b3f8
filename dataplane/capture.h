/* A capture file that is replayed: what must be known of it before. */
#pragma once

#include <stdint.h>

#include "core/error.h"

struct capture {
	int fd; /* open for reading, so that its path may hold any character; -1: none */
	uint64_t packets; /* how many it holds */
	int64_t first_ns; /* UTC of the first one */
	struct gw_error fault; /* why it was not read whole; or empty */
};

/* Whether the file is there and can be replayed; reads its header only. */
int capture_check(const char *path, struct gw_error *error);

/* Reads the whole file once. Refuses what is no capture of Ethernet packets. A file that is damaged
 * or cut short (the capture was interrupted) counts up to there, and `fault` says so. `fd` may be a
 * copy in memory: of a file that libpcap would not read whole. */
int capture_open(struct capture *capture, const char *path, struct gw_error *error);
void capture_close(struct capture *capture);
