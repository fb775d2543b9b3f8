/* What was logged and is not written yet, and the thread that writes it. Private to the log.
 *
 * Whoever reads the log may be slow, or gone with the pipe full: only this thread waits for him.
 * Others leave their lines here, in their order; when there is no room, the new one is lost and
 * counted. Any thread, but for start and stop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "core/config/config.h"

struct log_line {
	enum gw_log_level level;
	bool plain; /* nothing but `text` */
	uint64_t lost; /* lines before this one that nobody will read */
	struct timespec when;
	/* Of an alarm: static; NULL: it is of none. */
	const char *message_id, *alarm;
	char about[64];
	char subject[128];
	char text[1024];
};

/* Makes the thread, which hands one line after the other to `write`: that may block, tells of
 * `lost` and sets it to 0, and returns false when something did not get out. Returns 0 or a
 * negative errno. Main thread. */
int log_queue_start(bool (*write)(struct log_line *line));

/* Takes a copy of the line. False: there is no thread to write it. Waits for nobody. */
bool log_queue_put(const struct log_line *line);

/* Waits until what was put before is written, `ns` at most. Returns whether it is. */
bool log_queue_flush(int64_t ns);

/* Waits until all is written, as long as no line takes `ns`, `most` at most; then the thread ends.
 * One that still writes is left alone: what it has not written is lost, and so are further lines.
 * Main thread. */
void log_queue_stop(int64_t ns, int64_t most);

/* Lines that did not get out, since the start of the process. */
uint64_t log_queue_lost(void);
