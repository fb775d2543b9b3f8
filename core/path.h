/* Paths of requests: segments between slashes, percent-encoded (RFC 3986, 2.1 and 3.3). */
#pragma once

#include <stddef.h>

/* Decodes `size` bytes of one segment into `out` as a string. Returns 0; -EINVAL for a broken
 * escape and for control characters; -ENAMETOOLONG when it does not fit. */
int path_decode(const char *segment, size_t size, char *out, size_t room);

/* Holds `path` against `pattern` ("cameras/{name}/sample"), segment by segment. Returns 1 when it
 * fits, with what stood for "{name}" decoded into `name` (empty when the pattern has none); 0 when
 * it does not; -EINVAL or -ENAMETOOLONG when a segment cannot be decoded. */
int path_match(const char *pattern, const char *path, char *name, size_t room);
