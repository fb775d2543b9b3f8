/* What others move away or remove while the file back-end writes there is made again; what cannot
 * be written is told. */
#include "core/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/health.h"
#include "sink/fixture.h"
#include "sink/stage.h"
#include "sink/test_file.h"

#define LIVE "kafka: {backend: file, directory: DIR/out, frames: {every: 1}}\n"

static void pass_seconds(struct fixture *f, int seconds)
{
	sink_stage.housekeeping(f->sink, gw_now() + seconds * GW_NS_PER_S);
}

static void lines_go_on_in_a_new_file_when_it_was_moved_away(void **state)
{
	struct fixture *f = fixture_open(LIVE, false);

	fixture_deliver(f, 0, 3);
	assert_int_equal(rename(test_file_path(f, "out/frames.jsonl"),
				 test_file_path(f, "out/frames.jsonl.1")),
		0);
	fixture_deliver(f, 0, 2);
	assert_int_equal(test_file_lines(f, "out/frames.jsonl.1"), 3);
	assert_int_equal(test_file_lines(f, "out/frames.jsonl"), 2);
	assert_int_equal(unlink(test_file_path(f, "out/frames.jsonl")), 0);
	fixture_deliver(f, 0, 4);
	assert_int_equal(test_file_lines(f, "out/frames.jsonl"), 4);
	fixture_close(f, 1000);
}

static void a_file_that_was_moved_away_is_there_again_without_a_line(void **state)
{
	struct fixture *f = fixture_open(LIVE, false);

	assert_int_equal(unlink(test_file_path(f, "out/frames.jsonl")), 0);
	pass_seconds(f, 2);
	assert_int_equal(test_file_lines(f, "out/frames.jsonl"), 0);
	fixture_close(f, 1000);
}

static void a_directory_that_was_moved_away_is_made_again(void **state)
{
	struct fixture *f = fixture_open(LIVE, false);

	fixture_deliver(f, 0, 1);
	assert_int_equal(rename(test_file_path(f, "out"), test_file_path(f, "old")), 0);
	/* Folders are looked for once a second. */
	usleep(1100000);
	fixture_deliver(f, 0, 1);
	assert_int_equal(test_file_lines(f, "old/frames.jsonl"), 1);
	assert_int_equal(test_file_lines(f, "out/frames.jsonl"), 1);
	assert_int_equal(access(test_file_path(f, "old/cam0/00000000.jpg"), F_OK), 0);
	assert_int_equal(access(test_file_path(f, "old/cam0/00000001.jpg"), F_OK), -1);
	assert_int_equal(access(test_file_path(f, "out/cam0/00000001.jpg"), F_OK), 0);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_LOST), 0);
	fixture_close(f, 1000);
}

/* The one of a camera whose place something else has taken. */
static void no_picture_goes_into_a_folder_that_was_moved_away(void **state)
{
	struct fixture *f = fixture_open(LIVE, false);

	fixture_deliver(f, 0, 1);
	assert_int_equal(rename(test_file_path(f, "out/cam0"), test_file_path(f, "out/old")), 0);
	test_file_put(f, "out/cam0", "", 0);
	/* Folders are looked for once a second. */
	usleep(1100000);
	fixture_deliver(f, 0, 3);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_LOST), 3);
	assert_int_equal(access(test_file_path(f, "out/old/00000000.jpg"), F_OK), 0);
	for (int i = 1; i < 4; i++) {
		char name[32];

		snprintf(name, sizeof(name), "out/old/%08d.jpg", i);
		assert_int_equal(access(test_file_path(f, name), F_OK), -1);
	}
	assert_int_equal(unlink(test_file_path(f, "out/cam0")), 0);
	fixture_deliver(f, 0, 1);
	assert_int_equal(access(test_file_path(f, "out/cam0/00000004.jpg"), F_OK), 0);
	fixture_close(f, 1000);
}

static void a_folder_that_was_removed_is_made_again_at_once(void **state)
{
	struct fixture *f = fixture_open(LIVE, false);

	fixture_deliver(f, 0, 1);
	assert_int_equal(unlink(test_file_path(f, "out/cam0/00000000.jpg")), 0);
	assert_int_equal(rmdir(test_file_path(f, "out/cam0")), 0);
	fixture_deliver(f, 0, 1);
	assert_int_equal(access(test_file_path(f, "out/cam0/00000001.jpg"), F_OK), 0);
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
	test_file_limit(100);
	fixture_send_frames(f, 0, 1);
	fixture_turn(f);
	test_file_limit(RLIM_INFINITY);
	const struct gw_trouble *found = trouble(f);

	assert_non_null(found);
	assert_string_equal(found->id, "kafka.file.failed");
	assert_int_equal(found->severity, GW_FAILED);
	assert_non_null(strstr(found->text, "frames.jsonl could not be written and is dropped: "));
	assert_non_null(strstr(found->text, "raise the limit of file sizes"));
	/* That nothing comes is no sign that it would get through. */
	pass_seconds(f, 60);
	assert_non_null(trouble(f));
	fixture_deliver(f, 0, 1);
	pass_seconds(f, 10);
	assert_null(trouble(f));
	fixture_close(f, 1000);
}

static void a_directory_that_cannot_be_made_again_drops_and_says_so(void **state)
{
	struct fixture *f = fixture_open(LIVE, false);
	char text[64];

	assert_int_equal(rename(test_file_path(f, "out"), test_file_path(f, "old")), 0);
	test_file_put(f, "out", "", 0);
	fixture_send_frames(f, 0, 2);
	fixture_turn(f);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SINK_FAILED), 2);
	assert_int_equal(test_file_lines(f, "old/frames.jsonl"), 0);
	assert_int_equal(trouble(f)->severity, GW_FAILED);
	fixture_describe(f, "state", text, sizeof(text));
	assert_string_equal(text, "down");
	/* It is there again, and nothing needs to come to find that out. */
	assert_int_equal(unlink(test_file_path(f, "out")), 0);
	pass_seconds(f, 2);
	pass_seconds(f, 10);
	assert_string_equal(trouble(f)->id, "kafka.file.pictures");
	fixture_deliver(f, 0, 1);
	assert_int_equal(test_file_lines(f, "out/frames.jsonl"), 1);
	pass_seconds(f, 10);
	assert_null(trouble(f));
	fixture_close(f, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_go_on_in_a_new_file_when_it_was_moved_away),
		cmocka_unit_test(a_file_that_was_moved_away_is_there_again_without_a_line),
		cmocka_unit_test(a_directory_that_was_moved_away_is_made_again),
		cmocka_unit_test(no_picture_goes_into_a_folder_that_was_moved_away),
		cmocka_unit_test(a_folder_that_was_removed_is_made_again_at_once),
		cmocka_unit_test(what_cannot_be_written_is_a_trouble_as_long_as_it_lasts),
		cmocka_unit_test(a_directory_that_cannot_be_made_again_drops_and_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
