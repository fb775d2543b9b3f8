/* The open frames of a lane's streams: their order, and how each of them ends, passed on or
 * dropped. The lane's thread only, but where it is said. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/counter.h"
#include "core/drops.h"

struct assembler_done;
struct open_frame;
struct stream;

struct open_list {
	bool lossless; /* frames wait for what is older, however long that takes */
	struct gw_counter count; /* open frames; any thread reads it */
	struct stream *first; /* streams with open frames */
};

/* Gives the slots of all open frames back. */
void open_list_release(struct open_list *list);

/* Makes room for one more frame of the stream, in the order of sequence numbers: its oldest packet
 * has this one. The stream has fewer than STREAM_OPEN_FRAMES. The frame is the caller's to begin.
 */
struct open_frame *open_list_insert(
	struct open_list *list, struct stream *stream, uint64_t extended);

/* Counts the frame as dropped for `why` and gives its slot back; late packets of it are dropped for
 * `later` from now on. */
void open_list_drop(struct open_list *list, struct stream *stream, struct open_frame *open,
	enum gw_drop why, enum gw_drop later);

/* Whether the frame has to wait, whole or not, until its session is the camera's: it began when
 * another one was. */
bool open_list_holds(const struct stream *stream, const struct open_frame *open);

/* Passes on what is whole and has nothing older before it, and is not held. */
void open_list_pass_on(struct open_list *list, struct stream *stream, struct assembler_done *done);

/* The frame has become whole: an older one whose packets are far behind will not do so any more. */
void open_list_overtake(struct open_list *list, struct stream *stream,
	const struct open_frame *open, struct assembler_done *done);

/* Ends the stream's oldest frame, whatever it lacks, or although it is held, and passes on what
 * waited for that. */
void open_list_close_oldest(
	struct open_list *list, struct stream *stream, struct assembler_done *done);

/* Ends all of the stream's frames in the same way. */
void open_list_close_all(
	struct open_list *list, struct stream *stream, struct assembler_done *done);

/* No packet of the stream comes any more: what is whole is passed on, the rest is dropped. */
void open_list_detach(struct open_list *list, struct stream *stream, struct assembler_done *done);

/* As assembler_expire(). */
void open_list_expire(struct open_list *list, int64_t now, bool all,
	void (*give)(void *arg, const struct assembler_done *done), void *arg);
