#include "accel/batcher_fixture.h"

#include <stdlib.h>

#include "core/config/config.h"

struct test_engine hand;
struct gw_device device;

static const struct gw_accel_config config = {.threads = 1};

static int hand_open(
	struct infer_spec *spec, struct gw_device *on, void **engine, struct gw_error *error)
{
	*engine = &hand;
	return test_engine_open(&hand, spec, on, NULL, error);
}

static const struct infer_ops hand_ops = {
	.name = "hand",
	.memory = GW_MEM_HOST,
	.max_batch = 64,
	.open = hand_open,
	.place = test_engine_place,
	.submit = test_engine_submit,
	.poll = test_engine_poll,
	.close = test_engine_close,
};

int open_fixture(void **state)
{
	const struct berth_options o = {
		.engine = &hand_ops, .device = &device, .model = &test_model, .config = &config};
	struct fixture *f = calloc(1, sizeof(*f));
	struct gw_error error;

	gw_device_host(&device);
	test_batch = (struct model_batch){.max = 4, .deadline_ms = 20};
	f->batcher = batcher_open(&o, &error);
	f->frame.width = f->frame.height = TEST_SIDE;
	for (uint32_t i = 0; i < FRAMES; i++)
		f->surfaces[i] = test_picture(&device, f->pixels[i], i);
	*state = f;
	return f->batcher ? 0 : -1;
}

int close_fixture(void **state)
{
	struct fixture *f = *state;

	batcher_close(f->batcher);
	free(f);
	return 0;
}

void add_one(struct fixture *f, uint32_t i, const struct gw_region *region, int64_t now)
{
	/* One reference is the test's. */
	f->surfaces[i].refs = 2;
	f->jobs[i] = (struct job){
		.frame = &f->frame, .surface = &f->surfaces[i], .seen = region, .arrival = now};
	batcher_add(f->batcher, &f->jobs[i]);
}

void add(struct fixture *f, uint32_t from, uint32_t to, int64_t now)
{
	for (uint32_t i = from; i < to; i++)
		add_one(f, i, NULL, now);
}

void settle(struct fixture *f, int64_t now)
{
	while (batcher_turn(f->batcher, now, false) > 0)
		;
}

void take(struct fixture *f)
{
	f->out_count = 0;
	while ((f->out[f->out_count] = batcher_take(f->batcher)) != NULL)
		f->out_count++;
}

void assert_out(struct fixture *f, uint32_t from, uint32_t to)
{
	take(f);
	assert_int_equal(f->out_count, to - from);
	for (uint32_t i = from; i < to; i++)
		assert_ptr_equal(f->out[i - from], &f->jobs[i]);
}

uint32_t last_batch(void)
{
	return hand.ring[(hand.submitted - 1) % TEST_RING]->count;
}

void end_batch(int status, int64_t run_ns)
{
	test_engine_end(&hand, status, run_ns);
}
