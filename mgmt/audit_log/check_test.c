/* Whatever is done to a log is found. */
#include "mgmt/audit_log/check.h"

#include <errno.h>
#include <jansson.h>
#include <sys/stat.h>

#include "core/test.h"
#include "mgmt/audit_log/log.h"
#include "mgmt/audit_log/test_folder.h"

#define LINES 5
#define MOST 65536

struct fixture {
	char folder[64];
	char log[PATH_MAX], head[PATH_MAX];
	struct audit_check check;
	struct gw_error error;
};

static void write_lines(const char *folder, int count)
{
	struct audit_log *log = audit_log_open(folder);
	struct gw_error error;
	uint64_t number;

	for (int i = 0; i < count; i++) {
		json_t *entry = json_pack("{s:s, s:i}", "event", "asked", "i", i);

		assert_int_equal(audit_log_append(log, entry, &number, &error), 0);
		json_decref(entry);
	}
	audit_log_close(log);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	test_folder_make(f->folder);
	write_lines(f->folder, LINES);
	snprintf(f->log, sizeof(f->log), "%s/audit-000000000001.jsonl", f->folder);
	snprintf(f->head, sizeof(f->head), "%s/head.json", f->folder);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	test_folder_remove(f->folder);
	free(f);
	return 0;
}

static size_t read_whole(const char *path, char *bytes)
{
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	const size_t size = fread(bytes, 1, MOST, file);

	fclose(file);
	return size;
}

static void write_whole(const char *path, const char *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

static uint32_t faults(struct fixture *f)
{
	assert_int_equal(audit_check(f->folder, &f->check, NULL, NULL, &f->error), 0);
	return f->check.faults;
}

static void a_log_that_nobody_touched_is_whole(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(faults(f), 0);
	assert_int_equal(f->check.first, 1);
	assert_int_equal(f->check.last, LINES);
	assert_int_equal(f->check.unsettled, 0);
}

static void flip_each_bit_of(struct fixture *f, const char *path)
{
	static char bytes[MOST];
	const size_t size = read_whole(path, bytes);

	for (size_t bit = 0; bit < 8 * size; bit++) {
		bytes[bit / 8] ^= (char)(1 << bit % 8);
		write_whole(path, bytes, size);
		bytes[bit / 8] ^= (char)(1 << bit % 8);
		if (faults(f) == 0)
			fail_msg("bit %zu of %s may be flipped", bit, path);
	}
	write_whole(path, bytes, size);
	assert_int_equal(faults(f), 0);
}

static void each_bit_that_is_flipped_is_found(void **state)
{
	struct fixture *f = *state;

	flip_each_bit_of(f, f->log);
	flip_each_bit_of(f, f->head);
}

static void each_line_that_is_taken_away_is_found(void **state)
{
	struct fixture *f = *state;
	static char bytes[MOST], fewer[MOST];
	const size_t size = read_whole(f->log, bytes);
	char *begin = bytes;

	for (int line = 1; line <= LINES; line++) {
		char *end = memchr(begin, '\n', (size_t)(bytes + size - begin));
		const size_t before = (size_t)(begin - bytes), length = (size_t)(end + 1 - begin);
		char said[64];

		memcpy(fewer, bytes, before);
		memcpy(fewer + before, end + 1, size - before - length);
		write_whole(f->log, fewer, size - length);
		assert_int_equal(faults(f), 1);
		snprintf(said, sizeof(said), "line %d is missing", line);
		assert_non_null(strstr(f->check.fault[0], said));
		begin = end + 1;
	}
}

static void lines_that_change_places_are_found(void **state)
{
	struct fixture *f = *state;
	static char bytes[MOST], other[MOST];
	const size_t size = read_whole(f->log, bytes);
	const size_t first = (size_t)(strchr(bytes, '\n') + 1 - bytes);
	const size_t second = (size_t)(strchr(bytes + first, '\n') + 1 - bytes) - first;

	memcpy(other, bytes + first, second);
	memcpy(other + second, bytes, first);
	memcpy(other + first + second, bytes + first + second, size - first - second);
	write_whole(f->log, other, size);
	assert_true(faults(f) > 0);
}

static void an_end_that_is_cut_off_at_any_byte_is_found(void **state)
{
	struct fixture *f = *state;
	static char bytes[MOST];

	for (size_t size = read_whole(f->log, bytes); size-- > 0;) {
		assert_int_equal(truncate(f->log, (off_t)size), 0);
		assert_true(faults(f) > 0);
	}
	assert_non_null(strstr(f->check.fault[0], "lines 1 to 5 are missing at the end"));
	unlink(f->log);
	assert_true(faults(f) > 0);
}

static void a_head_that_is_gone_is_found(void **state)
{
	struct fixture *f = *state;

	unlink(f->head);
	assert_int_equal(faults(f), 1);
}

/* The power went between a line and the head. */
static void lines_that_the_head_does_not_know_yet_are_no_fault(void **state)
{
	struct fixture *f = *state;
	static char head[MOST];
	const size_t size = read_whole(f->head, head);

	write_lines(f->folder, 2);
	write_whole(f->head, head, size);
	assert_int_equal(faults(f), 0);
	assert_int_equal(f->check.last, LINES + 2);
	assert_int_equal(f->check.unsettled, 2);
}

static void a_piece_of_a_line_that_nobody_was_answered_for_is_no_fault(void **state)
{
	struct fixture *f = *state;
	FILE *file = fopen(f->log, "a");

	fputs("{\"n\":6,\"time", file);
	fclose(file);
	assert_int_equal(faults(f), 0);
	assert_true(f->check.unfinished);
	write_lines(f->folder, 1);
	assert_int_equal(faults(f), 0);
	assert_int_equal(f->check.last, LINES + 1);
}

static void where_there_is_no_log_that_is_said(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(audit_check("/nonexistent", &f->check, NULL, NULL, &f->error), -ENOENT);
	assert_string_equal(f->error.text, "there is no audit log in /nonexistent");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_log_that_nobody_touched_is_whole),
		TEST(each_bit_that_is_flipped_is_found),
		TEST(each_line_that_is_taken_away_is_found),
		TEST(lines_that_change_places_are_found),
		TEST(an_end_that_is_cut_off_at_any_byte_is_found),
		TEST(a_head_that_is_gone_is_found),
		TEST(lines_that_the_head_does_not_know_yet_are_no_fault),
		TEST(a_piece_of_a_line_that_nobody_was_answered_for_is_no_fault),
		TEST(where_there_is_no_log_that_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
