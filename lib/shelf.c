#include "lib/shelf.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BOARD (256u << 10)
#define ALIGNMENT 8u

struct shelf_board {
	struct shelf_board *next;
	size_t size, used;
	alignas(ALIGNMENT) uint8_t bytes[];
};

/* One that has room for it becomes the first. */
static struct shelf_board *add_board(struct shelf *shelf, size_t size)
{
	struct shelf_board **at = &shelf->spare;

	while (*at && (*at)->size < size)
		at = &(*at)->next;
	struct shelf_board *board = *at;

	if (board) {
		*at = board->next;
	} else {
		const size_t room = size > BOARD ? size : BOARD;

		board = malloc(sizeof(*board) + room);
		if (!board)
			return NULL;
		board->size = room;
	}
	board->used = 0;
	board->next = shelf->boards;
	shelf->boards = board;
	return board;
}

void *shelf_take(struct shelf *shelf, size_t size)
{
	struct shelf_board *board = shelf->boards;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (!board || board->size - board->used < size)
		board = add_board(shelf, size);
	if (!board)
		return NULL;
	void *at = board->bytes + board->used;

	board->used += size;
	return at;
}

void *shelf_copy(struct shelf *shelf, const void *from, size_t size)
{
	void *copy = shelf_take(shelf, size);

	return copy ? memcpy(copy, from, size) : NULL;
}

void shelf_clear(struct shelf *shelf)
{
	struct shelf_board *board;

	while ((board = shelf->boards) != NULL) {
		shelf->boards = board->next;
		board->next = shelf->spare;
		shelf->spare = board;
	}
}

void shelf_free(struct shelf *shelf)
{
	struct shelf_board *board;

	shelf_clear(shelf);
	while ((board = shelf->spare) != NULL) {
		shelf->spare = board->next;
		free(board);
	}
}
