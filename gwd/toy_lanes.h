/* Toy stages with several lanes each, and what they find wrong: for lanes_test.c. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/gateway.h"

#define TOY_CAMERAS 64

/* What a stage makes of a camera's version. It is never freed while the test runs, so that a
 * frame that comes after its version was released is seen, not undefined. */
struct toy_made {
	_Atomic bool released;
	uint32_t version;
	struct toy_made *next; /* of all that were made; control thread */
};

/* What all lanes share. Any thread. */
struct toys {
	_Atomic bool pause; /* the source begins no frame */
	_Atomic uint32_t made, released;
	_Atomic uint64_t delivered;

	/* The first thing that went wrong, and how many did. */
	_Atomic(const char *) complaint;
	_Atomic uint32_t complaints;

	struct toy_made *all;
};
extern struct toys toys;

/* Notes that something is not as it must be; `what` stays the caller's. Any thread. */
void toy_complain(const char *what);

/* Ready for one more gateway. No lane runs. */
void toys_begin(void);

/* Frees what was made. After gw_close(). */
void toys_end(void);
