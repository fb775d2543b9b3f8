/* Structured log: to journald with fields when systemd started us, to stderr as one line otherwise.
 *
 * Never called per packet or per frame: stages log from housekeeping only. Any thread.
 */
#pragma once

#include "core/config/config.h"

void gw_log_open(enum gw_log_target target, enum gw_log_level level);

/* Any thread, at any time. */
void gw_log_set_level(enum gw_log_level level);

/* `subject` is what the line is about: a stage, "camera cam0", "api". */
__attribute__((format(printf, 3, 4))) void gw_log(
	enum gw_log_level level, const char *subject, const char *format, ...);

#define gw_error_log(subject, ...) gw_log(GW_LOG_ERROR, subject, __VA_ARGS__)
#define gw_warn(subject, ...) gw_log(GW_LOG_WARNING, subject, __VA_ARGS__)
#define gw_info(subject, ...) gw_log(GW_LOG_INFO, subject, __VA_ARGS__)
#define gw_debug(subject, ...) gw_log(GW_LOG_DEBUG, subject, __VA_ARGS__)
