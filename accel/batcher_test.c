/* The batcher with an engine that the test holds in its hand: batches end when it says so. */
#include "core/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/batcher.h"
#include "accel/host_memory.h"
#include "core/camera.h"
#include "core/clock.h"
#include "core/config/config.h"

#define FRAMES 64
#define SIDE 2
#define LABELS 4
#define MS GW_NS_PER_MS

static struct hand_engine {
	const struct infer_spec *spec;
	struct infer_batch *ring[16];
	uint32_t submitted, ended, polled;
	int64_t now;
} hand;

static int hand_open(const struct infer_spec *spec, void **engine, struct gw_error *error)
{
	hand = (struct hand_engine){.spec = spec};
	*engine = &hand;
	return host_memory_allocate(spec, error);
}

static void hand_submit(void *engine, struct infer_batch *batch)
{
	assert_true(hand.submitted - hand.polled < hand.spec->batch_count);
	hand.ring[hand.submitted++ % 16] = batch;
}

static uint32_t hand_poll(void *engine, struct infer_batch **batches, uint32_t count)
{
	uint32_t n = 0;

	while (n < count && hand.polled < hand.ended)
		batches[n++] = hand.ring[hand.polled++ % 16];
	return n;
}

static void hand_close(void *engine)
{
	if (engine)
		host_memory_release(hand.spec->batches, hand.spec->batch_count);
}

static const struct infer_ops hand_ops = {
	.name = "hand",
	.in_mem = GW_MEM_HOST,
	.max_batch = 64,
	.open = hand_open,
	.submit = hand_submit,
	.poll = hand_poll,
	.close = hand_close,
};

/* The oldest batch is done: label i of a picture has the value of its pixel i. */
static void end_batch(int status, int64_t run_ns)
{
	struct infer_batch *batch = hand.ring[hand.ended++ % 16];

	assert_true(hand.ended <= hand.submitted);
	memcpy(batch->output[0], batch->input, batch->count * LABELS * sizeof(float));
	batch->status = status;
	snprintf(batch->error, sizeof(batch->error), "the engine is on fire");
	batch->started = 1000;
	batch->ended = 1000 + run_ns;
}

static float zero[] = {0}, per_255[] = {1 / 255.0f};
static char *labels[LABELS] = {"a", "b", "c", "d"};
static struct model_classify options = {.tensor = "out", .top_k = 1};
static struct model_batch batch_options;
static struct model_description description = {
	.task = GW_TASK_CLASSIFY,
	.labels = labels,
	.labels_count = LABELS,
	.input = {.tensor = "in",
		.width = SIDE,
		.height = SIDE,
		.channels = 1,
		.mean = zero,
		.scale = per_255,
		.mean_count = 1,
		.scale_count = 1},
	.classify = &options,
	.batch = &batch_options,
};
static const struct model model = {
	.name = "test", .version = 1, .path = "none", .description = &description};
static const struct gw_accel_config config = {.threads = 1};

struct fixture {
	struct batcher *batcher;
	struct gw_frame frames[FRAMES];
	uint8_t pixels[FRAMES][SIDE * SIDE];
	struct gw_frame *out[FRAMES];
	uint32_t out_count;
};

static void take(struct fixture *f)
{
	f->out_count = batcher_take(f->batcher, f->out, FRAMES);
}

static const struct gw_region outside = {.x = 5};
static const struct gw_camera_config plain, cut = {.region = (struct gw_region *)&outside};
static struct gw_camera cameras[] = {
	{.id = 0, .config = &plain}, {.id = 1, .config = &plain}, {.id = 2, .config = &cut}};

static int open_fixture(void **state)
{
	const struct batcher_options o = {.engine = &hand_ops,
		.model = &model,
		.model_index = 3,
		.config = &config,
		.frames = FRAMES};
	struct fixture *f = calloc(1, sizeof(*f));
	struct gw_error error;

	batch_options = (struct model_batch){.max = 4, .deadline_ms = 20};
	f->batcher = batcher_open(&o, &error);
	for (uint32_t i = 0; i < FRAMES; i++) {
		struct gw_frame *frame = &f->frames[i];

		/* The brightest pixel is number i % 4. */
		f->pixels[i][i % LABELS] = 255;
		frame->sequence = i;
		frame->state = GW_FRAME_IMAGE;
		frame->width = frame->height = SIDE;
		frame->image = (struct gw_image){.memory = GW_MEM_HOST,
			.format = GW_FORMAT_GRAY,
			.width = SIDE,
			.height = SIDE,
			.pitch = {SIDE},
			.plane = {f->pixels[i]}};
	}
	*state = f;
	return f->batcher ? 0 : -1;
}

static int close_fixture(void **state)
{
	struct fixture *f = *state;

	batcher_close(f->batcher);
	free(f);
	return 0;
}

static void add(struct fixture *f, uint32_t from, uint32_t to, int64_t now)
{
	for (uint32_t i = from; i < to; i++) {
		f->frames[i].version = &cameras[f->frames[i].camera];
		batcher_add(f->batcher, &f->frames[i], now);
	}
}

/* Turns until nothing moves. */
static void settle(struct fixture *f, int64_t now)
{
	while (batcher_turn(f->batcher, now, false) > 0)
		;
}

static void assert_out(struct fixture *f, uint32_t from, uint32_t to)
{
	take(f);
	assert_int_equal(f->out_count, to - from);
	for (uint32_t i = from; i < to; i++)
		assert_ptr_equal(f->out[i - from], &f->frames[i]);
}

static uint32_t last_batch(void)
{
	return hand.ring[(hand.submitted - 1) % 16]->count;
}

static void a_frame_does_not_wait_while_the_engine_is_idle(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 1, 0);
	settle(f, 0);
	assert_int_equal(hand.submitted, 1);
	assert_int_equal(last_batch(), 1);
	take(f);
	assert_int_equal(f->out_count, 0);
	end_batch(0, 5 * MS);
	settle(f, 0);
	assert_out(f, 0, 1);
}

static void an_idle_engine_gets_all_that_waits(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 3, 0);
	settle(f, 0);
	assert_int_equal(hand.submitted, 1);
	assert_int_equal(last_batch(), 3);
}

static void a_full_batch_is_closed_though_the_engine_is_busy(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 1, 0);
	settle(f, 0);
	add(f, 1, 4, 0);
	settle(f, 0);
	assert_int_equal(hand.submitted, 1);
	add(f, 4, 5, 0);
	settle(f, 0);
	assert_int_equal(hand.submitted, 2);
	assert_int_equal(last_batch(), 4);
}

static void a_batch_is_closed_in_time_for_its_oldest_frame(void **state)
{
	struct fixture *f = *state;

	/* One picture is known to run 5 ms, so a frame that came at 100 must go at 115. */
	add(f, 0, 1, 0);
	settle(f, 0);
	end_batch(0, 5 * MS);
	add(f, 1, 2, 100 * MS);
	settle(f, 100 * MS);
	assert_int_equal(hand.submitted, 2);
	add(f, 2, 3, 100 * MS);
	settle(f, 114 * MS);
	assert_int_equal(hand.submitted, 2);
	settle(f, 115 * MS);
	assert_int_equal(hand.submitted, 3);
}

static void behind_two_batches_a_third_waits_to_become_full(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 1, 0);
	settle(f, 0);
	add(f, 1, 2, 0);
	settle(f, 1000 * MS);
	assert_int_equal(hand.submitted, 2);
	add(f, 2, 3, 0);
	settle(f, 2000 * MS);
	assert_int_equal(hand.submitted, 2);
	end_batch(0, MS);
	settle(f, 2000 * MS);
	assert_int_equal(hand.submitted, 3);
}

static void frames_beyond_the_ring_wait_for_room(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 30, 0);
	settle(f, 0);
	assert_int_equal(hand.submitted, 3);
	assert_int_equal(batcher_waiting(f->batcher), 30);
	for (uint32_t done = 0; done < 28; done += 4) {
		end_batch(0, MS);
		settle(f, 0);
		assert_out(f, done, done + 4);
	}
	end_batch(0, MS);
	settle(f, 0);
	assert_out(f, 28, 30);
	assert_int_equal(batcher_waiting(f->batcher), 0);
}

static void a_frame_that_waits_for_room_can_be_shed_and_one_in_a_batch_cannot(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 13, 0);
	settle(f, 0);
	assert_int_equal(gw_frame_claim_state(&f->frames[11]), GW_CLAIM_TAKEN);
	assert_true(gw_frame_shed(&f->frames[12], f->frames[12].ticket));
	for (uint32_t done = 0; done < 12; done += 4) {
		end_batch(0, MS);
		settle(f, 0);
	}
	assert_out(f, 0, 13);
	assert_int_equal(f->frames[11].drop, GW_DROP_NONE);
	assert_int_equal(f->frames[12].drop, GW_DROP_SHED);
	assert_int_equal(gw_counter_get(&batcher_stats(f->batcher)->frames), 12);
}

static void every_frame_gets_the_result_of_its_own_picture(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 30, 0);
	for (int i = 0; i < 8; i++) {
		settle(f, 0);
		end_batch(0, MS);
	}
	settle(f, 0);
	assert_out(f, 0, 30);
	for (uint32_t i = 0; i < 30; i++) {
		const struct gw_frame *frame = &f->frames[i];

		assert_false(gw_frame_failed(frame));
		assert_int_equal(frame->state, GW_FRAME_RESULT);
		assert_int_equal(frame->result.model, 3);
		assert_int_equal(frame->result.task, GW_TASK_CLASSIFY);
		assert_int_equal(frame->result.classes[0].index, i % LABELS);
		assert_float_equal(frame->result.classes[0].confidence, 1, 1e-6);
		assert_int_equal(frame->stamp[GW_STAMP_INFER], 1000);
		assert_int_equal(frame->stamp[GW_STAMP_INFERRED], 1000 + MS);
	}
}

static void a_failed_frame_does_not_overtake(void **state)
{
	struct fixture *f = *state;

	gw_frame_fail(&f->frames[1], GW_DROP_DECODE_FAILED);
	add(f, 0, 2, 0);
	settle(f, 0);
	take(f);
	assert_int_equal(f->out_count, 0);
	end_batch(0, MS);
	settle(f, 0);
	assert_out(f, 0, 2);
	assert_int_equal(f->frames[1].drop, GW_DROP_DECODE_FAILED);
	assert_int_equal(f->frames[1].result.count, 0);
	assert_int_equal(gw_counter_get(&batcher_stats(f->batcher)->frames), 1);
}

static void a_failed_frame_alone_is_not_stuck(void **state)
{
	struct fixture *f = *state;

	gw_frame_fail(&f->frames[0], GW_DROP_DECODE_FAILED);
	gw_frame_fail(&f->frames[1], GW_DROP_DECODE_FAILED);
	add(f, 0, 2, 0);
	settle(f, 0);
	assert_out(f, 0, 2);
	assert_int_equal(hand.submitted, 0);
}

static void a_failed_frame_takes_no_room_in_a_batch(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 0; i < 6; i += 2)
		gw_frame_fail(&f->frames[i], GW_DROP_DECODE_FAILED);
	add(f, 0, 7, 0);
	settle(f, 0);
	assert_int_equal(hand.submitted, 1);
	assert_int_equal(last_batch(), 4);
	end_batch(0, MS);
	settle(f, 0);
	assert_out(f, 0, 7);
	assert_int_equal(f->frames[5].result.classes[0].index, 1);
}

static void a_batch_that_fails_fails_its_frames_and_no_others(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 8, 0);
	settle(f, 0);
	end_batch(-EIO, MS);
	settle(f, 0);
	end_batch(0, MS);
	settle(f, 0);
	assert_out(f, 0, 8);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(f->frames[i].drop, i < 4 ? GW_DROP_INFER_FAILED : GW_DROP_NONE);
	assert_int_equal(f->frames[0].result.task, GW_TASK_NONE);
	assert_int_equal(gw_counter_get(&batcher_stats(f->batcher)->failed), 4);
	assert_string_equal(batcher_complaint(f->batcher), "the engine is on fire");
	assert_null(batcher_complaint(f->batcher));
}

static void a_region_outside_of_the_picture_fails_the_frame(void **state)
{
	struct fixture *f = *state;

	f->frames[1].camera = 2;
	add(f, 0, 3, 0);
	settle(f, 0);
	assert_int_equal(last_batch(), 2);
	end_batch(0, MS);
	settle(f, 0);
	assert_out(f, 0, 3);
	assert_int_equal(f->frames[1].drop, GW_DROP_INFER_FAILED);
	assert_int_equal(f->frames[2].result.classes[0].index, 2);
	assert_non_null(strstr(batcher_complaint(f->batcher), "region"));
}

static void a_frame_without_a_picture_fails(void **state)
{
	struct fixture *f = *state;

	f->frames[0].state = GW_FRAME_JPEG;
	f->frames[1].image.memory = GW_MEM_CUDA;
	add(f, 0, 2, 0);
	settle(f, 0);
	assert_out(f, 0, 2);
	assert_int_equal(f->frames[0].drop, GW_DROP_INFER_FAILED);
	assert_int_equal(f->frames[1].drop, GW_DROP_INFER_FAILED);
}

static void a_flush_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 7, 0);
	settle(f, 0);
	assert_int_equal(hand.submitted, 1);
	batcher_turn(f->batcher, 0, true);
	assert_int_equal(hand.submitted, 2);
	end_batch(0, MS);
	end_batch(0, MS);
	settle(f, 0);
	assert_out(f, 0, 7);
}

static void batches_and_run_times_are_counted(void **state)
{
	struct fixture *f = *state;
	const struct batcher_stats *stats = batcher_stats(f->batcher);

	add(f, 0, 6, 0);
	settle(f, 0);
	end_batch(0, 3 * MS);
	settle(f, 0);
	end_batch(0, 3 * MS);
	settle(f, 0);
	assert_int_equal(gw_counter_get(&stats->batches), 2);
	assert_int_equal(gw_counter_get(&stats->frames), 6);
	assert_int_equal(gw_histogram_quantile(&stats->run_us, 0.5), 3000);
}

static void no_frame_is_lost_in_any_order_of_events(void **state)
{
	struct fixture *f = *state;
	uint32_t added = 0, out = 0;

	srand(1);
	for (int round = 0; round < 20000; round++) {
		switch (rand() % 4) {
		case 0:
			if (added - out < FRAMES) {
				struct gw_frame *frame = &f->frames[added % FRAMES];

				frame->state = GW_FRAME_IMAGE;
				frame->drop = GW_DROP_NONE;
				frame->sequence = added;
				if (rand() % 5 == 0)
					gw_frame_fail(frame, GW_DROP_DECODE_FAILED);
				add(f, added % FRAMES, added % FRAMES + 1, round * MS);
				added++;
			}
			break;
		case 1:
			if (hand.ended < hand.submitted)
				end_batch(rand() % 10 ? 0 : -EIO, MS);
			break;
		default:
			batcher_turn(f->batcher, round * MS, rand() % 20 == 0);
		}
		take(f);
		for (uint32_t i = 0; i < f->out_count; i++, out++) {
			assert_int_equal(f->out[i]->sequence, out);
			if (!gw_frame_failed(f->out[i]))
				assert_int_equal(
					f->out[i]->result.classes[0].index, out % FRAMES % LABELS);
		}
	}
	assert_true(out > 1000);
	while (batcher_waiting(f->batcher) > 0) {
		batcher_turn(f->batcher, 0, true);
		if (hand.ended < hand.submitted)
			end_batch(0, MS);
		take(f);
		out += f->out_count;
	}
	assert_int_equal(out, added);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_frame_does_not_wait_while_the_engine_is_idle),
		TEST(an_idle_engine_gets_all_that_waits),
		TEST(a_full_batch_is_closed_though_the_engine_is_busy),
		TEST(a_batch_is_closed_in_time_for_its_oldest_frame),
		TEST(behind_two_batches_a_third_waits_to_become_full),
		TEST(frames_beyond_the_ring_wait_for_room),
		TEST(a_frame_that_waits_for_room_can_be_shed_and_one_in_a_batch_cannot),
		TEST(every_frame_gets_the_result_of_its_own_picture),
		TEST(a_failed_frame_does_not_overtake),
		TEST(a_failed_frame_alone_is_not_stuck),
		TEST(a_failed_frame_takes_no_room_in_a_batch),
		TEST(a_batch_that_fails_fails_its_frames_and_no_others),
		TEST(a_region_outside_of_the_picture_fails_the_frame),
		TEST(a_frame_without_a_picture_fails),
		TEST(a_flush_leaves_nothing_behind),
		TEST(batches_and_run_times_are_counted),
		TEST(no_frame_is_lost_in_any_order_of_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
