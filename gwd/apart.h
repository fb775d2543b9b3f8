/* Our own program, run beside this process for what must not be in its way: what goes wrong there
 * harms nothing here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define APART_FILE "/proc/self/fd/3" /* there: where it finds `data` */

struct apart {
	char *const *words; /* of the command line, NULL at its end */
	const void *data; /* what it reads at APART_FILE */
	size_t size;
	uint32_t seconds; /* that it may take */
	bool complains; /* what it says on its standard error is of the answer, too */
	bool yields; /* to everything else on the machine that wants a processor, or memory */
	const _Atomic bool *ending; /* true: it is not wanted any more; NULL: never */
};

/* Waits for it. Returns how much of the answer there is, `room` at most; -ETIMEDOUT or -ECANCELED
 * when it had to be ended, another negative errno when it could not be begun. Any thread that may
 * wait. */
ssize_t apart_run(const struct apart *apart, char *answer, size_t room);
