/* Text in UTF-8, which JSON and Kafka's records must be: what comes from files, cameras and the
 * system may be other bytes, and a limit may fall amid a character. Any thread.
 */
#pragma once

#include <stddef.h>

/* How many bytes the character that begins at `text` has (RFC 3629, section 4), 0 when it is none.
 * `room`: bytes that there are, at least 1. */
size_t gw_utf8_size(const void *text, size_t room);

/* How many bytes of `text` are whole characters and not more than `most`, for "%.*s". A byte that
 * is none counts as one. */
int gw_utf8_fit(const char *text, int most);

/* Copies what fits of `text` into the `size` bytes at `out`, and ends it: whole characters, with
 * '?' for each byte that is none. */
void gw_utf8_copy(char *out, size_t size, const char *text);
