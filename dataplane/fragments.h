/* The fragments of an open frame one by one, where their places in the scan do not say all: what is
 * lost may have to be replaced. The list stands at the end of the frame's slot and grows towards
 * its bytes. Private to the open frame. */
#pragma once

#include "dataplane/stream.h"
#include "jpeg/conceal.h"

/* Adds one more, of whose bytes `coming` are yet to be written behind those that came. False: the
 * slot is full, and nothing has changed. */
bool fragments_add(struct open_frame *open, const struct jpeg_chunk *chunk, uint32_t coming);

/* Moves the list to the end of a larger slot. */
void fragments_move(struct open_frame *open, const struct gw_frame *from);

/* Whether `a` goes behind `b`. */
typedef bool fragments_behind(const struct jpeg_chunk *a, const struct jpeg_chunk *b);

/* Sorts in place. Whatever order a sender chose, it takes time in proportion to count * log(count):
 * receive lanes wait for it. */
void fragments_sort(struct jpeg_chunk *list, uint32_t count, fragments_behind *is_behind);

/* The list, in the order of places or of the packets' numbers. */
struct jpeg_chunk *fragments_by_place(struct open_frame *open);
struct jpeg_chunk *fragments_by_number(struct open_frame *open);
