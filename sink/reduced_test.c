/* Pictures that are made smaller, and the results that wait for them, with a back-end that writes
 * down what it gets. */
#include "sink/reduced.h"

#include "core/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "jpeg/make.h"
#include "sink/fixture.h"
#include "sink/held.h"
#include "sink/lane.h"
#include "sink/record.h"
#include "sink/stage.h"

#define SHRINK 8192

/* What the back-end got, in its order, and what it has no room for. */
struct backend {
	struct sink *sink;
	bool no_picture_of_cam0, no_result;
	bool purged;
	char ids[2][256]; /* of the last picture and the last result, by enum sink_kind */
	char got[512];
};

static enum gw_drop submit(void *state, const struct sink_record *record)
{
	struct backend *backend = state;
	const bool picture = record->kind == SINK_SAMPLE;
	const size_t there = strlen(backend->got);

	assert_false(backend->purged);
	if (picture && backend->no_picture_of_cam0 && record->frame->camera == 0)
		return GW_DROP_SAMPLE_FULL;
	if (!picture && backend->no_result)
		return GW_DROP_SINK_FULL;
	snprintf(backend->ids[record->kind], sizeof(backend->ids[0]), "%s", record->id);
	snprintf(backend->got + there, sizeof(backend->got) - there, "%s %s%s;", record->camera,
		picture                   ? "picture"
			: record->sampled ? "with"
					  : "without",
		record->reduced ? " smaller" : "");
	sink_report(backend->sink,
		&(struct sink_report){
			.kind = record->kind,
			.camera = record->frame->camera,
			.frame = picture ? record->frame : NULL,
		});
	return GW_DROP_NONE;
}

static uint32_t poll_nothing(void *state)
{
	return 0;
}

static uint32_t largest(void *state)
{
	return 1u << 20;
}

static void purge(void *state)
{
	struct backend *backend = state;

	backend->purged = true;
	backend->no_picture_of_cam0 = backend->no_result = false;
}

static const struct sink_ops ops = {
	.name = "the test",
	.submit = submit,
	.poll = poll_nothing,
	.largest = largest,
	.purge = purge,
};

struct world {
	struct fixture *f;
	struct sink *sink;
	struct backend backend;
};

static void begin(struct world *w)
{
	*w = (struct world){
		.f = fixture_open(
			"kafka: {backend: 'null', frames: {every: 1, shrink: 8192}}\n", false)};
	w->f->gw.lossless = true;
	w->sink = w->backend.sink = fixture_replace_backend(w->f, &ops, &w->backend);
	w->sink->reducer = reducer_open(w->sink->lane, SHRINK);
	w->sink->held = held_open();
	assert_non_null(w->sink->reducer);
	assert_non_null(w->sink->held);
}

/* A frame whose picture can be made smaller. */
static struct gw_frame *large(struct world *w, uint32_t camera, bool lossless)
{
	static uint8_t *jpeg;
	static size_t size;
	struct gw_frame *frame = fixture_frame(w->f, camera);
	const enum gw_frame_state state = frame->state;

	if (!jpeg)
		jpeg = jpeg_make(
			&(struct jpeg_recipe){.width = 320, .height = 240, .quality = 90}, &size);
	assert_true(size > SHRINK);
	jpeg_into_frame(frame, jpeg, size);
	frame->state = state;
	frame->lossless = lossless;
	return frame;
}

static void a_picture_that_has_to_come_again_holds_up_no_other_camera(void **state)
{
	struct world w;

	begin(&w);
	w.backend.no_picture_of_cam0 = true;
	fixture_send(w.f, large(&w, 0, true));
	fixture_send(w.f, large(&w, 1, false));
	fixture_turn_until(w.f, &fixture_stats(w.f, 1)->samples_delivered, 1);
	assert_string_equal(w.backend.got, "cam1 picture smaller;cam1 with;");
	w.backend.no_picture_of_cam0 = false;
	fixture_turn_until(w.f, &fixture_stats(w.f, 0)->samples_delivered, 1);
	assert_non_null(strstr(w.backend.got, ";cam0 picture smaller;cam0 with;"));
	fixture_assert_balanced(w.f);
	fixture_close(w.f, 100);
}

/* Results of a camera that come and go, behind whatever is held, until none of that size finds
 * room. */
static void come_and_go(struct world *w, uint32_t camera, char *value, size_t size)
{
	struct sink_record result = {
		.kind = SINK_RESULT,
		.camera = "cam1",
		.id = "i",
		.source = "s",
		.time = "t",
		.value = value,
		.size = (uint32_t)size,
	};

	for (uint32_t i = 0;; i++) {
		struct gw_frame *frame = fixture_frame(w->f, camera);

		assert_true(i < HELD_BYTES / size);
		result.frame = frame;
		if (!held_add(w->sink, &result, true)) {
			fixture_drop(w->f, frame);
			return;
		}
		assert_true(held_answer(w->sink->held, frame, false));
		gw_frame_unref(frame);
		assert_int_equal(held_send(w->sink), 1);
	}
}

static void behind_a_lossless_result_that_waits_no_other_is_lost(void **state)
{
	char *value = calloc(1, RECORD_SIZE);
	struct world w;

	begin(&w);
	w.backend.no_picture_of_cam0 = true;
	fixture_send(w.f, large(&w, 0, true));
	fixture_turn(w.f);
	assert_true(held_has(w.sink->held, 0));
	come_and_go(&w, 1, value, RECORD_SIZE);
	come_and_go(&w, 1, value, 1000);
	come_and_go(&w, 1, value, 1);
	w.backend.got[0] = '\0';
	for (int i = 0; i < 3; i++) {
		struct gw_frame *frame = large(&w, 1, false);

		fixture_send(w.f, frame);
		fixture_turn(w.f);
	}
	assert_string_equal(w.backend.got, "cam1 without;cam1 without;cam1 without;");
	assert_int_equal(fixture_drops(w.f, 1, GW_DROP_SINK_FULL), 0);
	/* Their pictures are refused, and give back what they have. */
	fixture_turn_until(w.f, &fixture_stats(w.f, 1)->drops[GW_DROP_SAMPLE_TOO_LARGE], 3);
	w.backend.no_picture_of_cam0 = false;
	fixture_turn_until(w.f, &fixture_stats(w.f, 0)->samples_delivered, 1);
	fixture_assert_balanced(w.f);
	free(value);
	fixture_close(w.f, 100);
}

static void what_is_counted_as_lost_at_the_end_goes_nowhere(void **state)
{
	struct world w;

	begin(&w);
	w.backend.no_picture_of_cam0 = w.backend.no_result = true;
	for (int i = 0; i < 2; i++)
		fixture_send(w.f, large(&w, 0, true));
	fixture_turn(w.f);
	assert_true(held_has(w.sink->held, 0));
	w.f->sink->drain_by = gw_now();
	assert_true(sink_stage.drain(w.f->sink));
	assert_true(w.backend.purged);
	/* The back-end has room again, and asserts that it gets nothing. */
	sink_stage.drain(w.f->sink);
	sink_stage.end(w.f->sink);
	assert_string_equal(w.backend.got, "");
	assert_int_equal(fixture_drops(w.f, 0, GW_DROP_SINK_LOST), 2);
	assert_int_equal(fixture_drops(w.f, 0, GW_DROP_SAMPLE_LOST), 2);
	fixture_close(w.f, 100);
}

/* As long as another gateway may have made it. */
static void a_smaller_picture_has_the_whole_id_of_its_result(void **state)
{
	struct world w;

	begin(&w);
	struct gw_frame *frame = large(&w, 0, false);

	frame->has_origin = true;
	memset(frame->origin.id, 'i', sizeof(frame->origin.id) - 1);
	frame->origin.id[sizeof(frame->origin.id) - 1] = '\0';
	strcpy(frame->origin.source, "/gateways/other/cameras/door");
	fixture_send(w.f, frame);
	fixture_turn_until(w.f, &fixture_stats(w.f, 0)->delivered, 1);
	assert_string_equal(w.backend.got, "cam0 picture smaller;cam0 with;");
	assert_int_equal(strlen(w.backend.ids[SINK_RESULT]), GW_ORIGIN_ID - 1);
	assert_string_equal(w.backend.ids[SINK_SAMPLE], w.backend.ids[SINK_RESULT]);
	fixture_close(w.f, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_picture_that_has_to_come_again_holds_up_no_other_camera),
		cmocka_unit_test(behind_a_lossless_result_that_waits_no_other_is_lost),
		cmocka_unit_test(what_is_counted_as_lost_at_the_end_goes_nowhere),
		cmocka_unit_test(a_smaller_picture_has_the_whole_id_of_its_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
