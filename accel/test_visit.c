#include "accel/test_visit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/input/host_memory.h"
#include "core/camera.h"
#include "core/test.h"

#define INPUT 4 /* of both models */
#define ROOM 65536

static struct {
	float row[TEST_VISIT_BOXES][6];
	uint32_t count;
} found;
bool test_visit_broken[TEST_VISIT_MODELS];
bool test_visit_held[TEST_VISIT_MODELS];

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
	table->spec->prepare(table->spec->owner, batch);
}

static void answer(const struct table_engine *table, struct infer_batch *batch)
{
	const float *input = batch->input;

	batch->status = test_visit_broken[table->model] ? -EIO : 0;
	batch->started = 1;
	batch->ended = 2;
	snprintf(batch->error, sizeof(batch->error), "it is broken");
	batch->rows[0] = found.count;
	for (uint32_t i = 0; i < batch->count; i++) {
		float *output = batch->output[0] +
			(size_t)i * infer_tensor_elements(&table->spec->output[0]);

		if (table->model == TEST_FIND) {
			memcpy(output, found.row, sizeof(found.row));
			continue;
		}
		const uint32_t label = (uint32_t)(input[(size_t)i * INPUT * INPUT] / 60);

		for (uint32_t k = 0; k < TEST_VISIT_LABELS; k++)
			output[k] = k == label ? 0.7f : 0.1f;
		/* The other one is of another mind about the brightest. */
		if (table->model == TEST_OTHER && label == 3) {
			output[3] = 0.2f;
			output[0] = 0.6f;
		}
	}
}

static uint32_t table_poll(void *engine, struct infer_batch **batches, uint32_t count)
{
	struct table_engine *table = engine;

	if (test_visit_held[table->model] || table->polled == table->submitted)
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

static char *labels[TEST_VISIT_LABELS] = {"a", "b", "c", "d"};
static float zero[] = {0}, one[] = {1};
static struct model_batch batch_options = {.max = 4, .deadline_ms = 5};
static struct model_classify classify = {.tensor = "out", .top_k = 1};
struct model_detect test_visit_detect = {
	.head = MODEL_DETECT_BOXES, .tensor = "out", .max_boxes = TEST_VISIT_BOXES, .iou = 1};

#define INPUT_OF \
	{ \
		.tensor = "in", .width = INPUT, .height = INPUT, .channels = 1, .mean = zero, \
		.scale = one, .mean_count = 1, .scale_count = 1 \
	}

static struct model_description finds = {.task = GW_TASK_DETECT,
	.labels = labels,
	.labels_count = TEST_VISIT_LABELS,
	.input = INPUT_OF,
	.detect = &test_visit_detect,
	.batch = &batch_options};
static struct model_description names = {.task = GW_TASK_CLASSIFY,
	.labels = labels,
	.labels_count = TEST_VISIT_LABELS,
	.input = INPUT_OF,
	.classify = &classify,
	.batch = &batch_options};
static char paths[TEST_VISIT_MODELS][2] = {"0", "1", "2"};
static const struct model models[TEST_VISIT_MODELS] = {
	{.name = "find", .path = paths[TEST_FIND], .description = &finds},
	{.name = "name", .path = paths[TEST_NAME], .description = &names},
	{.name = "other", .path = paths[TEST_OTHER], .description = &names},
};

const struct route test_visit_routes[TEST_VISIT_MODELS] = {
	{.stable = TEST_FIND}, {.stable = TEST_NAME}, {.stable = TEST_OTHER}};

static struct gw_device device;
static const struct gw_accel_config config = {.threads = 1};

int test_visit_open(void **state)
{
	struct test_visit *f = *state = calloc(1, sizeof(*f));
	struct gw_error error;

	memset(&found, 0, sizeof(found));
	memset(test_visit_broken, 0, sizeof(test_visit_broken));
	memset(test_visit_held, 0, sizeof(test_visit_held));
	test_visit_detect.threshold = 0;
	gw_device_host(&device);
	for (int i = 0; i < TEST_VISIT_MODELS; i++) {
		const struct berth_options options = {.engine = &table_ops,
			.device = &device,
			.model = &models[i],
			.config = &config};

		f->batchers[i] = batcher_open(&options, &error);
		if (!f->batchers[i])
			return -1;
	}
	f->visits = visits_create(f->batchers);
	f->frames = aligned_alloc(64, TEST_VISIT_FRAMES * sizeof(f->frames[0]));
	memset(f->frames, 0, TEST_VISIT_FRAMES * sizeof(f->frames[0]));
	f->room = malloc((size_t)TEST_VISIT_FRAMES * ROOM);
	f->surface = (struct gw_surface){.device = &device,
		.format = GW_FORMAT_GRAY,
		.width = TEST_VISIT_SIDE,
		.height = TEST_VISIT_SIDE,
		.pitch = {TEST_VISIT_SIDE},
		.plane = {f->pixels},
		.refs = 1};
	for (uint32_t i = 0; i < TEST_VISIT_FRAMES; i++) {
		struct gw_frame *frame = &f->frames[i];

		frame->sequence = i;
		frame->width = frame->height = TEST_VISIT_SIDE;
		frame->state = GW_FRAME_IMAGE;
		frame->jpeg.data = frame->jpeg.room = f->room + (size_t)i * ROOM;
		frame->jpeg.capacity = ROOM;
		frame->result.model = GW_NO_MODEL;
	}
	return 0;
}

int test_visit_close(void **state)
{
	struct test_visit *f = *state;

	assert_int_equal(f->surface.refs, 1);
	visits_destroy(f->visits);
	for (int i = 0; i < TEST_VISIT_MODELS; i++)
		batcher_close(f->batchers[i]);
	free(f->frames);
	free(f->room);
	free(f);
	return 0;
}

void test_visit_find(struct test_visit *f, float x, float y, float side, uint32_t label,
	float confidence, uint32_t bright)
{
	float *row = found.row[found.count++];

	/* In pixels of the input. */
	row[0] = x * INPUT / TEST_VISIT_SIDE;
	row[1] = y * INPUT / TEST_VISIT_SIDE;
	row[2] = (x + side) * INPUT / TEST_VISIT_SIDE;
	row[3] = (y + side) * INPUT / TEST_VISIT_SIDE;
	row[4] = confidence;
	row[5] = (float)label;
	for (uint32_t i = 0; i < (uint32_t)(side * side); i++)
		f->pixels[((uint32_t)y + i / (uint32_t)side) * TEST_VISIT_SIDE + (uint32_t)x +
			i % (uint32_t)side] = (uint8_t)(bright * 60 + 30);
}

bool test_visit_begin(struct test_visit *f, uint32_t frame, const struct plan *plan)
{
	f->surface.refs++;
	f->frames[frame].surface = &f->surface;
	if (visit_begin(f->visits, &f->frames[frame], plan, NULL, 1))
		return true;
	gw_frame_drop_surface(&f->frames[frame]);
	return false;
}

struct gw_frame *test_visit_settle(struct test_visit *f)
{
	struct gw_frame *last = NULL;
	uint32_t work;

	do {
		work = 0;
		for (int i = TEST_VISIT_MODELS - 1; i >= 0; i--) {
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
