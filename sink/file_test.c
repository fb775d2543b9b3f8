#include "sink/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/test_log.h"
#include "gwd/replay_report.h"
#include "sink/fixture.h"
#include "sink/stage.h"
#include "sink/test_file.h"

#define TIME "\"time\":\"2026-11-21T07:40:00.123Z\",\"clock_source\":\"arrival\","

static void assert_picture(struct fixture *f, const char *name, uint8_t value)
{
	size_t size;
	char *bytes = fixture_read(f, name, &size);

	assert_non_null(bytes);
	assert_int_equal(size, 26000);
	for (size_t i = 0; i < size; i++)
		assert_int_equal((uint8_t)bytes[i], value);
	free(bytes);
}

static void a_replay_writes_every_picture_and_a_line_for_it(void **state)
{
	struct fixture *f = fixture_open("", true);
	size_t size;

	fixture_send_frames(f, 0, 2);
	fixture_send_frames(f, 1, 1);
	fixture_turn_until(f, &fixture_stats(f, 1)->delivered, 1);
	assert_picture(f, "cam0/00000000.jpg", 0);
	assert_picture(f, "cam0/00000001.jpg", 1);
	assert_picture(f, "cam1/00000000.jpg", 0);
	char *lines = fixture_read(f, "frames.jsonl", &size);

	assert_string_equal(lines,
		"{\"camera\":\"cam0\",\"sequence\":0,\"rtp_timestamp\":90000," TIME "\"width\":320,"
		"\"height\":240,\"file\":\"cam0/00000000.jpg\",\"flags\":[],\"result\":{\"model\":"
		"{\"name\":\"digits\",\"version\":1,\"digest\":\"" DIGEST_0 "\"},\"task\":"
		"\"classify\","
		"\"classes\":[{\"type\":\"7\",\"index\":7,\"confidence\":0.9876}]}}\n"
		"{\"camera\":\"cam0\",\"sequence\":1,\"rtp_timestamp\":90000," TIME "\"width\":320,"
		"\"height\":240,\"file\":\"cam0/00000001.jpg\",\"flags\":[],\"result\":{\"model\":"
		"{\"name\":\"digits\",\"version\":1,\"digest\":\"" DIGEST_0 "\"},\"task\":"
		"\"classify\","
		"\"classes\":[{\"type\":\"7\",\"index\":7,\"confidence\":0.9876}]}}\n"
		"{\"camera\":\"cam1\",\"sequence\":0,\"rtp_timestamp\":90000," TIME "\"width\":320,"
		"\"height\":240,\"file\":\"cam1/00000000.jpg\",\"flags\":[],\"result\":{\"model\":"
		"{\"name\":\"objects\",\"version\":3,\"digest\":\"" DIGEST_1
		"\"},\"task\":\"detect\","
		"\"objects\":[{\"id\":\"0\",\"type\":\"person\",\"index\":0,\"confidence\":0.5000,"
		"\"bbox\":{\"leftX\":1.00,\"topY\":2.50,\"rightX\":30.25,\"bottomY\":40.13}}]}}\n");
	free(lines);
	fixture_close(f, 1000);
}

static void a_camera_without_a_model_has_no_result(void **state)
{
	struct fixture *f = fixture_open("", true);
	struct gw_frame *frame = fixture_frame(f, 0);
	size_t size;

	frame->result.task = GW_TASK_NONE;
	frame->result.model = GW_NO_MODEL;
	frame->sequence = 123456789;
	frame->flags = GW_FLAG_CROPPED | GW_FLAG_FIELD;
	fixture_send(f, frame);
	fixture_turn(f);
	char *lines = fixture_read(f, "frames.jsonl", &size);

	assert_string_equal(lines,
		"{\"camera\":\"cam0\",\"sequence\":123456789,\"rtp_timestamp\":90000," TIME
		"\"width\":320,"
		"\"height\":240,\"file\":\"cam0/"
		"123456789.jpg\",\"flags\":[\"field\",\"cropped\"]}\n");
	free(lines);
	fixture_close(f, 1000);
}

static void an_enhanced_picture_lies_beside_the_cameras_own(void **state)
{
	struct fixture *f = fixture_open("", true);
	struct gw_frame *frame = fixture_frame(f, 0);
	size_t size;

	f->gw.models[0].task = GW_TASK_ENHANCE;
	gw_frame_begin_result(frame);
	frame->result.task = GW_TASK_ENHANCE;
	struct gw_picture *picture =
		gw_result_add(&frame->result, &frame->result.findings[0], sizeof(*picture) + 4);

	*picture = (struct gw_picture){.width = 640, .height = 480, .size = 4, .psnr = -1};
	memcpy(picture->jpeg, "jpeg", 4);
	frame->result.count = 1;
	fixture_send(f, frame);
	fixture_turn(f);
	char *bytes = fixture_read(f, "cam0/00000000.enhanced-0.jpg", &size);

	assert_int_equal(size, 4);
	assert_memory_equal(bytes, "jpeg", 4);
	free(bytes);
	bytes = fixture_read(f, "frames.jsonl", &size);
	assert_non_null(strstr(bytes, "\"file\":\"cam0/00000000.jpg\""));
	assert_non_null(strstr(bytes, "\"enhanced\":{\"width\":640,\"height\":480,\"bytes\":4}"));
	free(bytes);
	fixture_close(f, 1000);
}

static void thousands_of_frames_leave_as_many_lines(void **state)
{
	struct fixture *f = fixture_open(
		"kafka: {backend: file, directory: DIR/deep/er, frames: {every: 100}}\n", false);
	size_t size, count = 0;

	/* No housekeeping between them: the buffer fills up. */
	for (int i = 0; i < 4000; i++) {
		fixture_send(f, fixture_frame(f, (uint32_t)i % 2));
		sink_stage.poll(f->sink);
	}
	fixture_turn(f);
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->delivered), 2000);
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->samples_delivered), 20);
	assert_int_equal(gw_counter_get(&fixture_stats(f, 1)->samples_delivered), 20);
	char *lines = fixture_read(f, "deep/er/frames.jsonl", &size);

	for (char *line = strtok(lines, "\n"); line; line = strtok(NULL, "\n")) {
		json_t *parsed = json_loads(line, 0, NULL);
		json_t *file = json_object_get(parsed, "file");

		assert_non_null(parsed);
		assert_int_equal(
			json_integer_value(json_object_get(parsed, "sequence")), count / 2);
		/* Pictures of sampled frames only. */
		assert_int_equal(count / 2 % 100 == 0, json_is_string(file));
		json_decref(parsed);
		count++;
	}
	assert_int_equal(count, 4000);
	free(lines);
	lines = fixture_read(f, "deep/er/cam1/00000100.jpg", &size);
	assert_non_null(lines);
	free(lines);
	assert_null(fixture_read(f, "deep/er/cam1/00000101.jpg", &size));
	fixture_close(f, 1000);
}

static void a_full_disk_is_counted_and_leaves_whole_lines(void **state)
{
	struct fixture *f = fixture_open("", true);
	char text[64];
	size_t size;

	fixture_send_frames(f, 0, 1);
	test_file_limit(1000);
	for (int i = 0; i < 20; i++) {
		fixture_send(f, fixture_frame(f, 0));
		sink_stage.poll(f->sink);
	}
	fixture_turn(f);
	test_file_limit(RLIM_INFINITY);
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->delivered), 1);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SINK_FAILED), 20);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_LOST), 20);
	fixture_assert_balanced(f);
	fixture_describe(f, "state", text, sizeof(text));
	assert_string_equal(text, "down");
	fixture_describe(f, "last_error", text, sizeof(text));
	assert_string_equal(text, "File too large");
	assert_null(fixture_read(f, "cam0/00000005.jpg", &size));

	/* There is room again. */
	fixture_send_frames(f, 0, 1);
	fixture_turn(f);
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->delivered), 2);
	sink_stage.housekeeping(f->sink, gw_now() + 10 * GW_NS_PER_S);
	fixture_describe(f, "state", text, sizeof(text));
	assert_string_equal(text, "up");
	char *lines = fixture_read(f, "frames.jsonl", &size);
	char *second = strchr(lines, '\n') + 1;

	assert_non_null(strstr(second, "{\"camera\":\"cam0\",\"sequence\":21,"));
	assert_int_equal(strchr(second, '\n') + 1 - lines, size);
	free(lines);
	fixture_close(f, 1000);
}

static void a_directory_that_cannot_be_made_is_an_error_at_the_start(void **state)
{
	fixture_fail("kafka: {backend: file, directory: /dev/null/x}\n", "/dev/null/x");
	fixture_fail("kafka: {backend: flie}\n", "there is no back-end \"flie\"");
}

static void put_file(struct fixture *f, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", f->directory, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs("old", file);
	fclose(file);
}

static bool has_file(struct fixture *f, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", f->directory, name);
	return access(path, F_OK) == 0;
}

static void open_again(struct fixture *f, bool replay)
{
	struct gw_error error;

	sink_stage.lane_close(f->sink);
	f->gw.replay = replay ? &f->replay : NULL;
	if (sink_stage.lane_open(f->sink, &error) != 0)
		fail_msg("%s", error.text);
	for (uint32_t i = 0; i < f->gw.config->cameras_count; i++)
		if (gw_camera_put(&f->gw, &f->gw.config->cameras[i], &error) != 0)
			fail_msg("%s", error.text);
}

static void a_replay_takes_an_older_ones_pictures_out_and_nothing_else(void **state)
{
	static const char *const others[] = {"cam0/0000007.jpg", "cam0/000000007.jpg",
		"cam0/00000007.jpeg", "cam0/0000000a.jpg", "cam0/notes.txt", "00000007.jpg"};
	struct fixture *f = fixture_open("", true);

	put_file(f, "cam0/00000007.jpg");
	put_file(f, "cam1/00000042.jpg");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		put_file(f, others[i]);
	open_again(f, true);
	assert_false(has_file(f, "cam0/00000007.jpg"));
	assert_false(has_file(f, "cam1/00000042.jpg"));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_true(has_file(f, others[i]));
	fixture_close(f, 1000);
}

/* The value of `file` in the last line. */
static void last_file(struct fixture *f, char *name, size_t size)
{
	size_t length;
	char *lines = fixture_read(f, "frames.jsonl", &length);

	assert_non_null(lines);
	lines[length - 1] = '\0';
	char *line = strrchr(lines, '\n');
	json_t *parsed = json_loads(line ? line + 1 : lines, 0, NULL);

	snprintf(name, size, "%s", json_string_value(json_object_get(parsed, "file")));
	json_decref(parsed);
	free(lines);
}

static void a_gateway_that_starts_again_writes_over_no_picture(void **state)
{
	struct fixture *f =
		fixture_open("kafka: {backend: file, directory: DIR, frames: {every: 1}}\n", false);
	struct gw_error error;
	char name[64];

	fixture_send_frames(f, 0, 3);
	open_again(f, false);
	/* Frames count from 0 again. */
	f->sequence[0] = 0;
	fixture_send_frames(f, 0, 2);
	last_file(f, name, sizeof(name));
	assert_string_equal(name, "cam0/00000004.jpg");
	for (uint8_t i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "cam0/%08u.jpg", i);
		assert_picture(f, name, i % 3);
	}
	/* A change of the camera does not begin anew. */
	assert_int_equal(gw_camera_put(&f->gw, &f->gw.config->cameras[0], &error), 0);
	fixture_send_frames(f, 0, 1);
	last_file(f, name, sizeof(name));
	assert_string_equal(name, "cam0/00000005.jpg");
	assert_picture(f, name, 2);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_LOST), 0);
	fixture_close(f, 1000);
}

static void pictures_go_on_after_the_highest_number(void **state)
{
	struct fixture *f =
		fixture_open("kafka: {backend: file, directory: DIR, frames: {every: 1}}\n", false);

	put_file(f, "cam0/00000007.jpg");
	put_file(f, "cam0/99999999.jpg");
	put_file(f, "cam0/000000200000000.jpg");
	put_file(f, "cam0/notes.txt");
	open_again(f, false);
	fixture_send_frames(f, 0, 1);
	assert_true(has_file(f, "cam0/00000007.jpg"));
	assert_picture(f, "cam0/100000000.jpg", 0);
	fixture_close(f, 1000);
}

static void a_change_of_a_camera_costs_a_replay_no_picture(void **state)
{
	struct fixture *f = fixture_open("", true);
	struct gw_error error;

	fixture_send_frames(f, 0, 2);
	assert_int_equal(gw_camera_put(&f->gw, &f->gw.config->cameras[0], &error), 0);
	assert_picture(f, "cam0/00000000.jpg", 0);
	assert_picture(f, "cam0/00000001.jpg", 1);
	fixture_close(f, 1000);
}

static void a_pipe_in_place_of_the_lines_is_refused_at_once(void **state)
{
	char directory[] = "/tmp/framegate-pipe-XXXXXX", pipe[64], yaml[128];

	assert_non_null(mkdtemp(directory));
	snprintf(pipe, sizeof(pipe), "%s/frames.jsonl", directory);
	snprintf(yaml, sizeof(yaml), "kafka: {backend: file, directory: %s}\n", directory);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	fixture_fail(yaml, "frames.jsonl: it is not a regular file: move it away");
	/* With a reader it can be opened. */
	const int reader = open(pipe, O_RDONLY | O_NONBLOCK);

	fixture_fail(yaml, "frames.jsonl: it is not a regular file: move it away");
	close(reader);
	unlink(pipe);
	rmdir(directory);
}

static void a_limit_of_open_files_is_told_with_what_to_raise(void **state)
{
	struct fixture *f = fixture_open("", true);
	struct gw_camera_config other = *f->gw.config->cameras;
	struct rlimit before, low;
	struct gw_error error;
	const int next = dup(STDERR_FILENO);

	other.name = "other";
	other.port = 9;
	getrlimit(RLIMIT_NOFILE, &before);
	low = before;
	low.rlim_cur = (rlim_t)next;
	close(next);
	setrlimit(RLIMIT_NOFILE, &low);
	const int status = gw_camera_put(&f->gw, &other, &error);

	setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(status, -EMFILE);
	assert_non_null(strstr(error.text, "LimitNOFILE="));
	fixture_close(f, 1000);
}

static void a_replay_has_no_budget_for_pictures(void **state)
{
	struct fixture *f = fixture_open("kafka: {frames: {budget: 1}}\n", true);

	fixture_send_frames(f, 0, 5);
	assert_int_equal(gw_counter_get(&fixture_stats(f, 0)->samples_delivered), 5);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_BUDGET), 0);
	fixture_close(f, 1000);
}

static void a_replay_that_left_pictures_out_does_not_end_well(void **state)
{
	static const enum gw_drop reasons[] = {GW_DROP_SINK_FAILED, GW_DROP_SAMPLE_LOST,
		GW_DROP_SAMPLE_BUDGET, GW_DROP_SAMPLE_TOO_LARGE, GW_DROP_SAMPLE_FULL};
	struct fixture *f = fixture_open("", true);
	struct gw_error error = {""};

	assert_int_equal(gw_replay_report(&f->gw, &error), 0);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		struct gw_counter *drop = &fixture_stats(f, 1)->drops[reasons[i]];

		gw_counter_set(drop, 40);
		assert_int_equal(gw_replay_report(&f->gw, &error), -EIO);
		assert_non_null(strstr(error.text, "40 pictures or lines were not written"));
		gw_counter_set(drop, 0);
	}
	fixture_close(f, 1000);
}

static void threads_that_it_cannot_use_are_told(void **state)
{
	struct test_log log;

	test_log_begin(&log);
	struct fixture *f =
		fixture_open("cores: {sink: 3}\nkafka: {backend: file, directory: DIR}\n", false);
	const char *said = test_log_said(&log);

	test_log_end(&log);
	assert_non_null(strstr(said, "the file back-end has one thread: `cores.sink` asks for 3"));
	assert_int_equal(f->gw.stages[GW_STAGE_SINK].lane_count, 1);
	fixture_close(f, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_replay_writes_every_picture_and_a_line_for_it),
		cmocka_unit_test(a_camera_without_a_model_has_no_result),
		cmocka_unit_test(an_enhanced_picture_lies_beside_the_cameras_own),
		cmocka_unit_test(thousands_of_frames_leave_as_many_lines),
		cmocka_unit_test(a_full_disk_is_counted_and_leaves_whole_lines),
		cmocka_unit_test(a_replay_takes_an_older_ones_pictures_out_and_nothing_else),
		cmocka_unit_test(a_gateway_that_starts_again_writes_over_no_picture),
		cmocka_unit_test(pictures_go_on_after_the_highest_number),
		cmocka_unit_test(a_change_of_a_camera_costs_a_replay_no_picture),
		cmocka_unit_test(a_pipe_in_place_of_the_lines_is_refused_at_once),
		cmocka_unit_test(a_limit_of_open_files_is_told_with_what_to_raise),
		cmocka_unit_test(a_replay_has_no_budget_for_pictures),
		cmocka_unit_test(a_replay_that_left_pictures_out_does_not_end_well),
		cmocka_unit_test(a_directory_that_cannot_be_made_is_an_error_at_the_start),
		cmocka_unit_test(threads_that_it_cannot_use_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
