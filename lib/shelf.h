/* Memory that is taken piece by piece and given back all at once, and kept for the next time. One
 * thread.
 */
#pragma once

#include <stddef.h>

struct shelf_board;

/* All zero is an empty one. */
struct shelf {
	struct shelf_board *boards; /* the one that is being filled, and those before it */
	struct shelf_board *spare;
};

/* `size` bytes, aligned to 8; NULL: out of memory. */
void *shelf_take(struct shelf *shelf, size_t size);

/* The same with a copy in it. */
void *shelf_copy(struct shelf *shelf, const void *from, size_t size);

/* Nothing of it is used any more. */
void shelf_clear(struct shelf *shelf);
void shelf_free(struct shelf *shelf);
