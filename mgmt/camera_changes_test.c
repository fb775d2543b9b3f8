/* Cameras that are added, changed and removed over the API: what is answered, and what is so
 * afterwards. */
#include "mgmt/test_routes.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/control.h"
#include "core/test_log.h"

#define BARE "'name': 'door', 'source': '10.0.0.7', 'destination': '10.0.0.9'"
#define DOOR BARE ", 'port': 5010"

static void a_camera_is_added_shown_changed_and_removed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask(f, "POST", "cameras", "{" DOOR ", 'ssrc': 7, 'model': null}"), 201);
	assert_said(f, "\"name\":\"door\",\"source\":\"10.0.0.7\"");
	assert_said(f, "\"state\":\"silent\"");
	assert_int_equal(ask(f, "GET", "cameras/door", NULL), 200);
	assert_int_equal(ask(f, "PATCH", "cameras/door", "{'quota': 3, 'region': {'x': 5}}"), 200);
	assert_said(f, "\"quota\":3");
	assert_int_equal(ask(f, "PATCH", "cameras/door", "{'region': {'width': 9}}"), 200);
	assert_int_equal(ask(f, "GET", "config", NULL), 200);
	assert_said(f,
		"\"ssrc\":7,\"width\":0,\"height\":0,\"conceal\":false,\"orientation\":\"exif\","
		"\"rotate\":0,\"range\":\"full\",\"region\":{\"x\":5,\"y\":0,"
		"\"width\":9,\"height\":0},\"quota\":3}");
	/* Back to what they are when nothing is given. */
	assert_int_equal(ask(f, "PATCH", "cameras/door",
				 "{'quota': null, 'ssrc': null, 'region': null, 'name': 'door'}"),
		200);
	assert_int_equal(ask(f, "GET", "config", NULL), 200);
	assert_said(f,
		"\"port\":5010,\"width\":0,\"height\":0,\"conceal\":false,\"orientation\":\"exif\","
		"\"rotate\":0,\"range\":\"full\",\"quota\":8}");
	assert_int_equal(ask(f, "DELETE", "cameras/door", NULL), 204);
	assert_int_equal(ask(f, "GET", "cameras/door", NULL), 404);
	assert_int_equal(ask(f, "GET", "config", NULL), 200);
	assert_null(strstr(f->said, "door"));
}

static void a_plan_takes_the_place_of_a_model(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask(f, "POST", "cameras", "{" DOOR ", 'model': 'digits'}"), 201);
	assert_int_equal(ask(f, "PATCH", "cameras/door", "{'plan': [{'model': 'a'}]}"), 400);
	assert_said(f, "camera: plan: give `model` or `plan`, not both: a plan names its models");
	assert_int_equal(ask(f, "PATCH", "cameras/door",
				 "{'model': null, 'plan': [{'model': 'a', 'from': null}]}"),
		400);
	assert_said(f, "camera: 'plan[0].from' must be text of 1 to 127 characters, not null");
	assert_int_equal(
		ask(f, "PATCH", "cameras/door",
			"{'model': null, 'plan': [{'model': 'a'}, {'name': 'e', 'from': 'a', "
			"'models': ['b', 'c'], 'least': 0.3}]}"),
		200);
	assert_said(f, "\"model\":null");
	assert_said(f, "\"plan\":[\"a\",\"e\"]");
	assert_int_equal(ask(f, "PATCH", "cameras/door", "{'model': 'digits', 'plan': null}"), 200);
	assert_said(f, "\"model\":\"digits\"");
	assert_null(strstr(f->said, "plan"));
}

static void a_body_that_is_no_camera_is_refused_in_one_line(void **state)
{
	static const struct {
		const char *body, *words;
	} bad[] = {
		{NULL, "the body must be a JSON object with the keys of a camera"},
		{"[1]", "the body must be a JSON object"},
		{"{}", "camera: 'name' is missing"},
		{"{'name': 'door'}",
			"camera: source: is missing: a camera has source, destination and port, or "
			"a url"},
		{"{" BARE "}",
			"camera: port: is missing: a camera has source, destination and port, or a "
			"url"},
		{"{" DOOR ", 'colour': 'blue'}", "camera: unknown key 'colour' (known here: name"},
		{"{" BARE ", 'port': 'many'}",
			"camera: 'port' must be a whole number from 1 to 65535, not the text "
			"\\\"many\\\""},
		{"{" BARE ", 'port': '5004'}",
			"camera: 'port' must be a whole number from 1 to 65535, not the text "
			"\\\"5004\\\""},
		{"{" BARE ", 'port': true}",
			"camera: 'port' must be a whole number from 1 to 65535, not true"},
		{"{'name': 123, 'source': '10.0.0.7', 'destination': '10.0.0.9', 'port': 1}",
			"camera: 'name' must be text of 1 to 63 characters, not 123"},
		{"{" DOOR ", 'model': false}",
			"camera: 'model' must be text of 1 to 127 characters, not false"},
		{"{" DOOR ", 'conceal': 'true'}",
			"camera: 'conceal' must be true or false, not the text \\\"true\\\""},
		{"{" DOOR ", 'conceal': 1}", "camera: 'conceal' must be true or false, not 1"},
		{"{" DOOR ", 'region': {'x': '5'}}",
			"camera: 'region.x' must be a whole number from 0 to 65535, not the text"},
		{"{" BARE ", 'port': 70000}", "must be a whole number from 1 to 65535"},
		{"{" BARE ", 'port': [1]}", "'port' must be"},
		{"{" DOOR ", 'region': 5}", "'region' must be"},
		{"{" DOOR ", 'quota': 65}", "camera: quota: must be at most 64 frames"},
		{"{" DOOR ", 'width': 640}", "width and height belong together"},
		{"{'name': 'a b', 'source': '10.0.0.7', 'destination': '10.0.0.9', 'port': 1}",
			"camera: name: 'a b' is not a name: use letters, digits"},
		{"{'name': 'a', 'source': '10.0.0.7', 'destination': '::1', 'port': 1}",
			"source and destination must both be IPv4 or both IPv6"},
		{"{'name': 'a', 'source': '10.0.0', 'destination': '::1', 'port': 1}",
			"'10.0.0' is not an IPv4 or IPv6 address"},
		{"{" DOOR ", 'width': 4000, 'height': 4000}",
			"a picture of 4000x4000 is larger than every frame slot"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(ask(f, "POST", "cameras", bad[i].body), 400);
		assert_said(f, bad[i].words);
		assert_said(f, "\"code\":\"bad_request\"");
		assert_null(strstr(f->said, "\\n"));
		assert_null(strstr(f->said, ":1:"));
	}
	assert_int_equal(f->made.gw.cameras->count, 2);
	assert_int_equal(ask(f, "GET", "cameras/door", NULL), 404);
}

/* What is told of a change before it is made is what making it tells, and nothing is changed. */
static void what_is_only_checked_is_told_and_not_done(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask(f, "POST", "camera-check", "{" DOOR "}"), 204);
	assert_int_equal(ask(f, "GET", "cameras/door", NULL), 404);
	assert_int_equal(ask(f, "POST", "camera-check", "{" BARE ", 'port': 70000}"), 400);
	assert_said(f, "port");
	assert_int_equal(ask(f, "POST", "camera-check", "['name']"), 400);
	assert_int_equal(ask(f, "POST", "cameras", "{" DOOR "}"), 201);
	assert_int_equal(ask(f, "POST", "camera-check", "{" DOOR "}"), 409);
	assert_said(f, "already");
	assert_int_equal(ask(f, "POST", "cameras/door/check", "{'quota': 3}"), 204);
	assert_int_equal(ask(f, "POST", "cameras/door/check", "{'quota': 3000}"), 400);
	assert_said(f, "quota");
	assert_int_equal(ask(f, "POST", "cameras/door/check",
				 "{'source': '10.0.0.1', 'destination': '10.0.0.9', 'port': 5004}"),
		409);
	assert_said(f, "cam0");
	assert_int_equal(ask(f, "POST", "cameras/nobody/check", "{'quota': 3}"), 404);
	assert_int_equal(ask(f, "GET", "cameras/door/config", NULL), 200);
	assert_said(f, "\"quota\":8");
	assert_int_equal(ask(f, "GET", "cameras/nobody/config", NULL), 404);
	assert_int_equal(
		ask_as(f, GW_ROLE_OPERATOR, "POST", "cameras/door/check", "{'quota': 3}"), 403);
}

static void what_another_camera_has_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask(f, "POST", "cameras",
				 "{'name': 'cam0', 'source': '10.0.0.7', 'destination': "
				 "'10.0.0.9', 'port': 1}"),
		409);
	assert_said(f, "\"code\":\"exists\"");
	assert_said(f, "there is a camera 'cam0' already: change it");
	assert_int_equal(ask(f, "POST", "cameras",
				 "{'name': 'twin', 'source': '10.0.0.1', 'destination': "
				 "'10.0.0.9', 'port': 5004, 'ssrc': 3}"),
		409);
	assert_said(f, "camera twin: 'twin' would receive the same packets as 'cam0'");
	assert_int_equal(ask(f, "POST", "cameras", "{" DOOR "}"), 201);
	assert_int_equal(
		ask(f, "PATCH", "cameras/door", "{'source': '10.0.0.1', 'port': 5004}"), 409);
	assert_said(f, "the same packets as 'cam0'");
	assert_int_equal(ask(f, "GET", "cameras/door", NULL), 200);
	assert_said(f, "\"source\":\"10.0.0.7\",\"destination\":\"10.0.0.9\",\"port\":5010");
}

static void a_change_that_is_none_or_wrong_changes_nothing(void **state)
{
	struct fixture *f = *state;
	const uint32_t version = gw_camera_now(&f->made.gw, 0)->version;

	assert_int_equal(ask(f, "PATCH", "cameras/nosuch", "{'quota': 3}"), 404);
	assert_int_equal(ask(f, "DELETE", "cameras/nosuch", NULL), 404);
	assert_said(f, "there is no camera 'nosuch'");
	assert_int_equal(ask(f, "PATCH", "cameras/cam0", NULL), 400);
	assert_int_equal(ask(f, "PATCH", "cameras/cam0", "{'name': 'cam9'}"), 400);
	assert_said(f, "a camera keeps its name: add 'cam9', and remove 'cam0'");
	assert_int_equal(ask(f, "PATCH", "cameras/cam0", "{'name': null}"), 400);
	assert_said(f, "'name' is missing");
	assert_int_equal(ask(f, "PATCH", "cameras/cam0", "{'quota': 'all'}"), 400);
	assert_int_equal(ask(f, "PATCH", "cameras/cam0", "{'quota': '4'}"), 400);
	assert_int_equal(ask(f, "PATCH", "cameras/cam0", "{'port': null}"), 400);
	assert_int_equal(ask(f, "PATCH", "cameras/cam0", "{'destination': '::1'}"), 400);
	assert_int_equal(gw_camera_now(&f->made.gw, 0)->version, version);
}

/* What is logged while it is answered. */
static int ask_and_hear(struct fixture *f, const char *path, const char *body, const char **heard)
{
	struct test_log log;

	test_log_begin(&log);
	const int status = ask(f, "PATCH", path, body);

	*heard = test_log_said(&log);
	test_log_end(&log);
	return status;
}

static void a_change_to_what_is_so_already_is_none(void **state)
{
	struct fixture *f = *state;
	const uint32_t version = gw_camera_now(&f->made.gw, 0)->version;
	const char *heard;

	assert_int_equal(ask_and_hear(f, "cameras/cam0", "{}", &heard), 200);
	assert_said(f, "\"name\":\"cam0\"");
	assert_null(strstr(heard, "was changed"));
	assert_int_equal(ask_and_hear(f, "cameras/cam0", "{'name': 'cam0'}", &heard), 200);
	assert_null(strstr(heard, "was changed"));
	assert_int_equal(gw_camera_now(&f->made.gw, 0)->version, version);
	assert_int_equal(ask_and_hear(f, "cameras/cam0", "{'quota': 3}", &heard), 200);
	assert_non_null(strstr(heard, "camera cam0 was changed"));
	assert_int_not_equal(gw_camera_now(&f->made.gw, 0)->version, version);
}

static void a_camera_that_leaves_is_busy_until_its_last_frame_is_through(void **state)
{
	struct fixture *f = *state;
	struct gw_frame *frame = gw_pool_get(f->made.gw.pool, 0, 64, 64);

	assert_int_equal(ask(f, "DELETE", "cameras/cam0", NULL), 204);
	assert_int_equal(ask(f, "GET", "cameras/cam0", NULL), 409);
	assert_said(f, "is being removed");
	assert_int_equal(ask(f, "PATCH", "cameras/cam0", "{'quota': 1}"), 409);
	assert_said(f, "\"code\":\"busy\"");
	assert_int_equal(ask(f, "DELETE", "cameras/cam0", NULL), 409);
	assert_int_equal(ask(f, "POST", "cameras",
				 "{'name': 'cam0', 'source': '10.0.0.7', 'destination': "
				 "'10.0.0.9', 'port': 1}"),
		409);
	assert_said(f, "being removed");
	assert_int_equal(ask(f, "GET", "cameras", NULL), 200);
	assert_null(strstr(f->said, "cam0"));
	gw_frame_unref(frame);
	gw_cameras_upkeep(&f->made.gw);
	assert_int_equal(ask(f, "GET", "cameras/cam0", NULL), 404);
}

/* As the source makes one when its key first comes. */
static void make_for_records(struct fixture *f, const char *name)
{
	char nowhere[] = "", topic[] = "pictures", text[16];
	const struct gw_camera_config config = {
		.name = text, .source = topic, .destination = nowhere, .quota = 5};
	struct gw_error error;

	snprintf(text, sizeof(text), "%s", name);
	assert_int_equal(gw_camera_put(&f->made.gw, &config, &error), 0);
}

static void a_camera_of_records_is_as_its_template_says(void **state)
{
	static const char bare[] = "{" BARE "}";
	const char *const patches[] = {"{}", "{'quota': 3}", "{'model': null}", bare,
		"{'source': '10.0.0.7', 'destination': '10.0.0.9', 'port': 5010}"};
	struct fixture *f = *state;

	make_for_records(f, "gate");
	for (size_t i = 0; i < sizeof(patches) / sizeof(patches[0]); i++) {
		assert_int_equal(ask(f, "PATCH", "cameras/gate", patches[i]), 400);
		assert_said(f, "camera gate was made for records with that key");
		assert_said(f, "change that in the configuration file, and restart gwd");
	}
	assert_int_equal(ask(f, "POST", "cameras",
				 "{'name': 'gate', 'source': '10.0.0.7', 'destination': "
				 "'10.0.0.9', 'port': 5010}"),
		409);
	assert_said(f, "it was made for records with that key");
	assert_int_equal(ask(f, "GET", "cameras/gate", NULL), 200);
	assert_said(f, "\"source\":\"pictures\",\"destination\":\"\",\"port\":0");
	assert_said(f, "\"quota\":5");
}

static void a_camera_of_records_can_be_removed_when_no_more_come(void **state)
{
	struct fixture *f = *state;

	make_for_records(f, "gate");
	const uint32_t id = gw_camera_find(&f->made.gw, "gate");
	/* A handmade gateway has no source. */
	struct gw_camera_stats *stats = handmade_stats(&f->made, GW_STAGE_RX, id);

	gw_counter_set(&stats->last_frame, (uint64_t)gw_now());
	assert_int_equal(ask(f, "DELETE", "cameras/gate", NULL), 409);
	assert_said(f, "they still come: stop who sends them to topic 'pictures'");
	assert_int_equal(ask(f, "GET", "cameras/gate", NULL), 200);
	gw_counter_set(&stats->last_frame, (uint64_t)(gw_now() - 3 * GW_NS_PER_S));
	assert_int_equal(ask(f, "DELETE", "cameras/gate", NULL), 204);
	assert_int_equal(ask(f, "GET", "cameras/gate", NULL), 404);
}

static void only_an_admin_may(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask_as(f, GW_ROLE_OPERATOR, "POST", "cameras", "{" DOOR "}"), 403);
	assert_int_equal(ask_as(f, GW_ROLE_OPERATOR, "PATCH", "cameras/cam0", "{}"), 403);
	assert_int_equal(ask_as(f, GW_ROLE_OPERATOR, "DELETE", "cameras/cam0", NULL), 403);
	assert_int_equal(ask_as(f, GW_ROLE_OPERATOR, "POST", "config/save", NULL), 403);
	assert_int_equal(ask(f, "GET", "cameras/cam0", NULL), 200);
}

static void upkeep(struct gw *gw, int64_t now)
{
}

static int wait_until_told(struct gw *gw, void *arg, struct gw_error *error)
{
	int *pipes = arg;
	char byte;

	assert_int_equal(write(pipes[1], "b", 1), 1);
	assert_int_equal(read(pipes[2], &byte, 1), 1);
	return 0;
}

struct other_writer {
	struct gw *gw;
	int pipes[4]; /* it has begun: 0 and 1; it may end: 2 and 3 */
};

static void *write_too(void *arg)
{
	struct other_writer *other = arg;
	struct gw_error error;

	gw_control_call(other->gw, "adding camera yard", wait_until_told, other->pipes, &error);
	return NULL;
}

static void of_two_writers_at_once_one_is_told_of_the_other(void **state)
{
	struct fixture *f = *state;
	struct other_writer other = {.gw = &f->made.gw};
	struct gw_error error;
	pthread_t thread;
	char byte;

	assert_int_equal(pipe(other.pipes), 0);
	assert_int_equal(pipe(other.pipes + 2), 0);
	assert_int_equal(gw_control_start(&f->made.gw, upkeep, &error), 0);
	assert_int_equal(pthread_create(&thread, NULL, write_too, &other), 0);
	assert_int_equal(read(other.pipes[0], &byte, 1), 1);
	assert_int_equal(ask(f, "POST", "cameras", "{" DOOR "}"), 409);
	assert_said(f, "another change is being made (adding camera yard)");
	assert_int_equal(write(other.pipes[3], "e", 1), 1);
	pthread_join(thread, NULL);
	assert_int_equal(ask(f, "POST", "cameras", "{" DOOR "}"), 201);
	assert_true(gw_control_stop(&f->made.gw, gw_now() + GW_NS_PER_S));
	gw_control_free(&f->made.gw);
	for (int i = 0; i < 4; i++)
		close(other.pipes[i]);
}

static void one_camera_too_many_is_refused(void **state)
{
	struct fixture *f = *state;
	char body[256];

	for (int i = 2; i <= GW_CAMERAS; i++) {
		snprintf(body, sizeof(body),
			"{'name': 'c%d', 'source': '10.1.0.1', 'destination': '10.0.0.9', 'port': "
			"%d}",
			i, i);
		assert_int_equal(ask(f, "POST", "cameras", body), i < GW_CAMERAS ? 201 : 409);
	}
	assert_said(f, "\"code\":\"full\"");
	assert_said(f, "there are 4096 cameras already");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_camera_is_added_shown_changed_and_removed),
		TEST(a_plan_takes_the_place_of_a_model),
		TEST(a_body_that_is_no_camera_is_refused_in_one_line),
		TEST(what_is_only_checked_is_told_and_not_done),
		TEST(what_another_camera_has_is_refused),
		TEST(a_change_that_is_none_or_wrong_changes_nothing),
		TEST(a_change_to_what_is_so_already_is_none),
		TEST(a_camera_that_leaves_is_busy_until_its_last_frame_is_through),
		TEST(a_camera_of_records_is_as_its_template_says),
		TEST(a_camera_of_records_can_be_removed_when_no_more_come),
		TEST(only_an_admin_may),
		TEST(of_two_writers_at_once_one_is_told_of_the_other),
		TEST(one_camera_too_many_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
