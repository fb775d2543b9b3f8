/* What a camera says first in answer to a request, for a line that tells somebody what came when it
 * is nothing that can be read. Shows no more than a status line, cleaned; any thread, one at a
 * time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define GLIMPSE_TEXT 64
#define GLIMPSE_SKIPPED 1024 /* ends of lines at a time */

/* {0}: nothing came. `text` always has an end. */
struct glimpse {
	char text[GLIMPSE_TEXT];
	uint32_t size;
	bool is_whole; /* the line is over, or there is no more room */
};

/* More bytes of it. Empty lines before it are left out; what cannot be shown is a dot. */
void glimpse_take(struct glimpse *glimpse, const uint8_t *data, uint32_t size);

/* The same with what waits in a socket, and stays there. */
void glimpse_peek(struct glimpse *glimpse, int file);

/* Takes out the ends of lines that wait in a socket before anything else, GLIMPSE_SKIPPED of them
 * at most. */
void glimpse_skip_lines(int file);
