/* Structured log: to journald with fields when systemd started us, to stderr as one line otherwise.
 *
 * Never called per packet or per frame: stages log from housekeeping only. Any thread.
 */
#pragma once

#include "core/config/config.h"

void gw_log_open(enum gw_log_target target, enum gw_log_level level);

/* From here to gw_log_stop() a thread of its own writes what is logged, and nobody else waits for
 * whoever reads it. Of a log that is not read, the latest lines are lost: they are counted, and the
 * next line that gets through says how many. Without a thread every line is written by who logs it.
 * Main thread. */
void gw_log_start(void);

/* Waits until what was logged before is written, `ns` at most. For those who leave by _exit(). Any
 * thread. */
void gw_log_flush(int64_t ns);

/* The same while no single line takes that long, `most` at most, and ends the thread. One that
 * cannot write is left behind, and what it has not written is counted as lost. Main thread. */
void gw_log_stop(int64_t ns, int64_t most);

/* Long enough for a reader who reads, short enough for an end in time. */
#define GW_LOG_PATIENCE_NS 200000000
/* For all that was logged, of a reader who is slow. */
#define GW_LOG_REST_NS (5 * GW_LOG_PATIENCE_NS)

/* Lines that were lost since the start of the process. Any thread. */
uint64_t gw_log_lost(void);

/* Any thread, at any time. */
void gw_log_set_level(enum gw_log_level level);

/* "error", "warning", "info", "debug". */
const char *gw_log_level_name(enum gw_log_level level);

/* `subject` is what the line is about: a stage, "camera cam0", "api". */
__attribute__((format(printf, 3, 4))) void gw_log(
	enum gw_log_level level, const char *subject, const char *format, ...);

/* The same for an alarm: the journal gets its message id, its kind and its subject as fields of
 * their own. The first two are static; a subject that is too long is cut. */
__attribute__((format(printf, 5, 6))) void gw_log_alarm(enum gw_log_level level,
	const char *message_id, const char *alarm, const char *about, const char *format, ...);

/* A line for whoever started the process: to stderr as it is, after what was logged before. */
__attribute__((format(printf, 1, 2))) void gw_log_say(const char *format, ...);

#define gw_error_log(subject, ...) gw_log(GW_LOG_ERROR, subject, __VA_ARGS__)
#define gw_warn(subject, ...) gw_log(GW_LOG_WARNING, subject, __VA_ARGS__)
#define gw_info(subject, ...) gw_log(GW_LOG_INFO, subject, __VA_ARGS__)
#define gw_debug(subject, ...) gw_log(GW_LOG_DEBUG, subject, __VA_ARGS__)
