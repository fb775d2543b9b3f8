#include "core/test.h"

#include "decode/stage_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "core/clock.h"
#include "jpeg/make.h"

int open_stage(void **state)
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

int close_stage(void **state)
{
	struct stage_fixture *f = *state;

	test_gateway_close(&f->gw);
	free(f->jpeg);
	return 0;
}

struct gw_frame *make_frame(struct stage_fixture *f, uint32_t camera)
{
	struct gw_frame *frame = test_gateway_frame(&f->gw, camera, 320, 240);

	assert_non_null(frame);
	frame->sequence = f->sequence[camera]++;
	frame->width = 320;
	frame->height = 240;
	jpeg_into_frame(frame, f->jpeg, f->size);
	return frame;
}

void push(struct stage_fixture *f, struct gw_frame *frame)
{
	test_gateway_push(&f->gw, GW_STAGE_DECODE, frame);
}

uint32_t turn(struct stage_fixture *f, struct gw_frame **frames, uint32_t count)
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

struct gw_frame *pass(struct stage_fixture *f, struct gw_frame *frame)
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

int64_t fact(struct stage_fixture *f, const char *name)
{
	json_t *facts = decode_stage.describe(f->lane->stage);
	int64_t value = json_integer_value(json_object_get(facts, name));

	json_decref(facts);
	return value;
}

struct gw_camera_config *config_of(struct stage_fixture *f, uint32_t camera)
{
	return (struct gw_camera_config *)atomic_load(&f->gw.cameras->slot[camera].now)->config;
}
