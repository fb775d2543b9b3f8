/* What is kept of a rollout, and what becomes of a file that nobody has written so. */
#include "core/test.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accel/rollout/state.h"

static char repository[] = "/tmp/framegate-rollout-XXXXXX";
static char path[128];
static struct gw_error error;

static int make_repository(void **state)
{
	char folder[64];

	if (!mkdtemp(repository))
		return -1;
	snprintf(folder, sizeof(folder), "%s/gate", repository);
	snprintf(path, sizeof(path), "%s/rollout.json", folder);
	return mkdir(folder, 0755);
}

static int remove_entry(const char *entry, const struct stat *facts, int kind, struct FTW *walk)
{
	return remove(entry);
}

static int remove_repository(void **state)
{
	return nftw(repository, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static struct rollout_state under_way(void)
{
	struct rollout_state state = {.stable = 4,
		.previous = 3,
		.running = true,
		.step = 2,
		.starts = 1,
		.stable_us = 12345,
		.has_last = true,
		.last = {.from = 3,
			.to = 4,
			.completed = true,
			.ended = 1700000000,
			.reason = "it kept within \"all\" limits"}};

	rollout_plan_default(&state.plan);
	state.plan.version = 7;
	return state;
}

static void assert_same(const struct rollout_state *a, const struct rollout_state *b)
{
	assert_int_equal(a->stable, b->stable);
	assert_int_equal(a->previous, b->previous);
	assert_int_equal(a->running, b->running);
	assert_int_equal(a->step, b->step);
	assert_int_equal(a->starts, b->starts);
	assert_int_equal(a->stable_us, b->stable_us);
	assert_int_equal(a->plan.version, b->plan.version);
	assert_int_equal(a->plan.step_count, b->plan.step_count);
	for (uint32_t i = 0; i < a->plan.step_count; i++)
		assert_float_equal(a->plan.steps[i], b->plan.steps[i], 0);
	assert_float_equal(a->plan.hold_s, b->plan.hold_s, 0);
	assert_int_equal(a->plan.least, b->plan.least);
	assert_float_equal(a->plan.limits.errors, b->plan.limits.errors, 0);
	assert_float_equal(a->plan.limits.latency, b->plan.limits.latency, 0);
	assert_float_equal(a->plan.limits.disagreement, b->plan.limits.disagreement, 0);
	assert_int_equal(a->has_last, b->has_last);
	assert_int_equal(a->last.completed, b->last.completed);
	assert_int_equal(a->last.ended, b->last.ended);
	assert_string_equal(a->last.reason, b->last.reason);
}

static void what_was_written_is_read(void **state)
{
	const struct rollout_state written = under_way(), idle = {.stable = 1};
	struct rollout_state read;

	assert_int_equal(rollout_state_save(repository, "gate", &written, &error), 0);
	assert_int_equal(rollout_state_load(repository, "gate", &read, &error), 0);
	assert_same(&read, &written);
	assert_int_equal(rollout_state_save(repository, "gate", &idle, &error), 0);
	assert_int_equal(rollout_state_load(repository, "gate", &read, &error), 0);
	assert_same(&read, &idle);
}

static void none_is_no_error(void **state)
{
	struct rollout_state read;

	error.text[0] = '\0';
	assert_int_equal(rollout_state_load(repository, "yard", &read, &error), -ENOENT);
	assert_string_equal(error.text, "");
}

static void put(const char *text, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	fclose(file);
}

static size_t get(char *text, size_t room)
{
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	const size_t size = fread(text, 1, room, file);

	fclose(file);
	return size;
}

static void assert_refused(void)
{
	struct rollout_state read;

	error.text[0] = '\0';
	assert_int_equal(rollout_state_load(repository, "gate", &read, &error), -EBADMSG);
	assert_non_null(strstr(error.text, "or remove it: then the highest one is used"));
}

static void a_file_that_was_cut_off_anywhere_is_refused(void **state)
{
	const struct rollout_state written = under_way();
	char text[4096];

	assert_int_equal(rollout_state_save(repository, "gate", &written, &error), 0);
	const size_t size = get(text, sizeof(text));

	assert_true(size > 100 && size < sizeof(text));
	for (size_t i = 0; i < size - 1; i++) {
		put(text, i);
		assert_refused();
	}
}

static void what_makes_no_sense_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{}",
		"garbage",
		"{\"format\": 2, \"stable\": 1, \"previous\": 0}",
		"{\"format\": 1, \"stable\": 0, \"previous\": 0}",
		"{\"format\": 1, \"stable\": -1, \"previous\": 0}",
		"{\"format\": 1, \"stable\": 4294967296, \"previous\": 0}",
		"{\"format\": 1, \"stable\": 1, \"stable\": 2, \"previous\": 0}",
		"{\"format\": 1, \"stable\": 1, \"previous\": 0, \"rollout\": {}}",
		"{\"format\": 1, \"stable\": 1, \"previous\": 0, \"last\": 1}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put(texts[i], strlen(texts[i]));
		assert_refused();
	}
}

/* Each byte of a good file in turn becomes another one: it is refused, or says something that a
 * gateway might have written. */
static void a_byte_that_changed_does_no_harm(void **state)
{
	const struct rollout_state written = under_way();
	struct rollout_state read;
	char text[4096];

	assert_int_equal(rollout_state_save(repository, "gate", &written, &error), 0);
	const size_t size = get(text, sizeof(text));

	for (size_t i = 0; i < size; i++) {
		const char was = text[i];

		text[i] = (char)('0' + i % 75);
		put(text, size);
		if (rollout_state_load(repository, "gate", &read, &error) == 0) {
			assert_true(read.stable > 0);
			assert_true(!read.running || read.step < read.plan.step_count);
			assert_true(!read.running || rollout_plan_check(&read.plan, &error) == 0);
		}
		text[i] = was;
	}
}

static void what_cannot_be_written_leaves_the_old_one(void **state)
{
	const struct rollout_state written = under_way(), idle = {.stable = 1};
	struct rollout_state read;
	struct rlimit usual, none;

	assert_int_equal(rollout_state_save(repository, "gate", &written, &error), 0);
	/* As on a disk that is full. */
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = usual.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	const int status = rollout_state_save(repository, "gate", &idle, &error);

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
	assert_int_equal(status, -EFBIG);
	assert_non_null(strstr(error.text, "let it write to"));
	assert_int_equal(rollout_state_load(repository, "gate", &read, &error), 0);
	assert_same(&read, &written);
	assert_true(rollout_state_save(repository, "yard", &idle, &error) < 0);
}

static void plans_are_checked(void **state)
{
	struct rollout_plan plan;

	rollout_plan_default(&plan);
	assert_int_equal(rollout_plan_check(&plan, &error), -EINVAL);
	plan.version = 2;
	assert_int_equal(rollout_plan_check(&plan, &error), 0);
	plan.steps[1] = plan.steps[0];
	assert_int_equal(rollout_plan_check(&plan, &error), -EINVAL);
	assert_non_null(strstr(error.text, "steps must grow"));
	rollout_plan_default(&plan);
	plan.version = 2;
	plan.step_count = 3;
	assert_int_equal(rollout_plan_check(&plan, &error), -EINVAL);
	assert_non_null(strstr(error.text, "the last step must be 100%"));
	rollout_plan_default(&plan);
	plan.version = 2;
	plan.limits.latency = 0.9;
	assert_int_equal(rollout_plan_check(&plan, &error), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(none_is_no_error),
		cmocka_unit_test(a_file_that_was_cut_off_anywhere_is_refused),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(a_byte_that_changed_does_no_harm),
		cmocka_unit_test(what_cannot_be_written_leaves_the_old_one),
		cmocka_unit_test(plans_are_checked),
	};

	return cmocka_run_group_tests(tests, make_repository, remove_repository);
}
