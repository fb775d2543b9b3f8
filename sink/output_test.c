/* What others do to the files while they are written, and a power cut before. */

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/health.h"
#include "sink/fixture.h"
#include "sink/output.h"
#include "sink/output_end.h"
#include "sink/stage.h"

#define LIVE "kafka: {backend: file, directory: DIR/out, frames: {every: 1}}\n"

static const char *path_of(struct fixture *f, const char *name)
{
	static char path[2][256];
	static int next;

	next = !next;
	snprintf(path[next], sizeof(path[next]), "%s/%s", f->directory, name);
	return path[next];
}

static void put_text(struct fixture *f, const char *name, const char *text, size_t size)
{
	FILE *file = fopen(path_of(f, name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	fclose(file);
}

/* Every line of the file is JSON; returns how many there are. */
static int count_lines(struct fixture *f, const char *name)
{
	size_t size;
	char *text = fixture_read(f, name, &size);
	int count = 0;

	assert_non_null(text);
	for (char *line = text, *end; line < text + size; line = end + 1, count++) {
		end = memchr(line, '\n', (size_t)(text + size - line));
		assert_non_null(end);
		json_t *json = json_loadb(line, (size_t)(end - line), 0, NULL);

		assert_non_null(json);
		json_decref(json);
	}
	free(text);
	return count;
}

static void send_to(struct fixture *f, uint32_t count)
{
	const uint64_t before = gw_counter_get(&fixture_stats(f, 0)->delivered);

	fixture_send_frames(f, 0, count);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, before + count);
}

static void pass_seconds(struct fixture *f, int seconds)
{
	sink_stage.housekeeping(f->sink, gw_now() + seconds * GW_NS_PER_S);
}

/* As after a power cut, and a start after it. */
static void open_again_with(struct fixture *f, const char *text, size_t size)
{
	struct gw_error error;

	sink_stage.lane_close(f->sink);
	put_text(f, "out/frames.jsonl", text, size);
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
	send_to(f, 1);
	assert_int_equal(count_lines(f, "out/frames.jsonl"), 3);
	open_again_with(f, zeros, sizeof(zeros) - 1);
	send_to(f, 1);
	assert_int_equal(count_lines(f, "out/frames.jsonl"), 3);
	open_again_with(f, first, sizeof(first) - 1);
	send_to(f, 1);
	assert_int_equal(count_lines(f, "out/frames.jsonl"), 1);
	fixture_close(f, 1000);
}

static void a_whole_line_that_only_lacks_its_end_gets_one(void **state)
{
	static const char whole[] = "{\"sequence\":1}\n{\"sequence\":2}";
	struct fixture *f = fixture_open(LIVE, false);

	open_again_with(f, whole, sizeof(whole) - 1);
	send_to(f, 1);
	assert_int_equal(count_lines(f, "out/frames.jsonl"), 3);
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

/* A limit on file sizes stands for a disk that fills up. */
static void limit_files_to(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	setrlimit(RLIMIT_FSIZE, &limit);
}

static void a_file_that_was_cut_does_not_grow_by_nothing_on_a_full_disk(void **state)
{
	struct fixture *f = fixture_open(LIVE, false);

	send_to(f, 20);
	assert_int_equal(truncate(path_of(f, "out/frames.jsonl"), 0), 0);
	limit_files_to(100);
	fixture_send_frames(f, 0, 5);
	fixture_turn(f);
	limit_files_to(RLIM_INFINITY);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SINK_FAILED), 5);
	assert_int_equal(count_lines(f, "out/frames.jsonl"), 0);
	send_to(f, 2);
	assert_int_equal(count_lines(f, "out/frames.jsonl"), 2);
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
	limit_files_to(10);
	const int failed = output_add(&output, first, sizeof(first) - 1);
	/* There is no room to end it either. */
	const int again = output_add(&output, second, sizeof(second) - 1);

	limit_files_to(RLIM_INFINITY);
	assert_int_equal(failed, -EFBIG);
	assert_int_equal(again, -EFBIG);
	assert_int_equal(output_add(&output, second, sizeof(second) - 1), 0);
	assert_int_equal(output_add(&output, second, sizeof(second) - 1), 0);
	assert_true(pread(output.lines, text, sizeof(text) - 1, 0) > 0);
	assert_string_equal(text, "{\"sequence\n{\"sequence\":2}\n{\"sequence\":2}\n");
	close(output.lines);
}

static void lines_go_on_in_a_new_file_when_it_was_moved_away(void **state)
{
	struct fixture *f = fixture_open(LIVE, false);

	send_to(f, 3);
	assert_int_equal(
		rename(path_of(f, "out/frames.jsonl"), path_of(f, "out/frames.jsonl.1")), 0);
	send_to(f, 2);
	assert_int_equal(count_lines(f, "out/frames.jsonl.1"), 3);
	assert_int_equal(count_lines(f, "out/frames.jsonl"), 2);
	assert_int_equal(unlink(path_of(f, "out/frames.jsonl")), 0);
	send_to(f, 4);
	assert_int_equal(count_lines(f, "out/frames.jsonl"), 4);
	fixture_close(f, 1000);
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

static void a_file_that_was_moved_away_is_there_again_without_a_line(void **state)
{
	struct fixture *f = fixture_open(LIVE, false);

	assert_int_equal(unlink(path_of(f, "out/frames.jsonl")), 0);
	pass_seconds(f, 2);
	assert_int_equal(count_lines(f, "out/frames.jsonl"), 0);
	fixture_close(f, 1000);
}

static void a_directory_that_was_moved_away_is_made_again(void **state)
{
	struct fixture *f = fixture_open(LIVE, false);

	send_to(f, 1);
	assert_int_equal(rename(path_of(f, "out"), path_of(f, "old")), 0);
	/* Folders are looked for once a second. */
	usleep(1100000);
	send_to(f, 1);
	assert_int_equal(count_lines(f, "old/frames.jsonl"), 1);
	assert_int_equal(count_lines(f, "out/frames.jsonl"), 1);
	assert_int_equal(access(path_of(f, "old/cam0/00000000.jpg"), F_OK), 0);
	assert_int_equal(access(path_of(f, "old/cam0/00000001.jpg"), F_OK), -1);
	assert_int_equal(access(path_of(f, "out/cam0/00000001.jpg"), F_OK), 0);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_LOST), 0);
	fixture_close(f, 1000);
}

/* The one of a camera whose place something else has taken. */
static void no_picture_goes_into_a_folder_that_was_moved_away(void **state)
{
	struct fixture *f = fixture_open(LIVE, false);

	send_to(f, 1);
	assert_int_equal(rename(path_of(f, "out/cam0"), path_of(f, "out/old")), 0);
	put_text(f, "out/cam0", "", 0);
	/* Folders are looked for once a second. */
	usleep(1100000);
	send_to(f, 3);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_LOST), 3);
	assert_int_equal(access(path_of(f, "out/old/00000000.jpg"), F_OK), 0);
	for (int i = 1; i < 4; i++) {
		char name[32];

		snprintf(name, sizeof(name), "out/old/%08d.jpg", i);
		assert_int_equal(access(path_of(f, name), F_OK), -1);
	}
	assert_int_equal(unlink(path_of(f, "out/cam0")), 0);
	send_to(f, 1);
	assert_int_equal(access(path_of(f, "out/cam0/00000004.jpg"), F_OK), 0);
	fixture_close(f, 1000);
}

static void a_folder_that_was_removed_is_made_again_at_once(void **state)
{
	struct fixture *f = fixture_open(LIVE, false);

	send_to(f, 1);
	assert_int_equal(unlink(path_of(f, "out/cam0/00000000.jpg")), 0);
	assert_int_equal(rmdir(path_of(f, "out/cam0")), 0);
	send_to(f, 1);
	assert_int_equal(access(path_of(f, "out/cam0/00000001.jpg"), F_OK), 0);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_LOST), 0);
	fixture_close(f, 1000);
}

static const struct gw_trouble *trouble(struct fixture *f)
{
	static struct gw_health health;

	health.count = 0;
	sink_stage.health(f->sink->stage, &health);
	return health.count > 0 ? &health.trouble[0] : NULL;
}

static void what_cannot_be_written_is_a_trouble_as_long_as_it_lasts(void **state)
{
	struct fixture *f = fixture_open(LIVE, false);

	assert_null(trouble(f));
	limit_files_to(100);
	fixture_send_frames(f, 0, 1);
	fixture_turn(f);
	limit_files_to(RLIM_INFINITY);
	const struct gw_trouble *found = trouble(f);

	assert_non_null(found);
	assert_string_equal(found->id, "kafka.file.failed");
	assert_int_equal(found->severity, GW_FAILED);
	assert_non_null(strstr(found->text, "frames.jsonl could not be written and is dropped: "));
	assert_non_null(strstr(found->text, "raise the limit of file sizes"));
	/* That nothing comes is no sign that it would get through. */
	pass_seconds(f, 60);
	assert_non_null(trouble(f));
	send_to(f, 1);
	pass_seconds(f, 10);
	assert_null(trouble(f));
	fixture_close(f, 1000);
}

static void a_directory_that_cannot_be_made_again_drops_and_says_so(void **state)
{
	struct fixture *f = fixture_open(LIVE, false);
	char text[64];

	assert_int_equal(rename(path_of(f, "out"), path_of(f, "old")), 0);
	put_text(f, "out", "", 0);
	fixture_send_frames(f, 0, 2);
	fixture_turn(f);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SINK_FAILED), 2);
	assert_int_equal(count_lines(f, "old/frames.jsonl"), 0);
	assert_int_equal(trouble(f)->severity, GW_FAILED);
	fixture_describe(f, "state", text, sizeof(text));
	assert_string_equal(text, "down");
	/* It is there again, and nothing needs to come to find that out. */
	assert_int_equal(unlink(path_of(f, "out")), 0);
	pass_seconds(f, 2);
	pass_seconds(f, 10);
	assert_string_equal(trouble(f)->id, "kafka.file.pictures");
	send_to(f, 1);
	assert_int_equal(count_lines(f, "out/frames.jsonl"), 1);
	pass_seconds(f, 10);
	assert_null(trouble(f));
	fixture_close(f, 1000);
}

/* A directory with a file of messages. */
struct messages {
	char directory[64], path[96];
	struct output output;
};

static void open_messages(struct messages *messages)
{
	struct gw_error error;

	if (output_open(&messages->output,
		    &(struct output_place){messages->directory, "test", GW_RECORD_PROTOBUF, false},
		    &error) != 0)
		fail_msg("%s", error.text);
}

static void begin_messages(struct messages *messages)
{
	strcpy(messages->directory, "/tmp/framegate-output-XXXXXX");
	assert_non_null(mkdtemp(messages->directory));
	snprintf(messages->path, sizeof(messages->path), "%s/" GW_MESSAGES_FILE,
		messages->directory);
	open_messages(messages);
}

static void end_messages(struct messages *messages, int others)
{
	static const char *const why[] = {"damaged", "old"};
	char path[128];

	output_close(&messages->output);
	assert_int_equal(unlink(messages->path), 0);
	for (int i = 0; i < 2; i++)
		for (int number = 1; number < 4; number++) {
			snprintf(path, sizeof(path), "%s.%s-%d", messages->path, why[i], number);
			others -= unlink(path) == 0;
		}
	assert_int_equal(others, 0);
	assert_int_equal(rmdir(messages->directory), 0);
}

static off_t size_of(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 ? info.st_size : -1;
}

/* {result {2: "door"}} */
static const char message[] = {8, 0x0a, 6, 0x12, 4, 'd', 'o', 'o', 'r'};

static void a_damaged_file_of_messages_is_kept_and_a_new_one_begins(void **state)
{
	char damaged[128], holed[2 * sizeof(message) + 4096] = {0};
	struct messages m;
	bool again = false;

	begin_messages(&m);
	/* A power cut has left a hole: what was written behind it is there. */
	memcpy(holed, message, sizeof(message));
	memcpy(holed + sizeof(holed) - sizeof(message), message, sizeof(message));
	assert_int_equal(output_add(&m.output, holed, sizeof(holed)), 0);
	output_close(&m.output);
	open_messages(&m);
	snprintf(damaged, sizeof(damaged), "%s.damaged-1", m.path);
	assert_int_equal(size_of(damaged), sizeof(holed));
	assert_int_equal(size_of(m.path), 0);
	/* The same while it runs: somebody puts one there. */
	assert_int_equal(rename(damaged, m.path), 0);
	assert_int_equal(link(m.path, damaged), 0);
	assert_int_equal(output_look(&m.output, &again), 0);
	assert_true(again);
	assert_int_equal(output_add(&m.output, message, sizeof(message)), 0);
	assert_int_equal(size_of(m.path), sizeof(message));
	snprintf(damaged, sizeof(damaged), "%s.damaged-2", m.path);
	assert_int_equal(size_of(damaged), sizeof(holed));
	end_messages(&m, 2);
}

/* A start looks at its end, and not at all of it. */
static void a_large_file_of_messages_is_gone_on_with_from_a_mark(void **state)
{
	const size_t size = 1u << 20, most = 100u << 20;
	char *large = malloc(size);
	struct output_marks marks;
	struct messages m;

	begin_messages(&m);
	/* A length of three bytes, a result, and a text in it. */
	memset(large, 'x', size);
	memcpy(large, "\xfd\xff\x3f\x0a\xf9\xff\x3f\x12\xf5\xff\x3f", 11);
	for (size_t all = 0; all < most; all += size)
		assert_int_equal(output_add(&m.output, large, size), 0);
	output_marks_read(&marks, m.output.lines);
	if (marks.count == 0) {
		/* The file system has no attributes. */
		free(large);
		end_messages(&m, 0);
		skip();
	}
	assert_int_equal(marks.count, 6);
	assert_int_equal(marks.at[0], OUTPUT_MARK_EVERY);
	for (size_t all = most; all < 2 * most; all += size)
		assert_int_equal(output_add(&m.output, large, size), 0);
	output_marks_read(&marks, m.output.lines);
	assert_int_equal(marks.count, 12);
	assert_int_equal(marks.at[11], 12 * OUTPUT_MARK_EVERY);
	/* What stands long before its end was lost: it is not looked at. */
	const int writer = open(m.path, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(writer, "lost", 4, 0), 4);
	close(writer);
	assert_int_equal(output_add(&m.output, "\x05\x0a", 2), 0);
	output_close(&m.output);
	open_messages(&m);
	assert_int_equal(size_of(m.path), 2 * most);
	/* And one that has no mark, and would take long, is kept. */
	assert_int_equal(fremovexattr(m.output.lines, "user.framegate.marks"), 0);
	assert_int_equal(ftruncate(m.output.lines, OUTPUT_WALK_MOST + 1), 0);
	output_close(&m.output);
	open_messages(&m);
	assert_int_equal(size_of(m.path), 0);
	free(large);
	end_messages(&m, 1);
}

static void the_youngest_marks_are_kept_and_none_beyond_the_end(void **state)
{
	struct output_marks marks = {0}, again;
	struct messages m;
	const off_t every = OUTPUT_MARK_EVERY;

	begin_messages(&m);
	assert_int_equal(output_marks_before(&marks, 1000 * every), 0);
	for (off_t i = 1; i <= OUTPUT_MARKS + 8; i++) {
		output_marks_note(&marks, m.output.lines, i * every);
		output_marks_note(&marks, m.output.lines, i * every + 1);
	}
	assert_int_equal(marks.count, OUTPUT_MARKS);
	assert_int_equal(marks.at[0], 9 * every);
	assert_int_equal(marks.at[OUTPUT_MARKS - 1], (OUTPUT_MARKS + 8) * every);
	output_marks_read(&again, m.output.lines);
	if (again.count > 0)
		assert_memory_equal(&again, &marks, sizeof(marks));
	assert_int_equal(output_marks_before(&marks, 20 * every), 16 * every);
	assert_int_equal(output_marks_before(&marks, 20 * every - 1), 15 * every);
	assert_int_equal(output_marks_before(&marks, 9 * every), 0);
	/* The file was cut, and grows again. */
	output_marks_note(&marks, m.output.lines, 5);
	assert_int_equal(marks.count, 0);
	output_marks_note(&marks, m.output.lines, every + 7);
	assert_int_equal(marks.count, 1);
	assert_int_equal(marks.at[0], every + 7);
	end_messages(&m, 0);
}

/* As large as it may be: what was written of a message is not looked for. */
static void what_a_full_disk_left_of_messages_is_cut_where_it_began(void **state)
{
	struct messages m;

	begin_messages(&m);
	/* A walk would call this damaged. */
	assert_int_equal(output_add(&m.output, "\xff\xff\xff\xff\xff\xff", 6), 0);
	limit_files_to(10);
	assert_int_equal(output_add(&m.output, message, sizeof(message)), -EFBIG);
	limit_files_to(RLIM_INFINITY);
	/* As if it could not be taken back at once. */
	assert_int_equal(size_of(m.path), 6);
	assert_int_equal(pwrite(m.output.lines, message, 3, 6), 3);
	m.output.torn = true;
	assert_int_equal(output_add(&m.output, message, sizeof(message)), 0);
	assert_int_equal(size_of(m.path), 6 + sizeof(message));
	end_messages(&m, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_that_a_power_cut_tore_is_taken_off),
		cmocka_unit_test(a_whole_line_that_only_lacks_its_end_gets_one),
		cmocka_unit_test(others_may_read_the_path_while_directories_are_made),
		cmocka_unit_test(a_file_that_was_cut_does_not_grow_by_nothing_on_a_full_disk),
		cmocka_unit_test(what_cannot_be_taken_back_spoils_no_later_line),
		cmocka_unit_test(lines_go_on_in_a_new_file_when_it_was_moved_away),
		cmocka_unit_test(a_new_file_that_could_not_take_the_place_is_looked_for_again),
		cmocka_unit_test(a_file_that_was_moved_away_is_there_again_without_a_line),
		cmocka_unit_test(a_directory_that_was_moved_away_is_made_again),
		cmocka_unit_test(no_picture_goes_into_a_folder_that_was_moved_away),
		cmocka_unit_test(a_folder_that_was_removed_is_made_again_at_once),
		cmocka_unit_test(what_cannot_be_written_is_a_trouble_as_long_as_it_lasts),
		cmocka_unit_test(a_directory_that_cannot_be_made_again_drops_and_says_so),
		cmocka_unit_test(a_damaged_file_of_messages_is_kept_and_a_new_one_begins),
		cmocka_unit_test(a_large_file_of_messages_is_gone_on_with_from_a_mark),
		cmocka_unit_test(the_youngest_marks_are_kept_and_none_beyond_the_end),
		cmocka_unit_test(what_a_full_disk_left_of_messages_is_cut_where_it_began),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
