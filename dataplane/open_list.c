#include "dataplane/open_list.h"

#include "core/admission.h"
#include "core/clock.h"
#include "dataplane/assembler.h"
#include "dataplane/open_frame.h"
#include "dataplane/session.h"

/* An open frame without news for so long has lost its packets, if the camera sends two pictures in
 * that time, or more: without a marker only the next picture says where one ends. Nobody knows how
 * often a camera sends before its second picture. */
#define FRAME_TIMEOUT_NS (500 * GW_NS_PER_MS)
#define FIRST_FRAME_TIMEOUT_NS (30 * GW_NS_PER_S)

/* A complete frame waits for what is older and missing only so long, and only while that is so near
 * behind the newest packet. */
#define ORDER_TIMEOUT_NS (20 * GW_NS_PER_MS)
#define ORDER_DISTANCE 32

void open_list_release(struct open_list *list)
{
	for (struct stream *stream = list->first; stream; stream = stream->open_next)
		while (stream->open_count > 0)
			gw_frame_unref(stream->open[--stream->open_count]->frame);
}

static void count_open(struct open_list *list, int by)
{
	gw_counter_add(&list->count, (uint64_t)(int64_t)by);
}

/* The stream has one more open frame. */
static void note_open(struct open_list *list, struct stream *stream)
{
	count_open(list, 1);
	if (++stream->open_count > 1)
		return;
	stream->open_next = list->first;
	stream->open_link = &list->first;
	if (stream->open_next)
		stream->open_next->open_link = &stream->open_next;
	list->first = stream;
}

struct open_frame *open_list_insert(
	struct open_list *list, struct stream *stream, uint64_t extended)
{
	struct open_frame *open = stream->open[stream->open_count];

	if (stream->open_count > 0 && extended < stream->open[0]->low) {
		stream->open[1] = stream->open[0];
		stream->open[0] = open;
	}
	note_open(list, stream);
	return open;
}

static void note_closed(struct open_list *list, struct stream *stream)
{
	count_open(list, -1);
	if (--stream->open_count > 0)
		return;
	*stream->open_link = stream->open_next;
	if (stream->open_next)
		stream->open_next->open_link = stream->open_link;
}

/* Takes an open frame out of the list; late packets of it are dropped for `reason` from now on. */
static void close_picture(
	struct open_list *list, struct stream *stream, struct open_frame *open, enum gw_drop reason)
{
	const struct closed_picture picture = {
		.low = open->low,
		.have_last = open->have_last,
		.last = open->have_last ? open->last : open->high,
		.have_first = open->have_first,
		.first = open->first,
		.print = open->print,
		.type_specific = open->type_specific,
		.reason = reason,
	};

	session_close_picture(stream, &picture, open->timestamp);
	if (stream->open[0] == open && stream->open_count > 1) {
		stream->open[0] = stream->open[1];
		stream->open[1] = open;
	}
	note_closed(list, stream);
}

void open_list_drop(struct open_list *list, struct stream *stream, struct open_frame *open,
	enum gw_drop why, enum gw_drop later)
{
	gw_count_drop(stream->stats, why);
	/* What was written there is memory, too. */
	open->frame->jpeg.size = coverage_end(&open->coverage);
	gw_frame_unref(open->frame);
	close_picture(list, stream, open, later);
}

static void pass_on(struct open_list *list, struct stream *stream, struct open_frame *open,
	struct assembler_done *done)
{
	struct gw_frame *frame = open->frame;

	if (open->high > stream->passed)
		stream->passed = open->high;
	frame->state = GW_FRAME_JPEG;
	frame->sequence = gw_counter_get(&stream->slot->next_sequence);
	gw_counter_add(&stream->slot->next_sequence, 1);
	gw_admission_passed_on(&stream->slot->admission, frame);
	stream_set_payload_type(stream, open->payload_type);
	stream->width = frame->width;
	stream->height = frame->height;
	gw_counter_set(&stream->stats->last_frame, (uint64_t)frame->stamp[GW_STAMP_COMPLETE]);
	gw_counter_set(&stream->stats->size, (uint64_t)frame->width << 16 | frame->height);
	done->frames[done->count++] = frame;
	close_picture(list, stream, open, GW_DROP_LATE);
}

/* The packet right before the frame has not come: an older picture may still do so, small ones have
 * no other packet that would tell. */
static bool is_overtaking(
	const struct open_list *list, const struct stream *stream, const struct open_frame *open)
{
	const uint64_t before = open->low - 1;

	return !sequence_is_known(&stream->sequence, before) &&
		(list->lossless || stream->sequence.highest < before + ORDER_DISTANCE);
}

bool open_list_holds(const struct stream *stream, const struct open_frame *open)
{
	return stream->is_candidate && !open->is_left_over;
}

void open_list_pass_on(struct open_list *list, struct stream *stream, struct assembler_done *done)
{
	while (stream->open_count > 0 && stream->open[0]->state == OPEN_WHOLE &&
		!open_list_holds(stream, stream->open[0]) &&
		!is_overtaking(list, stream, stream->open[0]))
		pass_on(list, stream, stream->open[0], done);
}

/* Whether another picture has the same timestamp as this one: then what came need not be all of
 * one. */
static bool shares_its_timestamp(const struct stream *stream, const struct open_frame *open)
{
	const uint32_t before = (stream->closed_next - 1) % STREAM_CLOSED;

	for (uint32_t i = 0; i < stream->open_count; i++)
		if (stream->open[i] != open && stream->open[i]->timestamp == open->timestamp)
			return true;
	return stream->closed[before].used && stream->closed_timestamp[before] == open->timestamp;
}

/* What is lost may be replaced. */
static bool conceal(struct stream *stream, struct open_frame *open)
{
	return open->can_conceal && !stream->is_candidate && !shares_its_timestamp(stream, open) &&
		!open_frame_has_others(open) && open_frame_conceal(open, stream) == GW_DROP_NONE;
}

void open_list_close_oldest(
	struct open_list *list, struct stream *stream, struct assembler_done *done)
{
	struct open_frame *open = stream->open[0];

	if (open->state == OPEN_WHOLE && open_list_holds(stream, open))
		open_list_drop(list, stream, open, GW_DROP_OTHER_SESSION, GW_DROP_LATE);
	else if (open->state == OPEN_WHOLE || conceal(stream, open))
		pass_on(list, stream, open, done);
	else
		open_list_drop(list, stream, open, GW_DROP_INCOMPLETE, GW_DROP_LATE);
	open_list_pass_on(list, stream, done);
}

void open_list_overtake(struct open_list *list, struct stream *stream,
	const struct open_frame *open, struct assembler_done *done)
{
	if (open != stream->open[0] && !list->lossless &&
		stream->sequence.highest >= open->low + ORDER_DISTANCE)
		open_list_close_oldest(list, stream, done);
}

void open_list_close_all(struct open_list *list, struct stream *stream, struct assembler_done *done)
{
	while (stream->open_count > 0)
		open_list_close_oldest(list, stream, done);
}

void open_list_detach(struct open_list *list, struct stream *stream, struct assembler_done *done)
{
	while (stream->open_count > 0) {
		struct open_frame *open = stream->open[0];

		if (open->state == OPEN_WHOLE && !open_list_holds(stream, open))
			pass_on(list, stream, open, done);
		else
			open_list_drop(list, stream, open, GW_DROP_CAMERA_CHANGED, GW_DROP_LATE);
	}
}

static int64_t longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* How long an open frame may wait for its next packet: never less than twice the time between the
 * camera's pictures. */
static int64_t patience(const struct stream *stream)
{
	int64_t rhythm = longer(stream->rhythm[0], stream->rhythm[1]);

	if (rhythm == 0)
		rhythm = longer(stream->other->rhythm[0], stream->other->rhythm[1]);
	return rhythm == 0 ? FIRST_FRAME_TIMEOUT_NS : longer(2 * rhythm, FRAME_TIMEOUT_NS);
}

static void expire(struct open_list *list, struct stream *stream, int64_t now, bool all,
	struct assembler_done *done)
{
	while (stream->open_count > 0) {
		const struct open_frame *open = stream->open[0];

		if (open->state != OPEN_WHOLE && stream->open_count > 1)
			open = stream->open[1];
		const int64_t since = open->state == OPEN_WHOLE && !open_list_holds(stream, open)
			? open->frame->stamp[GW_STAMP_COMPLETE] + ORDER_TIMEOUT_NS
			: stream->open[0]->touched + patience(stream);

		if (!all && (list->lossless || now < since))
			return;
		open_list_close_oldest(list, stream, done);
	}
}

void open_list_expire(struct open_list *list, int64_t now, bool all,
	void (*give)(void *arg, const struct assembler_done *done), void *arg)
{
	struct gw_frame *frames[ASSEMBLER_MAX_DONE];

	for (struct stream *stream = list->first, *next; stream; stream = next) {
		struct assembler_done done = {.frames = frames};

		next = stream->open_next;
		expire(list, stream, now, all, &done);
		if (done.count > 0)
			give(arg, &done);
	}
}
