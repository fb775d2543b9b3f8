/* The library as those who link it see it: nothing but its header. The null engine's answers depend
 * on the picture alone. */
#include "core/test.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jpeg/make.h"
#include "lib/framegate.h"
#include "lib/test_repository.h"

#define PICTURES 37
#define THREADS 4
#define ROUNDS 20

struct fixture {
	char error[FRAMEGATE_ERROR];
	struct framegate_options options;
	struct framegate *engine;
	struct framegate_results *results;
	struct framegate_jpeg jpegs[PICTURES];
	char *alone[PICTURES]; /* the JSON of each, run by itself */
};

static void open_fixture(struct fixture *f)
{
	size_t count;

	f->options.size = sizeof(f->options);
	f->options.repository = test_repository;
	f->options.backend = "null";
	if (!f->options.plan)
		f->options.model = "marks";
	f->engine = framegate_open(&f->options, f->error);
	if (!f->engine)
		print_error("%s\n", f->error);
	assert_non_null(f->engine);
	f->results = framegate_results_create();
	assert_non_null(f->results);
	for (uint32_t i = 0; i < PICTURES; i++) {
		const struct jpeg_recipe recipe = {.width = (uint16_t)(16 + 5 * i),
			.height = (uint16_t)(200 - 3 * i),
			.seed = i + 1};

		f->jpegs[i].data = jpeg_make(&recipe, &f->jpegs[i].size);
		assert_int_equal(
			framegate_run(f->engine, &f->jpegs[i], 1, FRAMEGATE_JSON, f->results), 0);
		f->alone[i] = strdup(framegate_pictures(f->results, &count)->json);
		assert_int_equal(count, 1);
	}
}

static void close_fixture(struct fixture *f)
{
	for (uint32_t i = 0; i < PICTURES; i++) {
		free((void *)(uintptr_t)f->jpegs[i].data);
		free(f->alone[i]);
	}
	framegate_results_destroy(f->results);
	framegate_close(f->engine);
}

static void assert_same(const struct fixture *f, const struct framegate_results *results)
{
	size_t count;
	const struct framegate_picture *pictures = framegate_pictures(results, &count);

	assert_int_equal(count, PICTURES);
	for (uint32_t i = 0; i < PICTURES; i++) {
		assert_int_equal(pictures[i].error, 0);
		assert_int_equal(pictures[i].json_size, strlen(pictures[i].json));
		assert_string_equal(pictures[i].json, f->alone[i]);
	}
}

static void a_picture_has_its_findings_as_structs_and_as_text(void **state)
{
	struct fixture f = {0};
	size_t count, models;
	char expected[1024];

	open_fixture(&f);
	assert_int_equal(framegate_run(f.engine, f.jpegs, 1, FRAMEGATE_JSON, f.results), 0);
	const struct framegate_picture *picture = framegate_pictures(f.results, &count);
	const struct framegate_model *model = framegate_models(f.engine, &models);

	assert_int_equal(models, 1);
	assert_string_equal(model->name, "marks");
	assert_int_equal(model->version, 1);
	assert_string_equal(model->task, "classify");
	assert_int_equal(model->label_count, 4);
	assert_int_equal(framegate_batch(f.engine), 8);
	assert_int_equal(picture->width, 16);
	assert_int_equal(picture->height, 200);
	assert_int_equal(picture->orientation, 1);
	assert_string_equal(picture->task, "classify");
	assert_null(picture->cause);
	assert_int_equal(picture->finding_count, 4);
	int size = snprintf(expected, sizeof(expected),
		"{\"frame\":{\"width\":16,\"height\":200,\"bytes\":%zu},\"model\":{\"name\":"
		"\"marks\",\"version\":1,\"digest\":\"%s\"},\"task\":\"classify\",\"classes\":[",
		f.jpegs[0].size, model->digest);

	for (int i = 0; i < 4; i++) {
		const struct framegate_finding *finding = &picture->findings[i];

		assert_int_equal(finding->model, 0);
		assert_int_equal(finding->parent, -1);
		assert_int_equal(finding->kind, FRAMEGATE_NOTHING);
		assert_string_equal(finding->name, model->labels[finding->label]);
		assert_true(i == 0 || finding->confidence <= finding[-1].confidence);
		size += snprintf(expected + size, sizeof(expected) - (size_t)size,
			"%s{\"type\":\"%s\",\"index\":%u,\"confidence\":%.4f}", i > 0 ? "," : "",
			finding->name, finding->label, (double)finding->confidence);
	}
	snprintf(expected + size, sizeof(expected) - (size_t)size, "]}");
	assert_string_equal(picture->json, expected);
	close_fixture(&f);
}

static void many_at_once_get_what_each_gets_alone(void **state)
{
	for (uint32_t threads = 0; threads <= 3; threads++) {
		struct fixture f = {.options.threads = threads};

		open_fixture(&f);
		assert_int_equal(
			framegate_run(f.engine, f.jpegs, PICTURES, FRAMEGATE_JSON, f.results), 0);
		assert_same(&f, f.results);
		close_fixture(&f);
	}
}

static void *run_often(void *arg)
{
	struct fixture *f = arg;
	struct framegate_results *results = framegate_results_create();

	assert_non_null(results);
	for (int i = 0; i < ROUNDS; i++) {
		assert_int_equal(
			framegate_run(f->engine, f->jpegs, PICTURES, FRAMEGATE_JSON, results), 0);
		assert_same(f, results);
	}
	framegate_results_destroy(results);
	return NULL;
}

static void several_threads_use_one_engine(void **state)
{
	struct fixture f = {.options.threads = 2};
	pthread_t threads[THREADS];

	open_fixture(&f);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_often, &f), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	close_fixture(&f);
}

static void more_pictures_than_there_is_room_for_wait_their_turn(void **state)
{
	static struct framegate_jpeg many[1000];
	struct fixture f = {0};
	size_t count;

	open_fixture(&f);
	for (uint32_t i = 0; i < 1000; i++)
		many[i] = f.jpegs[i % PICTURES];
	assert_int_equal(framegate_run(f.engine, many, 1000, FRAMEGATE_JSON, f.results), 0);
	const struct framegate_picture *pictures = framegate_pictures(f.results, &count);

	assert_int_equal(count, 1000);
	for (uint32_t i = 0; i < 1000; i++)
		assert_string_equal(pictures[i].json, f.alone[i % PICTURES]);
	close_fixture(&f);
}

static _Atomic bool starving;

/* Where the library, and nobody else here, takes memory for pictures. */
__attribute__((visibility("default"))) void *aligned_alloc(size_t alignment, size_t size)
{
	void *at = NULL;

	return !starving && posix_memalign(&at, alignment, size) == 0 ? at : NULL;
}

static void a_picture_without_memory_says_so_and_does_well_another_time(void **state)
{
	const struct jpeg_recipe large = {.width = 4096, .height = 64, .seed = 3};
	struct fixture f = {0};
	struct framegate_jpeg jpegs[2];
	size_t count;

	open_fixture(&f);
	jpegs[0] = f.jpegs[0];
	jpegs[1].data = jpeg_make(&large, &jpegs[1].size);
	starving = true;
	assert_int_equal(framegate_run(f.engine, jpegs, 2, FRAMEGATE_JSON, f.results), 0);
	starving = false;
	const struct framegate_picture *pictures = framegate_pictures(f.results, &count);

	assert_string_equal(pictures[0].json, f.alone[0]);
	assert_int_equal(pictures[1].error, -ENOMEM);
	assert_string_equal(pictures[1].cause, "no_memory");
	assert_int_equal(pictures[1].width, 4096);
	assert_non_null(strstr(pictures[1].json, "\"error\":\"no_memory\""));
	assert_int_equal(framegate_run(f.engine, jpegs, 2, 0, f.results), 0);
	assert_int_equal(framegate_pictures(f.results, &count)[1].error, 0);
	free((void *)(uintptr_t)jpegs[1].data);
	close_fixture(&f);
}

static void a_bad_picture_says_why_and_harms_no_other(void **state)
{
	const struct jpeg_recipe progressive = {.width = 64, .height = 64, .progressive = true};
	const struct jpeg_recipe large = {.width = 512, .height = 16};
	const struct jpeg_recipe plain = {.width = 64, .height = 64};
	struct fixture f = {.options = {.max_width = 256, .max_height = 256}};
	struct {
		const char *cause;
		int error;
		struct framegate_jpeg jpeg;
	} bad[] = {
		{"jpeg_bad", -EBADMSG, {"no picture", 10}},
		{"jpeg_bad", -EBADMSG, {NULL, 0}},
		{"jpeg_bad", -EBADMSG, {NULL, 100}},
		{"jpeg_unsupported", -ENOTSUP, {NULL, 0}},
		{"jpeg_limit", -EFBIG, {NULL, 0}},
		{"jpeg_bad", -EBADMSG, {NULL, 0}},
		{"decode_failed", -EBADMSG, {NULL, 0}},
	};
	const size_t kinds = sizeof(bad) / sizeof(bad[0]);
	struct framegate_jpeg mixed[2 * PICTURES];
	uint8_t *damaged;
	size_t count;

	bad[3].jpeg.data = jpeg_make(&progressive, &bad[3].jpeg.size);
	bad[4].jpeg.data = jpeg_make(&large, &bad[4].jpeg.size);
	bad[5].jpeg.data = jpeg_make(&plain, &bad[5].jpeg.size);
	bad[5].jpeg.size /= 2;
	bad[6].jpeg.data = damaged = jpeg_make(&plain, &bad[6].jpeg.size);
	/* A code of ones alone, which no table has. */
	for (size_t i = bad[6].jpeg.size - 100; i < bad[6].jpeg.size - 50; i += 2)
		memcpy(damaged + i, "\xff\0", 2);
	open_fixture(&f);
	for (size_t i = 0; i < PICTURES; i++) {
		mixed[2 * i] = f.jpegs[i];
		mixed[2 * i + 1] = bad[i % kinds].jpeg;
	}
	assert_int_equal(
		framegate_run(f.engine, mixed, 2 * PICTURES, FRAMEGATE_JSON, f.results), 0);
	const struct framegate_picture *pictures = framegate_pictures(f.results, &count);

	for (size_t i = 0; i < PICTURES; i++) {
		const struct framegate_picture *refused = &pictures[2 * i + 1];
		char words[64];

		assert_string_equal(pictures[2 * i].json, f.alone[i]);
		assert_int_equal(refused->error, bad[i % kinds].error);
		assert_string_equal(refused->cause, bad[i % kinds].cause);
		assert_int_equal(refused->finding_count, 0);
		assert_string_equal(refused->task, "none");
		snprintf(words, sizeof(words), "\"error\":\"%s\",\"reason\":\"", refused->cause);
		assert_non_null(strstr(refused->json, words));
		assert_non_null(strstr(refused->json, refused->why));
	}
	for (int i = 3; i < 7; i++)
		free((void *)(uintptr_t)bad[i].jpeg.data);
	close_fixture(&f);
}

static void a_plan_is_the_configurations(void **state)
{
	struct fixture f = {
		.options.plan = "- model: marks\n- {name: second, model: \"marks:1\", every: 2}\n"};
	size_t count;

	open_fixture(&f);
	assert_int_equal(framegate_run(f.engine, f.jpegs, 2, FRAMEGATE_JSON, f.results), 0);
	const struct framegate_picture *pictures = framegate_pictures(f.results, &count);

	assert_string_equal(pictures[0].task, "plan");
	/* The pictures of an engine are counted, one run after the other: this is number 37. */
	assert_int_equal(pictures[0].finding_count, 4);
	assert_int_equal(pictures[1].finding_count, 8);
	assert_non_null(
		strstr(pictures[0].json, "\"task\":\"plan\",\"models\":[{\"name\":\"marks\""));
	close_fixture(&f);
}

static void nothing_is_run_of_nothing(void **state)
{
	struct fixture f = {0};
	size_t count;

	open_fixture(&f);
	assert_int_equal(framegate_run(f.engine, NULL, 0, 0, f.results), 0);
	framegate_pictures(f.results, &count);
	assert_int_equal(count, 0);
	assert_int_equal(framegate_run(f.engine, NULL, 1, 0, f.results), -EINVAL);
	assert_int_equal(framegate_run(NULL, f.jpegs, 1, 0, f.results), -EINVAL);
	assert_int_equal(framegate_run(f.engine, f.jpegs, 1, 0, NULL), -EINVAL);
	assert_int_equal(framegate_run(f.engine, f.jpegs, 2, 0, f.results), 0);
	assert_null(framegate_pictures(f.results, &count)->json);
	assert_int_equal(count, 2);
	framegate_close(NULL);
	framegate_results_destroy(NULL);
	assert_string_equal(framegate_version(), GW_VERSION);
	close_fixture(&f);
}

static void engines_do_not_know_of_each_other(void **state)
{
	struct fixture one = {0}, other = {0};

	open_fixture(&one);
	open_fixture(&other);
	assert_int_equal(
		framegate_run(other.engine, one.jpegs, PICTURES, FRAMEGATE_JSON, one.results), 0);
	assert_same(&one, one.results);
	close_fixture(&one);
	assert_int_equal(
		framegate_run(other.engine, other.jpegs, PICTURES, FRAMEGATE_JSON, other.results),
		0);
	assert_same(&other, other.results);
	close_fixture(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_picture_has_its_findings_as_structs_and_as_text),
		cmocka_unit_test(many_at_once_get_what_each_gets_alone),
		cmocka_unit_test(several_threads_use_one_engine),
		cmocka_unit_test(more_pictures_than_there_is_room_for_wait_their_turn),
		cmocka_unit_test(a_picture_without_memory_says_so_and_does_well_another_time),
		cmocka_unit_test(a_bad_picture_says_why_and_harms_no_other),
		cmocka_unit_test(a_plan_is_the_configurations),
		cmocka_unit_test(nothing_is_run_of_nothing),
		cmocka_unit_test(engines_do_not_know_of_each_other),
	};

	return cmocka_run_group_tests(tests, test_repository_make, test_repository_remove);
}
