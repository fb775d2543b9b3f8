/* Descriptors 0 to 2: whoever starts a program may have closed them. */
#pragma once

/* Opens /dev/null in place of those of the three that are closed, so that no file or socket that is
 * opened later gets what is meant for them. With `flags` O_RDWR nobody misses what is written
 * there; with O_RDONLY it is refused, as by a closed one. First thing in main(). Returns 0, or a
 * negative errno when it is needed and cannot be opened: `program` has said so on stderr then. */
int gw_standard_files(const char *program, int flags);
