/* How much is free of the disk that a path lies on, asked on a thread of its own: one that hangs (a
 * mount whose server is gone) holds up nobody but that thread, which is left behind at the end.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

struct disk;

struct disk_facts {
	int64_t late_ns; /* how long it has not answered the question that is under way; 0: none is
			  */
	int fault; /* errno of the last answer */
	dev_t device;
	double percent,
		gib; /* free, of what may be used by others than root; below 0: no answer yet */
};

/* Starts its thread, which waits for a question. NULL when that cannot be. */
struct disk *disk_open(const char *path);

/* Ends the thread and frees everything; when the disk hangs, that is left to the thread, should it
 * ever go on. Waits for a fraction of a second at most. Accepts NULL. */
void disk_close(struct disk *disk);

const char *disk_path(const struct disk *disk);

/* Asks again, if the last answer has come, and says what is known. `now` as of gw_now(). Does not
 * wait. One thread. */
void disk_ask(struct disk *disk, int64_t now, struct disk_facts *facts);
