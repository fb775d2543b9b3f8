/* One line that tells a user what is wrong and what to do about it. */
#pragma once

struct gw_error {
	char text[512];
};

/* Writes the line and returns `status` (a negative errno), so that a caller can
 * `return gw_error_set(error, -EINVAL, "...")`. A NULL `error` is accepted. */
__attribute__((format(printf, 3, 4))) int gw_error_set(
	struct gw_error *error, int status, const char *format, ...);

/* Puts words before a line that is already there: "kafka: " + line. */
__attribute__((format(printf, 2, 3))) void gw_error_prefix(
	struct gw_error *error, const char *format, ...);
