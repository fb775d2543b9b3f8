/* Where messages begin in a file of them, now and then: a mark about every 16 MiB, kept with the
 * file as its extended attribute `user.framegate.marks` (xattr(7)), decimal numbers in their order.
 * Who looks at the end of a large file begins there. A file system without such attributes keeps
 * none.
 *
 * One thread at a time.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#define OUTPUT_MARKS 32
#define OUTPUT_MARK_EVERY ((off_t)16 << 20)
/* That a mark is before the end when it is begun at. */
#define OUTPUT_MARK_BEFORE ((off_t)64 << 20)

struct output_marks {
	uint32_t count;
	off_t at[OUTPUT_MARKS]; /* the youngest ones, ascending */
};

/* Those of an open file; none where there are none. */
void output_marks_read(struct output_marks *marks, int fd);

/* A message was written whole, which ends at `end`: the next one begins there. Every now and then
 * that is a mark, and is written to the file. */
void output_marks_note(struct output_marks *marks, int fd, off_t end);

/* Where to begin in a file of `size` bytes: at a mark that stands far enough before the end that
 * what follows it had long been on the disk; 0: at its beginning. */
off_t output_marks_before(const struct output_marks *marks, off_t size);
