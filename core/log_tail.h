/* The latest lines of the log, for who asks the gateway instead of the machine. Private to the log,
 * but for gw_log_read(). Any thread.
 */
#pragma once

#include <stdint.h>

#include "core/log_queue.h"

#define LOG_TAIL 512 /* lines that are kept */

/* Keeps a copy of the line. Waits for who reads one, for a moment. */
void log_tail_put(const struct log_line *line);

/* Copies the oldest line that is kept and was put after line number `after` (the first one is
 * number 1). Returns its number; 0: there is none. */
uint64_t gw_log_read(uint64_t after, struct log_line *line);

/* The number of the newest line; 0: there is none. */
uint64_t gw_log_last(void);
