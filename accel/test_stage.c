#include "accel/test_stage.h"

#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "accel/accel.h"
#include "accel/stage.h"
#include "core/test.h"
#include "core/test_gateway.h"

static char directory[] = "/tmp/framegate-stage-XXXXXX";

const char test_stage_marks[] =
	"task: classify\n"
	"labels: [a, b, c, d]\n"
	"input: {tensor: in, width: 2, height: 2, channels: 1, mean: [0], scale: [1]}\n"
	"classify: {tensor: out, top_k: 2}\n"
	"batch: {max: 4, deadline_ms: 5}\n";

const char test_stage_cameras[] = "cameras:\n" CAMERA("gate", "5000", ", model: marks")
	CAMERA("yard", "5002", "") CAMERA("door", "5004", ", model: \"marks:1\"")
		CAMERA("roof", "5006", ", model: marks, region: {x: 1, y: 0, width: 1, height: 2}");

static void make_directory(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	mkdir(path, 0755);
}

static void write_file(const char *name, const char *file_name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s/1/%s", directory, name, file_name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

void test_stage_add_model(const char *name, char digit, const char *yaml)
{
	/* Not read by the null engine. */
	const char graph[] = {'\b', (char)(digit - '0'), '\0'};
	char version[128];

	snprintf(version, sizeof(version), "%s/1", name);
	make_directory(name);
	make_directory(version);
	write_file(name, "model.onnx", graph);
	write_file(name, "model.yaml", yaml);
}

int test_stage_make_repository(void **state)
{
	if (!mkdtemp(directory))
		return -1;
	test_stage_add_model("marks", '1', test_stage_marks);
	return 0;
}

static int remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *walk)
{
	return remove(path);
}

int test_stage_remove_repository(void **state)
{
	return nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

int test_stage_open(struct test_stage *f, const char *cameras, const char *backend)
{
	char text[4096];

	f->error.text[0] = '\0';
	snprintf(text, sizeof(text),
		"%saccel: {backend: %s, repository: %s}\n"
		"frames: {classes: [{width: 16, height: 16, count: %d}]}\n",
		cameras, backend, directory, TEST_STAGE_FRAMES);
	const int status =
		test_gateway_open(&f->gw, text, NULL, GW_STAGE_ACCEL, &accel_stage, &f->error);

	f->lane = f->gw.config ? &f->gw.stages[GW_STAGE_ACCEL].lanes[0] : NULL;
	f->surfaces = gw_surface_pool_create(&f->gw.host, 1, TEST_STAGE_FRAMES, &f->error);
	return status;
}

void test_stage_close(struct test_stage *f)
{
	test_gateway_close(&f->gw);
	gw_surface_pool_destroy(f->surfaces);
}

struct gw_frame *test_stage_push(
	struct test_stage *f, uint32_t camera, uint32_t sequence, uint32_t mark)
{
	struct gw_frame *frame =
		test_gateway_frame(&f->gw, camera, TEST_STAGE_SIDE, TEST_STAGE_SIDE);

	assert_non_null(frame);
	frame->sequence = sequence;
	frame->width = frame->height = TEST_STAGE_SIDE;
	frame->state = GW_FRAME_IMAGE;
	if (frame->version->route != GW_NO_ROUTE) {
		struct gw_surface *surface =
			gw_surface_get(f->surfaces, TEST_STAGE_SIDE * TEST_STAGE_SIDE);

		assert_non_null(surface);
		surface->format = GW_FORMAT_GRAY;
		surface->width = surface->height = TEST_STAGE_SIDE;
		surface->pitch[0] = TEST_STAGE_SIDE;
		surface->plane[0] = surface->room;
		memset(surface->room, 10, TEST_STAGE_SIDE * TEST_STAGE_SIDE);
		surface->room[mark] = 200;
		frame->surface = surface;
		gw_credit_take(&f->gw.credits[frame->version->route], frame);
	}
	test_gateway_push(&f->gw, GW_STAGE_ACCEL, frame);
	return frame;
}

uint32_t test_stage_work(struct test_stage *f)
{
	const struct accel_lane *own = f->lane->state;

	while (accel_stage.poll(f->lane) > 0 || own->order.inside > 0)
		sched_yield();
	const uint32_t count = test_gateway_pop(&f->gw, GW_STAGE_ACCEL, f->out, TEST_STAGE_FRAMES);

	for (uint32_t i = 0; i < count; i++) {
		assert_null(f->out[i]->surface);
		assert_null(f->out[i]->credit);
	}
	return count;
}

void test_stage_assert_refused(const char *cameras, const char *backend, const char *words)
{
	struct test_stage f;

	assert_int_not_equal(test_stage_open(&f, cameras, backend), 0);
	if (!strstr(f.error.text, words))
		print_error("%s\n", f.error.text);
	assert_non_null(strstr(f.error.text, words));
	test_stage_close(&f);
}
