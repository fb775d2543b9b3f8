/* A small file that only we may read (0600): keys, tokens, proofs. It is replaced whole. Waits for
 * the disk: no stage's thread. */
#pragma once

#include <sys/uio.h>

/* Writes the pieces, one after the other, to PATH.new, and gives it the name once the disk has it.
 * Whoever is killed meanwhile leaves the old file or the new one. A link at PATH is replaced, one
 * at PATH.new is refused. Returns 0, or a negative errno, and then the old file is as it was. */
int private_file_write(const char *path, const struct iovec *pieces, int count);
