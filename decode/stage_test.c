#include "core/test.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/clock.h"
#include "core/health.h"
#include "core/surface.h"
#include "decode/stage_fixture.h"

static void a_frame_of_a_camera_with_a_model_becomes_an_image(void **state)
{
	struct stage_fixture *f = *state;
	struct gw_frame *frame = pass(f, make_frame(f, WITH_MODEL));

	assert_int_equal(frame->drop, GW_DROP_NONE);
	assert_int_equal(frame->state, GW_FRAME_IMAGE);
	assert_int_equal(frame->surface->width, 40);
	assert_int_equal(frame->surface->height, 30);
	assert_int_equal(f->gw.credits[WITH_MODEL].inside, 1);
	assert_true(frame->stamp[GW_STAMP_DECODED] >= frame->stamp[GW_STAMP_DECODE]);
	assert_true(frame->stamp[GW_STAMP_DECODE] > 0);
	assert_int_equal(fact(f, "decoded"), 1);
}

static void a_frame_of_a_camera_without_a_model_is_not_decoded(void **state)
{
	struct stage_fixture *f = *state;
	struct gw_frame *frame = pass(f, make_frame(f, WITHOUT_MODEL));

	assert_int_equal(frame->drop, GW_DROP_NONE);
	assert_int_equal(frame->state, GW_FRAME_JPEG);
	assert_int_equal(frame->stamp[GW_STAMP_DECODE], 0);
	assert_int_equal(fact(f, "passed"), 1);
	assert_int_equal(fact(f, "decoded"), 0);
}

static void a_shed_frame_passes_and_says_so(void **state)
{
	struct stage_fixture *f = *state;

	for (uint32_t camera = 0; camera < CAMERAS; camera++) {
		struct gw_frame *frame = make_frame(f, camera);

		assert_true(gw_frame_shed(frame, frame->ticket));
		pass(f, frame);
		assert_int_equal(frame->drop, GW_DROP_SHED);
		assert_int_equal(frame->stamp[GW_STAMP_DECODE], 0);
	}
}

static void a_frame_that_failed_before_keeps_its_reason(void **state)
{
	struct stage_fixture *f = *state;
	struct gw_frame *frame = make_frame(f, WITH_MODEL);

	gw_frame_fail(frame, GW_DROP_INCOMPLETE);
	frame->jpeg.data = NULL; /* nothing may look at it */
	frame->jpeg.size = 0;
	pass(f, frame);
	assert_int_equal(frame->drop, GW_DROP_INCOMPLETE);
}

/* Shed, malformed, damaged and whole frames in one stream: the ways through the stage differ, the
 * order does not. */
static void order_holds_for_each_camera_whatever_happens_to_its_frames(void **state)
{
	struct stage_fixture *f = *state;
	struct gw_frame *out[FRAMES];
	uint64_t next[CAMERAS] = {0};

	for (int round = 0; round < 5; round++) {
		for (uint32_t i = 0; i < FRAMES; i++) {
			struct gw_frame *frame = make_frame(f, i % CAMERAS);

			if (i % 5 == 0)
				assert_true(gw_frame_shed(frame, frame->ticket));
			else if (i % 7 == 0)
				frame->jpeg.size /= 2;
			else if (i % 11 == 0)
				gw_frame_fail(frame, GW_DROP_INCOMPLETE);
			push(f, frame);
		}
		assert_int_equal(turn(f, out, FRAMES), FRAMES);
		for (uint32_t i = 0; i < FRAMES; i++) {
			assert_int_equal(out[i]->sequence, next[out[i]->camera]++);
			gw_frame_unref(out[i]);
		}
	}
	for (uint32_t camera = 0; camera < CAMERAS; camera++) {
		const struct gw_camera_stats *stats = &f->lane->stats->camera[camera];

		assert_int_equal(next[camera], f->sequence[camera]);
		assert_int_equal(gw_counter_get(&stats->frames_in), next[camera]);
		assert_int_equal(gw_counter_get(&stats->frames_out), next[camera]);
	}
}

static void what_the_decoder_has_no_room_for_can_still_be_shed(void **state)
{
	struct stage_fixture *f = *state;
	struct gw_frame *frames[FRAMES], *out[FRAMES];
	uint32_t waiting = 0;

	for (uint32_t i = 0; i < FRAMES; i++)
		push(f, frames[i] = make_frame(f, WITH_MODEL));
	decode_stage.poll(f->lane);
	assert_true(fact(f, "queue") <= 2 * f->gw.config->decode->workers + 2);
	for (uint32_t i = 0; i < FRAMES; i++)
		waiting += gw_frame_claim_state(frames[i]) == GW_CLAIM_WAITING;
	assert_true(waiting >= FRAMES - (2 * f->gw.config->decode->workers + 2));
	assert_false(decode_stage.drain(f->lane));
	assert_int_equal(turn(f, out, FRAMES), FRAMES);
	assert_true(decode_stage.drain(f->lane));
	assert_int_equal(fact(f, "decoded"), FRAMES);
}

/* All decoders are at work and many frames wait. */
static void a_camera_without_a_model_waits_for_no_decoder(void **state)
{
	struct stage_fixture *f = *state;
	struct gw_frame *out[FRAMES], *mine[3];

	for (uint32_t i = 0; i < 100; i++)
		push(f, make_frame(f, i % 2 ? WITH_MODEL : ALSO_WITH_MODEL));
	for (int i = 0; i < 3; i++)
		push(f, mine[i] = make_frame(f, WITHOUT_MODEL));
	decode_stage.poll(f->lane);
	const uint32_t count = test_gateway_pop(&f->gw, GW_STAGE_DECODE, out, FRAMES);
	uint32_t found = 0;

	for (uint32_t i = 0; i < count; i++)
		if (out[i]->camera == WITHOUT_MODEL)
			assert_ptr_equal(out[i], mine[found++]);
	assert_int_equal(found, 3);
	assert_int_equal(turn(f, out, 103 - count), 103 - count);
}

/* A model that is full does not keep another's frames. */
static void a_frame_is_decoded_only_when_its_model_will_soon_take_it(void **state)
{
	struct stage_fixture *f = *state;
	const uint32_t ahead = WORKERS + 1, enough = 4;
	struct gw_frame *frames[60], *out[FRAMES];

	f->gw.credits[WITH_MODEL].enough = enough;
	for (uint32_t i = 0; i < 60; i++)
		push(f, frames[i] = make_frame(f, WITH_MODEL));
	assert_int_equal(turn(f, out, enough + ahead), enough + ahead);
	for (int i = 0; i < 100; i++)
		decode_stage.poll(f->lane);
	assert_int_equal(fact(f, "decoded"), enough + ahead);
	assert_int_equal(fact(f, "waiting"), 60 - enough - ahead);
	/* They can still be shed, and then go at once, in their order, for the next that comes. */
	for (uint32_t i = enough + ahead; i < 30; i++)
		assert_true(gw_frame_shed(frames[i], frames[i]->ticket));
	push(f, make_frame(f, WITH_MODEL));
	push(f, make_frame(f, ALSO_WITH_MODEL));
	assert_int_equal(turn(f, out, 31 - enough - ahead), 31 - enough - ahead);
	assert_int_equal(f->gw.credits[WITH_MODEL].shed, 30 - enough - ahead);
	assert_int_equal(f->gw.credits[WITH_MODEL].came, 61);
	assert_int_equal(f->gw.credits[WITH_MODEL].inside, enough + ahead);
	/* Each that the model is through with makes room for one. */
	gw_credit_return(frames[0]);
	gw_credit_return(frames[1]);
	assert_int_equal(turn(f, out, 2), 2);
	assert_ptr_equal(out[0], frames[30]);
	assert_ptr_equal(out[1], frames[31]);
	assert_int_equal(fact(f, "decoded"), enough + ahead + 3);
}

static void decoding_waits_while_no_surface_is_free(void **state)
{
	static struct gw_health health;
	struct stage_fixture *f = *state;
	struct gw_surface *kept[300];
	struct gw_frame *out[1];
	uint32_t count = 0;

	/* Nobody takes the pictures' memory back. */
	for (int i = 0; i < 2; i++)
		f->gw.credits[i].enough = 100000;
	for (uint32_t round = 0; round < 300; round++) {
		struct gw_frame *frame = make_frame(f, round % 2);

		push(f, frame);
		if (count == 256) {
			for (int i = 0; i < 100; i++)
				decode_stage.poll(f->lane);
			assert_int_equal(test_gateway_pop(&f->gw, GW_STAGE_DECODE, out, 1), 0);
			break;
		}
		assert_int_equal(turn(f, out, 1), 1);
		/* The slot goes, the surface stays. */
		kept[count] = out[0]->surface;
		out[0]->surface = NULL;
		gw_credit_return(out[0]);
		gw_frame_unref(out[0]);
		count++;
	}
	assert_int_equal(count, 256);
	assert_int_equal(fact(f, "failed"), 0);
	gw_surface_unref(kept[0]);
	assert_int_equal(turn(f, out, 1), 1);
	assert_int_equal(out[0]->drop, GW_DROP_NONE);
	decode_stage.health(f->lane->stage, &health);
	assert_int_equal(health.count, 0);
}

static void it_tells_back_end_workers_and_queue(void **state)
{
	struct stage_fixture *f = *state;
	json_t *facts = decode_stage.describe(f->lane->stage);

	assert_string_equal(json_string_value(json_object_get(facts, "backend")), "turbo");
	assert_int_equal(json_integer_value(json_object_get(facts, "workers")), 3);
	assert_int_equal(json_integer_value(json_object_get(facts, "queue")), 0);
	json_decref(facts);
}

static void a_stage_that_did_not_open_closes(void **state)
{
	struct stage_fixture *f = *state;

	test_gateway_close(&f->gw);
	assert_true(test_gateway_open(&f->gw, CONFIGURATION("backend: nosuch, "), NULL,
			    GW_STAGE_DECODE, &decode_stage, &f->error) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_frame_of_a_camera_with_a_model_becomes_an_image),
		TEST(a_frame_of_a_camera_without_a_model_is_not_decoded),
		TEST(a_shed_frame_passes_and_says_so),
		TEST(a_frame_that_failed_before_keeps_its_reason),
		TEST(order_holds_for_each_camera_whatever_happens_to_its_frames),
		TEST(what_the_decoder_has_no_room_for_can_still_be_shed),
		TEST(a_camera_without_a_model_waits_for_no_decoder),
		TEST(a_frame_is_decoded_only_when_its_model_will_soon_take_it),
		TEST(decoding_waits_while_no_surface_is_free),
		TEST(it_tells_back_end_workers_and_queue),
		TEST(a_stage_that_did_not_open_closes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
