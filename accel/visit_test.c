/* Frames' ways through plans, with an engine that answers what the test has written down. */
#include "core/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/host_memory.h"
#include "accel/visit.h"
#include "core/camera.h"
#include "core/clock.h"

#define SIDE 64 /* of the picture */
#define INPUT 4 /* of both models */
#define LABELS 4
#define BOXES 100
#define FRAMES 40
#define MODELS 3
#define ROOM 65536

enum { FIND, NAME, OTHER };

/* What a detector finds on each picture; a classifier's answer is the label whose number is the
 * brightness of what it sees, in steps of 60. */
static struct {
	float row[BOXES][6];
	uint32_t count;
} found;
static bool broken[MODELS];
static bool held; /* batches do not end */

struct table_engine {
	struct host_memory host;
	const struct infer_spec *spec;
	struct infer_batch *ring[BATCHES];
	uint64_t submitted, polled;
	int model;
};

static int table_open(
	struct infer_spec *spec, struct gw_device *device, void **engine, struct gw_error *error)
{
	struct table_engine *table = *engine = calloc(1, sizeof(*table));

	table->spec = spec;
	table->model = atoi(spec->path);
	const int status = host_memory_open(&table->host, spec, error);

	return status == 0 ? host_memory_outputs(&table->host, error) : status;
}

static void table_place(void *engine, struct infer_batch *batch, uint32_t index,
	const struct gw_surface *surface, const struct geometry *geometry)
{
	struct table_engine *table = engine;

	host_memory_place(&table->host, batch, index, surface, geometry);
}

static void table_submit(void *engine, struct infer_batch *batch)
{
	struct table_engine *table = engine;

	table->ring[table->submitted++ % BATCHES] = batch;
}

static void answer(const struct table_engine *table, struct infer_batch *batch)
{
	const float *input = batch->input;

	batch->status = broken[table->model] ? -EIO : 0;
	batch->started = 1;
	batch->ended = 2;
	snprintf(batch->error, sizeof(batch->error), "it is broken");
	batch->rows[0] = found.count;
	for (uint32_t i = 0; i < batch->count; i++) {
		float *output = batch->output[0] +
			(size_t)i * infer_tensor_elements(&table->spec->output[0]);

		if (table->model == FIND) {
			memcpy(output, found.row, sizeof(found.row));
			continue;
		}
		const uint32_t label = (uint32_t)(input[(size_t)i * INPUT * INPUT] / 60);

		for (uint32_t k = 0; k < LABELS; k++)
			output[k] = k == label ? 0.7f : 0.1f;
		/* The other one is of another mind about the brightest. */
		if (table->model == OTHER && label == 3) {
			output[3] = 0.2f;
			output[0] = 0.6f;
		}
	}
}

static uint32_t table_poll(void *engine, struct infer_batch **batches, uint32_t count)
{
	struct table_engine *table = engine;

	if (held || table->polled == table->submitted)
		return 0;
	*batches = table->ring[table->polled++ % BATCHES];
	answer(table, *batches);
	table->spec->finish(table->spec->owner, *batches);
	return 1;
}

static void table_close(void *engine)
{
	struct table_engine *table = engine;

	if (table)
		host_memory_close(&table->host);
	free(table);
}

static const struct infer_ops table_ops = {
	.name = "table",
	.memory = GW_MEM_HOST,
	.max_batch = 64,
	.open = table_open,
	.place = table_place,
	.submit = table_submit,
	.poll = table_poll,
	.close = table_close,
};

static char *labels[LABELS] = {"a", "b", "c", "d"};
static float zero[] = {0}, one[] = {1};
static struct model_batch batch_options = {.max = 4, .deadline_ms = 5};
static struct model_classify classify = {.tensor = "out", .top_k = 1};
static struct model_detect detect = {
	.head = MODEL_DETECT_BOXES, .tensor = "out", .max_boxes = BOXES, .iou = 1};

#define INPUT_OF \
	{ \
		.tensor = "in", .width = INPUT, .height = INPUT, .channels = 1, .mean = zero, \
		.scale = one, .mean_count = 1, .scale_count = 1 \
	}

static struct model_description finds = {.task = GW_TASK_DETECT,
	.labels = labels,
	.labels_count = LABELS,
	.input = INPUT_OF,
	.detect = &detect,
	.batch = &batch_options};
static struct model_description names = {.task = GW_TASK_CLASSIFY,
	.labels = labels,
	.labels_count = LABELS,
	.input = INPUT_OF,
	.classify = &classify,
	.batch = &batch_options};
static char paths[MODELS][2] = {"0", "1", "2"};
static const struct model models[MODELS] = {
	{.name = "find", .path = paths[FIND], .description = &finds},
	{.name = "name", .path = paths[NAME], .description = &names},
	{.name = "other", .path = paths[OTHER], .description = &names},
};

static const struct route routes[MODELS] = {{.stable = FIND}, {.stable = NAME}, {.stable = OTHER}};

static struct gw_device device;
static const struct gw_accel_config config = {.threads = 1};

struct fixture {
	struct batcher *batchers[MODELS];
	struct visits *visits;
	struct gw_surface surface;
	uint8_t pixels[SIDE * SIDE];
	struct gw_frame *frames;
	uint8_t *room;
	uint32_t ended; /* frames */
};

static int open_fixture(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct gw_error error;

	memset(&found, 0, sizeof(found));
	memset(broken, 0, sizeof(broken));
	held = false;
	detect.threshold = 0;
	gw_device_host(&device);
	for (int i = 0; i < MODELS; i++) {
		const struct berth_options options = {.engine = &table_ops,
			.device = &device,
			.model = &models[i],
			.config = &config};

		f->batchers[i] = batcher_open(&options, &error);
		if (!f->batchers[i])
			return -1;
	}
	f->visits = visits_create(f->batchers);
	f->frames = aligned_alloc(64, FRAMES * sizeof(f->frames[0]));
	memset(f->frames, 0, FRAMES * sizeof(f->frames[0]));
	f->room = malloc((size_t)FRAMES * ROOM);
	f->surface = (struct gw_surface){.device = &device,
		.format = GW_FORMAT_GRAY,
		.width = SIDE,
		.height = SIDE,
		.pitch = {SIDE},
		.plane = {f->pixels},
		.refs = 1};
	for (uint32_t i = 0; i < FRAMES; i++) {
		struct gw_frame *frame = &f->frames[i];

		frame->sequence = i;
		frame->width = frame->height = SIDE;
		frame->state = GW_FRAME_IMAGE;
		frame->jpeg.data = frame->jpeg.room = f->room + (size_t)i * ROOM;
		frame->jpeg.capacity = ROOM;
		frame->result.model = GW_NO_MODEL;
	}
	*state = f;
	return 0;
}

static int close_fixture(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->surface.refs, 1);
	visits_destroy(f->visits);
	for (int i = 0; i < MODELS; i++)
		batcher_close(f->batchers[i]);
	free(f->frames);
	free(f->room);
	free(f);
	return 0;
}

/* A box that is as bright as `label` of a classifier. */
static void find(struct fixture *f, float x, float y, float side, uint32_t label, float confidence,
	uint32_t bright)
{
	float *row = found.row[found.count++];

	/* In pixels of the input. */
	row[0] = x * INPUT / SIDE;
	row[1] = y * INPUT / SIDE;
	row[2] = (x + side) * INPUT / SIDE;
	row[3] = (y + side) * INPUT / SIDE;
	row[4] = confidence;
	row[5] = (float)label;
	for (uint32_t i = 0; i < (uint32_t)(side * side); i++)
		f->pixels[((uint32_t)y + i / (uint32_t)side) * SIDE + (uint32_t)x +
			i % (uint32_t)side] = (uint8_t)(bright * 60 + 30);
}

static bool begin(struct fixture *f, uint32_t frame, const struct plan *plan)
{
	f->surface.refs++;
	f->frames[frame].surface = &f->surface;
	if (visit_begin(f->visits, &f->frames[frame], plan, NULL, 1))
		return true;
	gw_frame_drop_surface(&f->frames[frame]);
	return false;
}

/* Turns until nothing moves; returns the frame that ended last. */
static struct gw_frame *settle(struct fixture *f)
{
	struct gw_frame *last = NULL;
	uint32_t work;

	do {
		work = 0;
		for (int i = MODELS - 1; i >= 0; i--) {
			struct job *job;

			work += batcher_turn(f->batchers[i], 1, true);
			while ((job = batcher_take(f->batchers[i])) != NULL) {
				struct gw_frame *frame = visit_continue(f->visits, job, 1);

				if (!frame)
					continue;
				gw_frame_drop_surface(frame);
				last = frame;
				f->ended++;
			}
		}
	} while (work > 0);
	return last;
}

static const struct plan single = {.step_count = 1,
	.single = true,
	.jobs_most = 1,
	.step = {{.route = {&routes[NAME]}, .model_count = 1, .from = -1, .every = 1}}};

/* Names what was found. */
static struct plan cascade(void)
{
	return (struct plan){.step_count = 2,
		.jobs_most = 1 + 16,
		.step = {{.route = {&routes[FIND]}, .model_count = 1, .from = -1, .every = 1},
			{.route = {&routes[NAME]},
				.model_count = 1,
				.from = 0,
				.most = 16,
				.every = 1}}};
}

static void one_model_on_the_picture_answers_as_it_is(void **state)
{
	struct fixture *f = *state;

	memset(f->pixels, 2 * 60 + 30, sizeof(f->pixels));
	assert_true(begin(f, 0, &single));
	/* The frame's picture goes with its only job. */
	assert_null(f->frames[0].surface);
	const struct gw_frame *frame = settle(f);

	assert_ptr_equal(frame, &f->frames[0]);
	assert_int_equal(frame->state, GW_FRAME_RESULT);
	assert_int_equal(frame->result.task, GW_TASK_CLASSIFY);
	assert_int_equal(frame->result.model, NAME);
	assert_int_equal(frame->result.count, 1);
	assert_int_equal(frame->result.findings[0].index, 2);
	assert_int_equal(frame->stamp[GW_STAMP_INFER], 1);
	assert_int_equal(frame->stamp[GW_STAMP_INFERRED], 2);
	assert_true(frame->result.disagreement < 0);
}

static void a_second_model_looks_at_what_the_first_has_found(void **state)
{
	struct fixture *f = *state;
	const struct plan plan = cascade();

	find(f, 0, 0, 16, 0, 0.5f, 1);
	find(f, 32, 0, 16, 1, 0.9f, 3);
	find(f, 16, 40, 16, 0, 0.7f, 2);
	assert_true(begin(f, 0, &plan));
	const struct gw_frame *frame = settle(f);
	const struct gw_finding *finding = frame->result.findings;

	assert_int_equal(frame->result.task, GW_TASK_PLAN);
	assert_int_equal(frame->result.count, 6);
	/* The best first, also of what is said of them. */
	for (uint32_t i = 0; i < 3; i++) {
		static const uint32_t bright[] = {3, 2, 1};

		assert_int_equal(finding[i].model, FIND);
		assert_int_equal(finding[i].parent, GW_NO_FINDING);
		assert_int_equal(finding[3 + i].model, NAME);
		assert_int_equal(finding[3 + i].parent, i);
		assert_int_equal(finding[3 + i].index, bright[i]);
	}
	assert_int_equal(frame->result.run_count, 2);
	assert_int_equal(frame->result.runs[0], FIND);
}

static void a_step_looks_at_the_best_of_what_it_wants(void **state)
{
	struct fixture *f = *state;
	struct plan plan = cascade();
	bool only[LABELS] = {true};

	find(f, 0, 0, 16, 0, 0.5f, 1);
	find(f, 32, 0, 16, 1, 0.9f, 3);
	find(f, 16, 40, 16, 0, 0.7f, 2);
	find(f, 40, 40, 16, 0, 0.3f, 2);
	plan.step[1].only = only;
	plan.step[1].most = 2;
	assert_true(begin(f, 0, &plan));
	const struct gw_frame *frame = settle(f);

	assert_int_equal(frame->result.count, 6);
	/* Those of 0.7 and 0.5: the one of 0.9 is of another label. */
	assert_int_equal(frame->result.findings[4].parent, 1);
	assert_int_equal(frame->result.findings[4].index, 2);
	assert_int_equal(frame->result.findings[5].parent, 2);
	plan.step[1].least = 0.6f;
	assert_true(begin(f, 1, &plan));
	assert_int_equal(settle(f)->result.count, 5);
}

static void nothing_found_is_an_answer(void **state)
{
	struct fixture *f = *state;
	const struct plan plan = cascade();

	/* Rows whose confidence is below the threshold. */
	detect.threshold = 0.5f;
	assert_true(begin(f, 0, &plan));
	const struct gw_frame *frame = settle(f);

	assert_int_equal(frame->state, GW_FRAME_RESULT);
	assert_int_equal(frame->result.count, 0);
	assert_int_equal(frame->result.run_count, 1);
}

static void a_margin_shows_what_is_around_but_not_beyond_the_picture(void **state)
{
	struct fixture *f = *state;
	struct plan plan = cascade();

	/* Dark, in the middle of brightness; the classifier looks at the upper left corner. */
	memset(f->pixels, 3 * 60 + 30, sizeof(f->pixels));
	find(f, 24, 24, 16, 0, 0.9f, 0);
	find(f, 0, 0, 16, 0, 0.8f, 1);
	assert_true(begin(f, 0, &plan));
	const struct gw_frame *frame = settle(f);

	assert_int_equal(frame->result.findings[2].index, 0);
	assert_int_equal(frame->result.findings[3].index, 1);
	plan.step[1].margin = 1;
	assert_true(begin(f, 1, &plan));
	frame = settle(f);
	assert_int_equal(frame->result.findings[2].index, 3);
	assert_int_equal(frame->result.findings[3].index, 1);
}

static void a_step_may_look_at_every_nth_frame_only(void **state)
{
	struct fixture *f = *state;
	struct plan plan = cascade();

	find(f, 0, 0, 16, 0, 0.5f, 1);
	plan.step[1].every = 3;
	for (uint32_t i = 0; i < 6; i++) {
		assert_true(begin(f, i, &plan));
		assert_int_equal(settle(f)->result.count, i % 3 == 0 ? 2 : 1);
	}
}

static void what_fails_in_a_part_leaves_the_rest(void **state)
{
	struct fixture *f = *state;
	const struct plan plan = cascade();

	find(f, 0, 0, 16, 0, 0.5f, 1);
	broken[NAME] = true;
	assert_true(begin(f, 0, &plan));
	const struct gw_frame *frame = settle(f);

	assert_int_equal(frame->state, GW_FRAME_RESULT);
	assert_int_equal(frame->result.count, 1);
	assert_int_equal(frame->result.runs[1], NAME);
}

static void a_frame_of_which_nothing_can_be_said_fails(void **state)
{
	struct fixture *f = *state;
	const struct plan plan = cascade();

	find(f, 0, 0, 16, 0, 0.5f, 1);
	broken[FIND] = true;
	assert_true(begin(f, 0, &plan));
	const struct gw_frame *frame = settle(f);

	assert_int_equal(frame->drop, GW_DROP_INFER_FAILED);
	assert_int_equal(frame->result.task, GW_TASK_NONE);
	assert_int_equal(frame->result.count, 0);
}

static void findings_stand_in_the_same_order_whichever_comes_first(void **state)
{
	struct fixture *f = *state;
	const struct plan plan = {.step_count = 2,
		.jobs_most = 2,
		.step = {{.route = {&routes[NAME]}, .model_count = 1, .from = -1, .every = 1},
			{.route = {&routes[OTHER]}, .model_count = 1, .from = -1, .every = 1}}};

	/* The second one's batcher is asked first: settle(). */
	assert_true(begin(f, 0, &plan));
	const struct gw_frame *frame = settle(f);

	assert_int_equal(frame->result.count, 2);
	assert_int_equal(frame->result.findings[0].model, NAME);
	assert_int_equal(frame->result.findings[1].model, OTHER);
}

static void models_that_answer_together_say_how_far_they_differ(void **state)
{
	struct fixture *f = *state;
	const struct plan plan = {.step_count = 1,
		.jobs_most = 3,
		.step = {{.route = {&routes[NAME], &routes[OTHER]},
			.model_count = 2,
			.from = -1,
			.every = 1}}};

	memset(f->pixels, 60 + 30, sizeof(f->pixels));
	assert_true(begin(f, 0, &plan));
	const struct gw_frame *frame = settle(f);

	assert_int_equal(frame->result.task, GW_TASK_PLAN);
	assert_int_equal(frame->result.findings[0].index, 1);
	assert_float_equal(frame->result.findings[0].confidence, 0.7, 1e-5);
	assert_float_equal(frame->result.disagreement, 0, 1e-5);
	memset(f->pixels, 3 * 60 + 30, sizeof(f->pixels));
	assert_true(begin(f, 1, &plan));
	frame = settle(f);
	/* (0.7 + 0.2) / 2 against (0.1 + 0.6) / 2. */
	assert_int_equal(frame->result.findings[0].index, 3);
	assert_float_equal(frame->result.findings[0].confidence, 0.45, 1e-5);
	assert_true(frame->result.disagreement > 0);
	/* The answer of one is better than none. */
	broken[OTHER] = true;
	assert_true(begin(f, 2, &plan));
	frame = settle(f);
	assert_int_equal(frame->state, GW_FRAME_RESULT);
	assert_float_equal(frame->result.findings[0].confidence, 0.7, 1e-5);
}

static void more_findings_than_a_record_holds_are_told(void **state)
{
	struct fixture *f = *state;
	struct plan plan = {.step_count = 3, .jobs_most = 3};

	for (uint32_t i = 0; i < 3; i++)
		plan.step[i] = (struct plan_step){
			.route = {&routes[FIND]}, .model_count = 1, .from = -1, .every = 1};
	for (uint32_t i = 0; i < BOXES; i++) {
		const uint32_t column = i % 10, row = i / 10;

		find(f, (float)column, (float)row, 16, 0, 0.9f, 1);
	}
	assert_true(begin(f, 0, &plan));
	const struct gw_frame *frame = settle(f);

	assert_int_equal(frame->result.count, GW_FINDINGS);
	assert_true(frame->result.truncated);
}

static void frames_wait_until_as_many_jobs_are_free_as_they_may_need(void **state)
{
	struct fixture *f = *state;
	struct plan plan = cascade();
	uint32_t inside = 0;

	find(f, 0, 0, 16, 0, 0.5f, 1);
	plan.step[1].most = 64;
	plan.jobs_most = 65;
	held = true;
	while (inside < FRAMES && begin(f, inside, &plan))
		inside++;
	assert_int_equal(inside, JOBS / 65);
	settle(f);
	assert_int_equal(f->ended, 0);
	held = false;
	settle(f);
	assert_int_equal(f->ended, inside);
	assert_true(begin(f, inside, &plan));
	settle(f);
	assert_int_equal(f->ended, inside + 1);
}

/* NAME is stable, and OTHER is tried on every picture. */
static const struct route trial = {
	.stable = NAME, .canary = OTHER, .share = ROUTE_ALL, .tried = true};
static const struct plan tried = {.step_count = 1,
	.single = true,
	.jobs_most = 1,
	.step = {{.route = {&trial}, .model_count = 1, .from = -1, .every = 1}}};

static uint64_t looked(const struct fixture *f, int model)
{
	return gw_counter_get(&visits_figures(f->visits)->model[model].looked);
}

static uint64_t failed(const struct fixture *f, int model)
{
	return gw_counter_get(&visits_figures(f->visits)->model[model].failed);
}

static void what_both_versions_have_seen_is_compared(void **state)
{
	struct fixture *f = *state;
	const struct figures_route *route = &visits_figures(f->visits)->route[0];

	/* The first frame of a camera is among those that both look at. */
	assert_true(route_compares(&trial, &f->frames[0]));
	memset(f->pixels, 60 + 30, sizeof(f->pixels));
	assert_true(begin(f, 0, &tried));
	const struct gw_frame *frame = settle(f);

	assert_int_equal(frame->result.model, OTHER);
	assert_int_equal(frame->result.count, 1);
	assert_int_equal(looked(f, OTHER), 1);
	assert_int_equal(looked(f, NAME), 1);
	assert_int_equal(gw_counter_get(&route->compared), 1);
	assert_int_equal(gw_counter_get(&route->differed), 0);
	memset(f->pixels, 3 * 60 + 30, sizeof(f->pixels));
	f->frames[1].sequence = 0;
	assert_true(begin(f, 1, &tried));
	frame = settle(f);
	assert_int_equal(frame->result.findings[0].index, 0);
	assert_int_equal(gw_counter_get(&route->compared), 2);
	assert_int_equal(gw_counter_get(&route->differed), 1000000);
	assert_int_equal(f->ended, 2);
}

static void a_canary_that_fails_costs_no_frame(void **state)
{
	struct fixture *f = *state;

	broken[OTHER] = true;
	memset(f->pixels, 3 * 60 + 30, sizeof(f->pixels));
	for (uint32_t i = 0; i < 10; i++) {
		assert_true(begin(f, i, &tried));
		const struct gw_frame *frame = settle(f);

		assert_int_equal(frame->drop, GW_DROP_NONE);
		assert_int_equal(frame->result.model, NAME);
		assert_int_equal(frame->result.findings[0].index, 3);
	}
	assert_int_equal(failed(f, OTHER), 10);
	assert_int_equal(failed(f, NAME), 0);
	assert_int_equal(gw_counter_get(&visits_figures(f->visits)->route[0].compared), 0);
}

static void a_stable_version_that_fails_beside_a_canary_costs_none_either(void **state)
{
	struct fixture *f = *state;

	broken[NAME] = true;
	assert_true(begin(f, 0, &tried));
	const struct gw_frame *frame = settle(f);

	assert_int_equal(frame->drop, GW_DROP_NONE);
	assert_int_equal(frame->result.model, OTHER);
	assert_int_equal(failed(f, NAME), 1);
	/* When neither can, the frame has failed. */
	broken[OTHER] = true;
	assert_true(begin(f, 1, &tried));
	assert_int_equal(settle(f)->drop, GW_DROP_INFER_FAILED);
	assert_int_equal(f->ended, 2);
}

static void a_canary_that_gives_nothing_back_is_given_no_more(void **state)
{
	struct fixture *f = *state;
	const int64_t later = 1 + GW_NS_PER_S;

	held = true;
	assert_true(begin(f, 1, &tried));
	f->surface.refs++;
	f->frames[2].surface = &f->surface;
	assert_true(visit_begin(f->visits, &f->frames[2], &tried, NULL, later));
	assert_int_equal(batcher_waiting(f->batchers[OTHER]), 1);
	assert_int_equal(batcher_waiting(f->batchers[NAME]), 1);
	held = false;
	settle(f);
	assert_int_equal(f->ended, 2);
	assert_int_equal(f->frames[2].result.model, NAME);
	/* It has given it back. */
	assert_true(begin(f, 3, &tried));
	assert_int_equal(settle(f)->result.model, OTHER);
}

static void the_jobs_to_compare_leave_those_of_the_plans_alone(void **state)
{
	struct fixture *f = *state;
	uint32_t inside = 0;

	held = true;
	for (uint32_t i = 0; i < FRAMES; i++)
		f->frames[i].sequence = 0;
	while (inside < FRAMES && begin(f, inside, &tried))
		inside++;
	assert_int_equal(inside, FRAMES);
	held = false;
	settle(f);
	assert_int_equal(f->ended, FRAMES);
	assert_int_equal(looked(f, OTHER), FRAMES);
	assert_int_equal(looked(f, NAME), FRAMES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_model_on_the_picture_answers_as_it_is),
		TEST(a_second_model_looks_at_what_the_first_has_found),
		TEST(a_step_looks_at_the_best_of_what_it_wants),
		TEST(nothing_found_is_an_answer),
		TEST(a_margin_shows_what_is_around_but_not_beyond_the_picture),
		TEST(a_step_may_look_at_every_nth_frame_only),
		TEST(what_fails_in_a_part_leaves_the_rest),
		TEST(what_both_versions_have_seen_is_compared),
		TEST(a_canary_that_fails_costs_no_frame),
		TEST(a_stable_version_that_fails_beside_a_canary_costs_none_either),
		TEST(a_canary_that_gives_nothing_back_is_given_no_more),
		TEST(the_jobs_to_compare_leave_those_of_the_plans_alone),
		TEST(a_frame_of_which_nothing_can_be_said_fails),
		TEST(findings_stand_in_the_same_order_whichever_comes_first),
		TEST(models_that_answer_together_say_how_far_they_differ),
		TEST(more_findings_than_a_record_holds_are_told),
		TEST(frames_wait_until_as_many_jobs_are_free_as_they_may_need),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
