/* The end of a frame's way: its picture, those that models made of it, and its result are handed to
 * the back-end, in this order, so that the result can say whether the picture is on its way. Both
 * functions are the lane's. */
#pragma once

#include <stdbool.h>

struct gw_frame;
struct sink;

/* A new frame, from its beginning. Returns whether it is done with, or waits as `stuck`. */
bool delivery_begin(struct sink *sink, struct gw_frame *frame);

/* The same for the one that is stuck, from where it came to. */
bool delivery_finish(struct sink *sink, struct gw_frame *frame);
