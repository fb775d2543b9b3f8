/* Results that wait for what becomes of a picture, with a back-end that writes down what it gets.
 */
#include "sink/held.h"

#include "core/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "sink/fixture.h"
#include "sink/lane.h"
#include "sink/sink.h"

/* What the back-end got, in its order, and whether it has room. */
struct backend {
	struct sink *sink;
	bool full;
	uint64_t receipt; /* of the last one */
	char got[512];
};

static enum gw_drop submit(void *state, const struct sink_record *record)
{
	struct backend *backend = state;

	if (backend->full)
		return GW_DROP_SINK_FULL;
	assert_int_equal(record->kind, SINK_RESULT);
	assert_int_equal(record->frame->capture_ns, FIXTURE_CAPTURE_MS * GW_NS_PER_MS + 456789);
	snprintf(backend->got + strlen(backend->got), sizeof(backend->got) - strlen(backend->got),
		"%s %s %.*s;", record->camera, record->id,
		record->size < 20 ? (int)record->size : 3, (const char *)record->value);
	backend->receipt = record->frame->receipt;
	sink_report(backend->sink,
		&(struct sink_report){.kind = SINK_RESULT, .camera = record->frame->camera});
	return GW_DROP_NONE;
}

static const struct sink_ops ops = {.name = "the test", .submit = submit};

struct world {
	struct fixture *f;
	struct sink *sink;
	struct backend backend;
};

static void begin(struct world *w)
{
	*w = (struct world){
		.f = fixture_open("kafka: {backend: 'null', frames: {every: 0}}\n", false)};
	w->sink = w->backend.sink = fixture_replace_backend(w->f, &ops, &w->backend);
	w->sink->held = held_open();
	assert_non_null(w->sink->held);
}

static void end(struct world *w)
{
	for (uint32_t camera = 0; camera < 2; camera++)
		assert_false(held_has(w->sink->held, camera));
	fixture_close(w->f, 100);
}

static bool add_value(
	struct world *w, struct gw_frame *frame, const char *id, const char *value, bool awaits)
{
	char name[8];

	snprintf(name, sizeof(name), "cam%u", frame->camera);
	return held_add(w->sink,
		&(struct sink_record){
			.kind = SINK_RESULT,
			.frame = frame,
			.camera = name,
			.id = id,
			.source = "s",
			.time = "t",
			.value = value,
			.size = (uint32_t)strlen(value),
		},
		awaits);
}

/* A result that waits for its picture, which keeps the frame until leave(). */
static struct gw_frame *await(struct world *w, uint32_t camera, const char *id)
{
	struct gw_frame *frame = fixture_frame(w->f, camera);

	assert_true(add_value(w, frame, id, "without", true));
	held_set_sampled(w->sink->held, "with it", 7);
	return frame;
}

static void follow(struct world *w, uint32_t camera, const char *id, bool lossless)
{
	struct gw_frame *frame = fixture_frame(w->f, camera);

	frame->lossless = lossless;
	frame->receipt = 77;
	assert_true(held_has(w->sink->held, camera));
	assert_true(add_value(w, frame, id, "plain", false));
	gw_frame_unref(frame);
}

static void answer(struct world *w, struct gw_frame *frame, bool sampled)
{
	assert_true(held_answer(w->sink->held, frame, sampled));
	gw_frame_unref(frame);
}

static void a_camera_keeps_its_order_and_no_other_waits(void **state)
{
	struct world w;

	begin(&w);
	struct gw_frame *a = await(&w, 0, "a0");
	struct gw_frame *b = await(&w, 1, "b0");

	follow(&w, 0, "a1", false);
	follow(&w, 1, "b1", false);
	assert_int_equal(held_send(w.sink), 0);
	assert_string_equal(w.backend.got, "");
	assert_int_equal(gw_counter_get(&fixture_stats(w.f, 0)->results_waiting), 2);
	answer(&w, b, false);
	assert_int_equal(held_send(w.sink), 2);
	assert_string_equal(w.backend.got, "cam1 b0 without;cam1 b1 plain;");
	assert_int_equal(w.backend.receipt, 77);
	assert_false(held_has(w.sink->held, 1));
	/* One more picture of a camera whose results wait already. */
	struct gw_frame *c = await(&w, 0, "a2");

	answer(&w, a, true);
	held_send(w.sink);
	assert_string_equal(
		w.backend.got, "cam1 b0 without;cam1 b1 plain;cam0 a0 with it;cam0 a1 plain;");
	assert_true(held_has(w.sink->held, 0));
	answer(&w, c, true);
	held_send(w.sink);
	assert_non_null(strstr(w.backend.got, "cam0 a2 with it;"));
	assert_int_equal(gw_counter_get(&fixture_stats(w.f, 0)->delivered), 3);
	end(&w);
}

static void who_knows_of_no_such_frame_says_so(void **state)
{
	struct world w;

	begin(&w);
	struct gw_frame *a = await(&w, 0, "a0"), *other = fixture_frame(w.f, 0);

	assert_false(held_answer(w.sink->held, other, true));
	fixture_drop(w.f, other);
	answer(&w, a, true);
	held_send(w.sink);
	assert_false(held_answer(w.sink->held, a, false));
	end(&w);
}

static void a_lossless_result_waits_for_room_and_another_is_counted(void **state)
{
	struct world w;

	begin(&w);
	struct gw_frame *a = await(&w, 0, "a0"), *b = await(&w, 1, "b0");

	a->lossless = false;
	follow(&w, 0, "a1", true);
	follow(&w, 0, "a2", false);
	w.backend.full = true;
	answer(&w, a, true);
	answer(&w, b, true);
	/* The lossless one and the one behind it stay. */
	assert_int_equal(held_send(w.sink), 2);
	assert_int_equal(fixture_drops(w.f, 0, GW_DROP_SINK_FULL), 1);
	assert_int_equal(fixture_drops(w.f, 1, GW_DROP_SINK_FULL), 1);
	assert_int_equal(held_send(w.sink), 0);
	w.backend.full = false;
	assert_int_equal(held_send(w.sink), 2);
	assert_string_equal(w.backend.got, "cam0 a1 plain;cam0 a2 plain;");
	fixture_assert_balanced(w.f);
	end(&w);
}

/* As many as there is room for, of the largest that there are; the oldest gives way. */
static void there_is_an_end_to_what_waits(void **state)
{
	const size_t size = (1u << 20) - 1;
	char *value = malloc(size + 1);
	struct gw_frame *frames[16];
	struct world w;
	uint32_t count = 0;

	begin(&w);
	memset(value, 'x', size);
	value[size] = '\0';
	for (;; count++) {
		assert_true(count < 16);
		frames[count] = fixture_frame(w.f, count % 2);
		if (!add_value(&w, frames[count], "large", value, true))
			break;
	}
	assert_in_range(count, 3, 8);
	fixture_drop(w.f, frames[count]);
	for (int i = 0; i < 50; i++) {
		const struct gw_frame *frame = held_give_up(w.sink->held, INT64_MAX);

		assert_ptr_equal(frame, frames[0]);
		gw_frame_unref(frames[0]);
		assert_int_equal(held_send(w.sink), 1);
		memmove(frames, frames + 1, (count - 1) * sizeof(frames[0]));
		frames[count - 1] = fixture_frame(w.f, (uint32_t)i % 2);
		if (!add_value(&w, frames[count - 1], "large", value, true)) {
			/* What is left at the end of the ring takes room for a while. */
			fixture_drop(w.f, frames[--count]);
			assert_true(count > 1);
		}
		w.backend.got[0] = '\0';
	}
	held_give_up_all(w.sink->held);
	held_send(w.sink);
	for (uint32_t i = 0; i < count; i++)
		gw_frame_unref(frames[i]);
	free(value);
	end(&w);
}

static void only_old_ones_that_are_not_lossless_are_given_up(void **state)
{
	struct world w;

	begin(&w);
	const int64_t before = gw_now();
	struct gw_frame *lossless = fixture_frame(w.f, 0);

	lossless->lossless = true;
	assert_true(add_value(&w, lossless, "l0", "without", true));
	struct gw_frame *a = await(&w, 1, "a0");

	assert_null(held_give_up(w.sink->held, before));
	assert_ptr_equal(held_give_up(w.sink->held, INT64_MAX), a);
	assert_null(held_give_up(w.sink->held, INT64_MAX));
	held_send(w.sink);
	assert_string_equal(w.backend.got, "cam1 a0 without;");
	held_give_up_all(w.sink->held);
	held_send(w.sink);
	gw_frame_unref(a);
	gw_frame_unref(lossless);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_camera_keeps_its_order_and_no_other_waits),
		cmocka_unit_test(who_knows_of_no_such_frame_says_so),
		cmocka_unit_test(a_lossless_result_waits_for_room_and_another_is_counted),
		cmocka_unit_test(there_is_an_end_to_what_waits),
		cmocka_unit_test(only_old_ones_that_are_not_lossless_are_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
