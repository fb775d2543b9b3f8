/* The file of records as messages: its end is found by marks, and what cannot be gone on with is
 * kept. */
#include "sink/output.h"

#include "core/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "sink/output_end.h"
#include "sink/test_file.h"

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
	test_file_limit(10);
	assert_int_equal(output_add(&m.output, message, sizeof(message)), -EFBIG);
	test_file_limit(RLIM_INFINITY);
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
		cmocka_unit_test(a_damaged_file_of_messages_is_kept_and_a_new_one_begins),
		cmocka_unit_test(a_large_file_of_messages_is_gone_on_with_from_a_mark),
		cmocka_unit_test(the_youngest_marks_are_kept_and_none_beyond_the_end),
		cmocka_unit_test(what_a_full_disk_left_of_messages_is_cut_where_it_began),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
