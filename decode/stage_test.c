#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>

#include "core/clock.h"
#include "core/health.h"
#include "core/surface.h"
#include "core/test_gateway.h"
#include "decode/decode.h"
#include "jpeg/make.h"
#include "jpeg/marker.h"

#define FRAMES 128
#define WORKERS 3u

enum { WITH_MODEL, ALSO_WITH_MODEL, WITHOUT_MODEL, CAMERAS };

/* A stage between two links, and the pictures that tests push through it. */
struct stage_fixture {
	struct gw gw;
	struct gw_want wants[CAMERAS];
	struct gw_lane *lane;
	struct gw_error error;
	uint64_t sequence[CAMERAS];
	uint8_t *jpeg;
	size_t size;
};

#define CAMERA(name, port) \
	"  - {name: " name ", source: 10.0.0.1, destination: 10.0.0.2, port: " port "}\n"
#define CONFIGURATION(decode) \
	"frames: {classes: [{width: 320, height: 240, count: 128}]}\n" \
	"decode: {" decode "max_width: 2048, max_height: 2048}\n" \
	"cameras:\n" CAMERA("a", "1") CAMERA("b", "2") CAMERA("c", "3")

static int open_stage(void **state)
{
	static struct stage_fixture f;
	struct jpeg_recipe recipe = {.width = 320, .height = 240};

	memset(&f, 0, sizeof(f));
	f.jpeg = jpeg_make(&recipe, &f.size);
	*state = &f;
	if (test_gateway_open(&f.gw, CONFIGURATION("workers: 3, "), NULL, GW_STAGE_DECODE,
		    &decode_stage, &f.error) != 0)
		return -1;
	f.lane = &f.gw.stages[GW_STAGE_DECODE].lanes[0];
	for (uint32_t i = 0; i < CAMERAS; i++) {
		struct gw_camera *camera = atomic_load(&f.gw.cameras->slot[i].now);

		f.wants[i] = (struct gw_want){.route = (uint16_t)i, .width = 28, .height = 28};
		camera->wants = i == WITHOUT_MODEL ? NULL : &f.wants[i];
		camera->route = i == WITHOUT_MODEL ? GW_NO_ROUTE : (uint16_t)i;
	}
	f.gw.route_count = WITHOUT_MODEL;
	for (int i = 0; i < WITHOUT_MODEL; i++)
		f.gw.credits[i].enough = FRAMES;
	return 0;
}

static int close_stage(void **state)
{
	struct stage_fixture *f = *state;

	test_gateway_close(&f->gw);
	free(f->jpeg);
	return 0;
}

static struct gw_frame *make_frame(struct stage_fixture *f, uint32_t camera)
{
	struct gw_frame *frame = test_gateway_frame(&f->gw, camera, 320, 240);

	assert_non_null(frame);
	frame->sequence = f->sequence[camera]++;
	frame->width = 320;
	frame->height = 240;
	jpeg_into_frame(frame, f->jpeg, f->size);
	return frame;
}

static void push(struct stage_fixture *f, struct gw_frame *frame)
{
	test_gateway_push(&f->gw, GW_STAGE_DECODE, frame);
}

/* Turns the stage until `count` frames are out. */
static uint32_t turn(struct stage_fixture *f, struct gw_frame **frames, uint32_t count)
{
	static const struct timespec pause = {.tv_nsec = 100000};
	int64_t deadline = gw_now() + 30 * GW_NS_PER_S;
	uint32_t n = 0;

	while (n < count && gw_now() < deadline) {
		if (decode_stage.poll(f->lane) == 0)
			nanosleep(&pause, NULL);
		n += test_gateway_pop(&f->gw, GW_STAGE_DECODE, frames + n, count - n);
	}
	return n;
}

static struct gw_frame *pass(struct stage_fixture *f, struct gw_frame *frame)
{
	struct gw_frame *out = NULL;

	push(f, frame);
	assert_int_equal(turn(f, &out, 1), 1);
	assert_ptr_equal(out, frame);
	/* Work was done on it: it is not shed any more. */
	assert_false(gw_frame_shed(frame, frame->ticket));
	assert_int_equal(frame->surface != NULL, frame->state == GW_FRAME_IMAGE);
	return out;
}

static int64_t fact(struct stage_fixture *f, const char *name)
{
	json_t *facts = decode_stage.describe(f->lane->stage);
	int64_t value = json_integer_value(json_object_get(facts, name));

	json_decref(facts);
	return value;
}

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

static void pictures_are_probed_whether_a_model_wants_them_or_not(void **state)
{
	struct stage_fixture *f = *state;

	for (uint32_t camera = WITH_MODEL; camera <= WITHOUT_MODEL; camera += WITHOUT_MODEL) {
		struct gw_frame *frame = make_frame(f, camera);
		size_t sof = jpeg_find(f->jpeg, f->size, MARKER_SOF0);

		frame->jpeg.size -= 2;
		assert_int_equal(pass(f, frame)->drop, GW_DROP_JPEG_BAD);

		frame = make_frame(f, camera);
		frame->jpeg.data[sof + 1] = MARKER_SOF9;
		assert_int_equal(pass(f, frame)->drop, GW_DROP_JPEG_UNSUPPORTED);

		frame = make_frame(f, camera);
		memset(frame->jpeg.data + sof + 5, 0xff, 4);
		assert_int_equal(pass(f, frame)->drop, GW_DROP_JPEG_LIMIT);
		assert_int_equal(frame->stamp[GW_STAMP_DECODE], 0);
	}
	assert_int_equal(fact(f, "refused"), 6);
	assert_int_equal(fact(f, "failed"), 0);
}

/* The surface is made for what the JPEG says. */
static void a_picture_may_be_larger_than_its_frame_says(void **state)
{
	struct stage_fixture *f = *state;
	struct jpeg_recipe recipe = {.width = 1280, .height = 720, .quality = 20};
	struct gw_frame *frame = make_frame(f, WITH_MODEL);
	size_t size;
	uint8_t *data = jpeg_make(&recipe, &size);

	f->wants[WITH_MODEL].width = 1280;
	jpeg_into_frame(frame, data, size);
	assert_int_equal(pass(f, frame)->drop, GW_DROP_NONE);
	assert_int_equal(frame->surface->width, 1280);
	free(data);
}

static void scaled_pictures_take_little_memory(void **state)
{
	struct stage_fixture *f = *state;
	struct gw_frame *frame = pass(f, make_frame(f, WITH_MODEL));

	assert_int_equal(frame->surface->width, 40);
	assert_int_equal(frame->surface->capacity, 64 * 1024);
	assert_int_equal(fact(f, "surface_bytes"), 64 * 1024);
	assert_int_equal(fact(f, "surfaces"), 1);
	gw_frame_unref(frame);
	assert_int_equal(fact(f, "surfaces"), 0);
}

static void the_picture_says_its_size_when_the_frame_does_not(void **state)
{
	struct stage_fixture *f = *state;
	struct gw_frame *frame = make_frame(f, WITHOUT_MODEL);

	frame->width = frame->height = 0;
	pass(f, frame);
	assert_int_equal(frame->width, 320);
	assert_int_equal(frame->height, 240);
}

/* Exif in the byte order of most cameras: the picture is seen turned by a quarter clockwise. */
static const uint8_t exif[] = {0xff, MARKER_APP1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'I', 'I', 42, 0,
	8, 0, 0, 0, 1, 0, 18, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0};

static struct gw_frame *make_turned(struct stage_fixture *f, uint32_t camera)
{
	struct gw_frame *frame = make_frame(f, camera);

	memmove(frame->jpeg.data + 2 + sizeof(exif), frame->jpeg.data + 2, frame->jpeg.size - 2);
	memcpy(frame->jpeg.data + 2, exif, sizeof(exif));
	frame->jpeg.size += sizeof(exif);
	return frame;
}

static struct gw_camera_config *config_of(struct stage_fixture *f, uint32_t camera)
{
	return (struct gw_camera_config *)atomic_load(&f->gw.cameras->slot[camera].now)->config;
}

static void a_picture_is_seen_as_its_exif_says(void **state)
{
	struct stage_fixture *f = *state;
	struct gw_frame *frame = pass(f, make_turned(f, WITH_MODEL));

	assert_int_equal(frame->orientation, 6);
	assert_int_equal(frame->width, 240);
	assert_int_equal(frame->height, 320);
	/* Nobody has turned a pixel. */
	assert_int_equal(frame->surface->orientation, 6);
	assert_int_equal(frame->surface->width, 40);
	assert_int_equal(frame->surface->height, 30);
	assert_false(frame->surface->limited);
	gw_frame_unref(frame);
	config_of(f, WITHOUT_MODEL)->orientation = GW_ORIENTATION_IGNORE;
	frame = pass(f, make_turned(f, WITHOUT_MODEL));
	assert_int_equal(frame->orientation, GW_UPRIGHT);
	assert_int_equal(frame->width, 320);
}

static void a_camera_that_hangs_askew_is_turned_after_that(void **state)
{
	static const uint8_t after[] = {6, 3, 8, 1}, alone[] = {1, 6, 3, 8};
	struct stage_fixture *f = *state;

	config_of(f, WITH_MODEL)->range = GW_RANGE_LIMITED;
	for (uint16_t i = 0; i < 4; i++) {
		config_of(f, WITH_MODEL)->rotate = (uint16_t)(90 * i);
		struct gw_frame *frame = pass(f, make_turned(f, WITH_MODEL));

		assert_int_equal(frame->orientation, after[i]);
		assert_int_equal(frame->surface->orientation, after[i]);
		assert_int_equal(frame->width, i % 2 ? 320 : 240);
		assert_true(frame->surface->limited);
		gw_frame_unref(frame);
		frame = make_frame(f, WITH_MODEL);
		frame->jpeg.sound = true;
		assert_int_equal(pass(f, frame)->orientation, alone[i]);
		gw_frame_unref(frame);
	}
}

static void padding_after_the_end_is_cut_off(void **state)
{
	struct stage_fixture *f = *state;
	struct gw_frame *frame = make_frame(f, WITHOUT_MODEL);

	memset(frame->jpeg.data + frame->jpeg.size, 0, 5);
	frame->jpeg.size += 5;
	assert_int_equal(pass(f, frame)->drop, GW_DROP_NONE);
	assert_int_equal(frame->jpeg.size, f->size);
}

/* The receive path has looked at it: only limits are left to check. */
static void a_frame_that_is_sound_is_not_looked_at_again(void **state)
{
	struct stage_fixture *f = *state;
	struct gw_frame *frame = make_frame(f, WITHOUT_MODEL);

	frame->jpeg.sound = true;
	frame->jpeg.data[1] = 0; /* the probe would refuse it */
	assert_int_equal(pass(f, frame)->drop, GW_DROP_NONE);
	frame = make_frame(f, WITHOUT_MODEL);
	frame->jpeg.sound = true;
	frame->width = 60000;
	assert_int_equal(pass(f, frame)->drop, GW_DROP_JPEG_LIMIT);
	assert_int_equal(fact(f, "refused"), 1);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_picture_is_seen_as_its_exif_says),
		TEST(a_camera_that_hangs_askew_is_turned_after_that),
		TEST(a_frame_of_a_camera_with_a_model_becomes_an_image),
		TEST(a_frame_of_a_camera_without_a_model_is_not_decoded),
		TEST(a_shed_frame_passes_and_says_so),
		TEST(a_frame_that_failed_before_keeps_its_reason),
		TEST(pictures_are_probed_whether_a_model_wants_them_or_not),
		TEST(a_picture_may_be_larger_than_its_frame_says),
		TEST(scaled_pictures_take_little_memory),
		TEST(the_picture_says_its_size_when_the_frame_does_not),
		TEST(padding_after_the_end_is_cut_off),
		TEST(a_frame_that_is_sound_is_not_looked_at_again),
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
