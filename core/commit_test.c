/* A commit is made whole or not at all, on the running gateway, in its file and in its history. */
#include "core/commit_fixture.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/config/history.h"

static void what_is_committed_is_in_effect_stored_and_kept(void **state)
{
	static const char after[] = "# mine\n" REST "cameras:\n" CAMERA("a", "2") CAMERA("b", "1");
	struct fixture *f = *state;

	must(f, after, WISH(.comment = "for the door"));
	assert_int_equal(f->outcome.number, 2);
	assert_int_equal(json_array_size(f->outcome.differences), 2);
	assert_int_equal(port_of(f, "a"), 2);
	assert_int_equal(port_of(f, "b"), 1);
	assert_stored(f, after);
	assert_string_equal(comment_of(f, 1), "as it was before the first commit");
	assert_string_equal(comment_of(f, 2), "for the door");
	assert_int_equal(wish(f, after, WISH(.who = 0)), 0);
	assert_int_equal(f->outcome.result, GW_COMMIT_NOTHING);
	assert_int_equal(history_newest(f->file), 2);
}

static void one_that_fails_half_way_is_taken_back(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(wish(f,
				 "kafka: {frames: {every: 3}}\ncameras:\n" CAMERA("b", "2")
					 CAMERA("a", "3") CAMERA("odd", "5") CAMERA("z", "6"),
				 WISH(.who = 0)),
		-EIO);
	assert_non_null(strstr(f->error.text, "camera odd: it is odd"));
	assert_int_equal(port_of(f, "a"), 1);
	assert_int_equal(f->gw.cameras->count, 1);
	assert_int_equal(f->gw.cameras->slot[0].sample_every, 10);
	assert_stored(f, BEFORE);
	assert_int_equal(history_newest(f->file), 1);
}

static void one_that_cannot_be_stored_is_taken_back(void **state)
{
	struct fixture *f = *state;
	char command[256];

	/* Its history cannot be: something is in its place. */
	snprintf(command, sizeof(command), "%s.history", f->file);
	write_file(command, "");
	assert_int_not_equal(wish(f, REST "cameras:\n" CAMERA("a", "2"), WISH(.who = 0)), 0);
	assert_int_equal(port_of(f, "a"), 1);
	assert_stored(f, BEFORE);
}

static void what_is_not_valid_changes_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(wish(f, "cameras: [{name: a, colour: blue}]\n", WISH(.who = 0)), -EINVAL);
	assert_non_null(strstr(f->error.text, "unknown key"));
	assert_int_equal(wish(f,
				 REST "cameras: [{name: a, source: 10.0.0.1, destination: "
				      "10.0.0.2, port: 1, model: nosuch}]\n",
				 WISH(.who = 0)),
		-EINVAL);
	assert_non_null(strstr(f->error.text, "camera a names a model"));
	assert_int_equal(wish(f, BEFORE "interfaces: [{name: lan0, device: '0000:ff:1f.7'}]\n",
				 WISH(.restart = true)),
		-EINVAL);
	assert_non_null(strstr(f->error.text, "interface lan0: there is no /sys/bus/pci/devices"));
	assert_int_equal(
		wish(f,
			BEFORE
			"interfaces: [{name: lan0, device: 'net_af_packet0,iface=nosuch0'}]\n",
			WISH(.restart = true)),
		-EINVAL);
	assert_non_null(strstr(f->error.text, "/sys/class/net/nosuch0"));
	assert_int_equal(history_newest(f->file), 0);
}

static void what_needs_a_restart_is_said_before(void **state)
{
	static const char after[] =
		"decode: {workers: 2}\nkafka: {frames: {every: 3}}\ncameras:\n" CAMERA("a", "1");
	struct fixture *f = *state;

	assert_int_equal(wish(f, after, WISH(.who = 0)), 0);
	assert_int_equal(f->outcome.result, GW_COMMIT_RESTART);
	assert_true(f->outcome.restart);
	assert_int_equal(f->gw.cameras->slot[0].sample_every, 10);
	assert_stored(f, BEFORE);
	must(f, after, WISH(.restart = true));
	assert_int_equal(f->gw.cameras->slot[0].sample_every, 3);
	assert_int_equal(f->gw.config->decode->workers, 1);
	assert_stored(f, after);
	assert_non_null(strstr(test_log_said(&f->log),
		"`decode.workers` changed from 1 to 2: restart gwd to apply it"));
}

/* Otherwise it would be lost with the next camera that somebody keeps. */
static void what_waits_for_a_restart_keeps_waiting(void **state)
{
	struct fixture *f = *state;
	struct gw_config *stored;

	must(f, "decode: {workers: 2}\n" BEFORE, WISH(.restart = true));
	assert_int_equal(gw_camera_remove(&f->gw, "a", &f->error), 0);
	must(f, NULL, WISH(.who = 0));
	assert_int_equal(gw_config_load(f->file, &stored, &f->error), 0);
	assert_int_equal(stored->decode->workers, 2);
	assert_int_equal(stored->cameras_count, 0);
	gw_config_free(stored);
}

static void a_look_changes_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(wish(f, REST "cameras:\n" CAMERA("a", "2"), WISH(.check = true)), 0);
	assert_int_equal(f->outcome.result, GW_COMMIT_CHECKED);
	assert_int_equal(json_array_size(f->outcome.differences), 1);
	assert_int_equal(port_of(f, "a"), 1);
	assert_int_equal(history_newest(f->file), 0);
}

static void whoever_is_late_hears_what_came_since(void **state)
{
	struct fixture *f = *state;
	char revision[GW_REVISION], later[GW_REVISION];

	must(f, REST "cameras:\n" CAMERA("a", "2"), WISH(.who = 0));
	assert_int_equal(gw_commit_revision(&f->gw, revision, &f->error), 0);
	must(f, REST "cameras:\n" CAMERA("a", "3"), WISH(.revision = revision));
	assert_int_equal(
		wish(f, REST "cameras:\n" CAMERA("a", "4"), WISH(.revision = revision)), 0);
	assert_int_equal(f->outcome.result, GW_COMMIT_STALE);
	const json_t *since = json_array_get(f->outcome.differences, 0);

	assert_string_equal(json_string_value(json_object_get(since, "path")), "cameras[a].port");
	assert_string_equal(json_string_value(json_object_get(since, "was")), "2");
	assert_string_equal(json_string_value(json_object_get(since, "is")), "3");
	assert_int_equal(port_of(f, "a"), 3);
	/* What was changed and not committed counts too. */
	assert_int_equal(gw_commit_revision(&f->gw, revision, &f->error), 0);
	assert_int_equal(gw_camera_remove(&f->gw, "a", &f->error), 0);
	assert_int_equal(gw_commit_revision(&f->gw, later, &f->error), 0);
	assert_string_not_equal(revision, later);
}

static void one_goes_back_to_any_commit(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rollback(f, 0), -ENOENT);
	must(f, REST "cameras:\n" CAMERA("a", "2"), WISH(.who = 0));
	must(f, REST "cameras:\n" CAMERA("a", "3"), WISH(.who = 0));
	assert_int_equal(rollback(f, 1), 0);
	assert_int_equal(port_of(f, "a"), 1);
	assert_stored(f, BEFORE);
	assert_string_equal(comment_of(f, 4), "back to commit 1");
	assert_int_equal(rollback(f, 0), 0);
	assert_int_equal(port_of(f, "a"), 3);
	assert_int_equal(rollback(f, 9), -ENOENT);
	/* Of one that waits: to where it would go by itself. */
	must(f, REST "cameras:\n" CAMERA("a", "7"), WISH(.confirm_s = 60));
	assert_int_equal(rollback(f, 0), 0);
	assert_int_equal(port_of(f, "a"), 3);
	assert_int_equal(f->gw.commits.deadline, 0);
}

static void a_file_that_was_written_while_nothing_ran_becomes_a_commit(void **state)
{
	struct fixture *f = *state;

	gw_commit_start(&f->gw);
	assert_int_equal(history_newest(f->file), 0);
	must(f, REST "cameras:\n" CAMERA("a", "2"), WISH(.who = 0));
	gw_commit_start(&f->gw);
	assert_int_equal(history_newest(f->file), 2);
	write_file(f->file, "# by hand\n" BEFORE);
	gw_commit_start(&f->gw);
	assert_string_equal(comment_of(f, 3), "the file as it was found");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_committed_is_in_effect_stored_and_kept),
		TEST(one_that_fails_half_way_is_taken_back),
		TEST(one_that_cannot_be_stored_is_taken_back),
		TEST(what_is_not_valid_changes_nothing),
		TEST(what_needs_a_restart_is_said_before),
		TEST(what_waits_for_a_restart_keeps_waiting),
		TEST(a_look_changes_nothing),
		TEST(whoever_is_late_hears_what_came_since),
		TEST(one_goes_back_to_any_commit),
		TEST(a_file_that_was_written_while_nothing_ran_becomes_a_commit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
