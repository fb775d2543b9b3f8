/* The file of records as lines: what a power cut, a full disk and others make of it. */
#include "sink/output.h"

#include "core/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/fixture.h"
#include "sink/stage.h"
#include "sink/test_file.h"

#define LIVE "kafka: {backend: file, directory: DIR/out, frames: {every: 1}}\n"

/* As after a power cut, and a start after it. */
static void open_again_with(struct fixture *f, const char *text, size_t size)
{
	struct gw_error error;

	sink_stage.lane_close(f->sink);
	test_file_put(f, "out/frames.jsonl", text, size);
	if (sink_stage.lane_open(f->sink, &error) != 0)
		fail_msg("%s", error.text);
	for (uint32_t i = 0; i < f->gw.config->cameras_count; i++)
		assert_int_equal(gw_camera_put(&f->gw, &f->gw.config->cameras[i], &error), 0);
}

static void a_line_that_a_power_cut_tore_is_taken_off(void **state)
{
	static const char torn[] = "{\"sequence\":1}\n{\"sequence\":2}\n{\"sequ";
	static const char zeros[] = "{\"sequence\":1}\n{\"sequence\":2}\n\0\0\0\0\0\0\0";
	static const char first[] = "{\"sequ";
	struct fixture *f = fixture_open(LIVE, false);

	open_again_with(f, torn, sizeof(torn) - 1);
	fixture_deliver(f, 0, 1);
	assert_int_equal(test_file_lines(f, "out/frames.jsonl"), 3);
	open_again_with(f, zeros, sizeof(zeros) - 1);
	fixture_deliver(f, 0, 1);
	assert_int_equal(test_file_lines(f, "out/frames.jsonl"), 3);
	open_again_with(f, first, sizeof(first) - 1);
	fixture_deliver(f, 0, 1);
	assert_int_equal(test_file_lines(f, "out/frames.jsonl"), 1);
	fixture_close(f, 1000);
}

static void a_whole_line_that_only_lacks_its_end_gets_one(void **state)
{
	static const char whole[] = "{\"sequence\":1}\n{\"sequence\":2}";
	struct fixture *f = fixture_open(LIVE, false);

	open_again_with(f, whole, sizeof(whole) - 1);
	fixture_deliver(f, 0, 1);
	assert_int_equal(test_file_lines(f, "out/frames.jsonl"), 3);
	fixture_close(f, 1000);
}

/* Reads the path over and over, as the API and the control thread do at any time. */
struct path_reader {
	const struct output *output;
	const char *path;
	_Atomic bool stop;
	bool differed;
};

static void *read_path(void *arg)
{
	struct path_reader *reader = arg;

	while (!atomic_load(&reader->stop))
		reader->differed |= strcmp(reader->output->path, reader->path) != 0;
	return NULL;
}

static void others_may_read_the_path_while_directories_are_made(void **state)
{
	char directory[] = "/tmp/framegate-output-XXXXXX", path[64], lines[96];
	struct path_reader reader = {.path = path};
	struct output output;
	struct gw_error error;
	pthread_t thread;
	bool again;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/a/b/c", directory);
	snprintf(lines, sizeof(lines), "%s/" GW_LINES_FILE, path);
	assert_int_equal(
		output_open(&output, &(struct output_place){path, "test", GW_RECORD_JSON, false},
			&error),
		0);
	reader.output = &output;
	assert_int_equal(pthread_create(&thread, NULL, read_path, &reader), 0);
	for (int i = 0; i < 2000; i++) {
		assert_int_equal(unlink(lines), 0);
		assert_int_equal(output_look(&output, &again), 0);
	}
	atomic_store(&reader.stop, true);
	pthread_join(thread, NULL);
	assert_false(reader.differed);
	output_close(&output);
	assert_int_equal(unlink(lines), 0);
	for (char *slash; strcmp(path, directory) != 0; *slash = '\0') {
		assert_int_equal(rmdir(path), 0);
		slash = strrchr(path, '/');
	}
	assert_int_equal(rmdir(directory), 0);
}

static void a_file_that_was_cut_does_not_grow_by_nothing_on_a_full_disk(void **state)
{
	struct fixture *f = fixture_open(LIVE, false);

	fixture_deliver(f, 0, 20);
	assert_int_equal(truncate(test_file_path(f, "out/frames.jsonl"), 0), 0);
	test_file_limit(100);
	fixture_send_frames(f, 0, 5);
	fixture_turn(f);
	test_file_limit(RLIM_INFINITY);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SINK_FAILED), 5);
	assert_int_equal(test_file_lines(f, "out/frames.jsonl"), 0);
	fixture_deliver(f, 0, 2);
	assert_int_equal(test_file_lines(f, "out/frames.jsonl"), 2);
	fixture_close(f, 1000);
}

static void what_cannot_be_taken_back_spoils_no_later_line(void **state)
{
	static const char first[] = "{\"sequence\":1}\n", second[] = "{\"sequence\":2}\n";
	/* A seal stands for a file system that lets nothing be cut off. */
	struct output output = {
		.lines = memfd_create("frames.jsonl", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
	char text[64] = "";

	assert_int_equal(fcntl(output.lines, F_SETFL, O_APPEND), 0);
	assert_int_equal(fcntl(output.lines, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	test_file_limit(10);
	const int failed = output_add(&output, first, sizeof(first) - 1);
	/* There is no room to end it either. */
	const int again = output_add(&output, second, sizeof(second) - 1);

	test_file_limit(RLIM_INFINITY);
	assert_int_equal(failed, -EFBIG);
	assert_int_equal(again, -EFBIG);
	assert_int_equal(output_add(&output, second, sizeof(second) - 1), 0);
	assert_int_equal(output_add(&output, second, sizeof(second) - 1), 0);
	assert_true(pread(output.lines, text, sizeof(text) - 1, 0) > 0);
	assert_string_equal(text, "{\"sequence\n{\"sequence\":2}\n{\"sequence\":2}\n");
	close(output.lines);
}

static void a_new_file_that_could_not_take_the_place_is_looked_for_again(void **state)
{
	char directory[] = "/tmp/framegate-output-XXXXXX", lines[64];
	const int high = 200;
	struct rlimit before, low;
	struct output output;
	struct gw_error error;
	struct stat info;
	bool again = false;

	assert_non_null(mkdtemp(directory));
	snprintf(lines, sizeof(lines), "%s/" GW_LINES_FILE, directory);
	assert_int_equal(
		output_open(&output,
			&(struct output_place){directory, "test", GW_RECORD_JSON, false}, &error),
		0);
	/* A number beyond the limit is one that nothing can be put in place of. */
	assert_int_equal(dup2(output.lines, high), high);
	close(output.lines);
	output.lines = high;
	getrlimit(RLIMIT_NOFILE, &before);
	low = before;
	low.rlim_cur = high;
	assert_int_equal(unlink(lines), 0);
	setrlimit(RLIMIT_NOFILE, &low);
	const int status = output_look(&output, &again);

	setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(status, -EBADF);
	assert_false(again);
	assert_int_equal(output_look(&output, &again), 0);
	assert_true(again);
	assert_int_equal(output_add(&output, "{}\n", 3), 0);
	assert_int_equal(stat(lines, &info), 0);
	assert_int_equal(info.st_size, 3);
	output_close(&output);
	assert_int_equal(unlink(lines), 0);
	assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_that_a_power_cut_tore_is_taken_off),
		cmocka_unit_test(a_whole_line_that_only_lacks_its_end_gets_one),
		cmocka_unit_test(others_may_read_the_path_while_directories_are_made),
		cmocka_unit_test(a_file_that_was_cut_does_not_grow_by_nothing_on_a_full_disk),
		cmocka_unit_test(what_cannot_be_taken_back_spoils_no_later_line),
		cmocka_unit_test(a_new_file_that_could_not_take_the_place_is_looked_for_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
