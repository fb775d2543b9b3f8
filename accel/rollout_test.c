/* Rollouts on a stage with the null engine, turned by hand: what versions answer is known, and time
 * is what the test says. */
#include "core/test.h"

#include <errno.h>
#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accel/accel.h"
#include "accel/stage.h"
#include "core/api.h"
#include "core/clock.h"
#include "core/test_gateway.h"

#define FRAMES 24
#define SIDE 2

/* Versions of `marks`. */
enum { GOOD = 1, BETTER, FAILING, DIFFERENT, OTHER_LABELS, LARGER, BROKEN };

static char directory[] = "/tmp/framegate-rollout-XXXXXX";
static char plan_of_all[] =
	"{\"version\": %d, \"steps\": [0.5, 1], \"hold_s\": 1, \"min_pictures\": 10}";
static struct gw_error error;

struct fixture {
	struct gw gw;
	struct gw_lane *lane;
	struct gw_surface_pool *surfaces;
	struct gw_frame *out[FRAMES];
	uint64_t sequence, delivered;
	int64_t now;
};

static void write_file(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void remove_file(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	remove(path);
}

static bool is_there(const char *name)
{
	struct stat facts;
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return stat(path, &facts) == 0;
}

static void make_version(int version, const char *labels, int side, const char *input)
{
	char name[64], yaml[512];

	snprintf(name, sizeof(name), "%s/marks/%d", directory, version);
	mkdir(name, 0755);
	snprintf(name, sizeof(name), "marks/%d/model.onnx", version);
	write_file(name, "\b\1" /* not read by the null engine */);
	snprintf(name, sizeof(name), "marks/%d/model.yaml", version);
	snprintf(yaml, sizeof(yaml),
		"task: classify\nlabels: [%s]\n"
		"input: {tensor: in, width: %d, height: %d, channels: 1, %s}\n"
		"classify: {tensor: out, top_k: 2}\nbatch: {max: 4, deadline_ms: 5}\n",
		labels, side, side, input);
	write_file(name, yaml);
}

static int make_repository(void **state)
{
	static const char usual[] = "mean: [0], scale: [1]";
	char path[64];

	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/marks", directory);
	mkdir(path, 0755);
	make_version(GOOD, "a, b, c, d", SIDE, usual);
	make_version(BETTER, "a, b, c, d", SIDE, usual);
	/* Its values are no probabilities. */
	make_version(FAILING, "a, b, c, d", SIDE, "mean: [250], scale: [1]");
	/* What is dark is bright to it. */
	make_version(DIFFERENT, "a, b, c, d", SIDE, "mean: [255], scale: [-1]");
	make_version(OTHER_LABELS, "a, b, c, e", SIDE, usual);
	make_version(LARGER, "a, b, c, d", 4, usual);
	make_version(BROKEN, "a, b, c, d", SIDE, "mean: [0], scale: [1], nonsense: 1");
	return 0;
}

static int remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *walk)
{
	return remove(path);
}

static int remove_repository(void **state)
{
	return nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void open_stage(struct fixture *f)
{
	char text[1024];

	memset(f, 0, sizeof(*f));
	f->now = GW_NS_PER_S;
	snprintf(text, sizeof(text),
		"cameras:\n"
		"  - {name: gate, source: 10.0.0.1, destination: 10.0.0.2, port: 5000, model: "
		"marks}\n"
		"  - {name: door, source: 10.0.0.1, destination: 10.0.0.2, port: 5002, model: "
		"\"marks:1\"}\n"
		"accel: {backend: \"null\", repository: %s}\n"
		"frames: {classes: [{width: 16, height: 16, count: %d}]}\n",
		directory, FRAMES);
	error.text[0] = '\0';
	if (test_gateway_open(&f->gw, text, NULL, GW_STAGE_ACCEL, &accel_stage, &error) != 0)
		fail_msg("%s", error.text);
	f->lane = &f->gw.stages[GW_STAGE_ACCEL].lanes[0];
	f->surfaces = gw_surface_pool_create(&f->gw.host, 1, FRAMES, &error);
}

static void close_stage(struct fixture *f)
{
	test_gateway_close(&f->gw);
	gw_surface_pool_destroy(f->surfaces);
}

/* With version 1, and nothing kept of the past. */
static void open_fresh(struct fixture *f)
{
	write_file("marks/rollout.json", "{\"format\": 1, \"stable\": 1, \"previous\": 0}");
	open_stage(f);
}

static struct route *route_of(struct fixture *f)
{
	return &((struct accel *)f->lane->stage->state)->routes[0];
}

static uint32_t version_of(const struct fixture *f, const struct gw_frame *frame)
{
	return f->gw.models[frame->result.model].version;
}

/* One picture of camera `gate`; returns which version has looked, whose answer is checked. */
static uint32_t look(struct fixture *f)
{
	struct gw_frame *frame = test_gateway_frame(&f->gw, 0, SIDE, SIDE);
	struct gw_surface *surface = gw_surface_get(f->surfaces, SIDE * SIDE);
	const uint32_t mark = f->sequence % 4;

	assert_non_null(frame);
	assert_non_null(surface);
	frame->sequence = f->sequence++;
	frame->width = frame->height = SIDE;
	frame->state = GW_FRAME_IMAGE;
	surface->format = GW_FORMAT_GRAY;
	surface->width = surface->height = SIDE;
	surface->pitch[0] = SIDE;
	surface->plane[0] = surface->room;
	memset(surface->room, 10, SIDE * SIDE);
	surface->room[mark] = 200;
	frame->surface = surface;
	gw_credit_take(&f->gw.credits[0], frame);
	test_gateway_push(&f->gw, GW_STAGE_ACCEL, frame);
	while (accel_stage.poll(f->lane) > 0)
		;
	assert_int_equal(test_gateway_pop(&f->gw, GW_STAGE_ACCEL, f->out, FRAMES), 1);
	const uint32_t version = version_of(f, f->out[0]);

	assert_int_equal(f->out[0]->drop, GW_DROP_NONE);
	assert_int_equal(f->out[0]->sequence, f->sequence - 1);
	assert_true((f->out[0]->result.findings[0].index == mark) == (version != DIFFERENT));
	gw_frame_unref(f->out[0]);
	assert_int_equal(gw_surface_pool_in_use(f->surfaces), 0);
	f->delivered++;
	return version;
}

/* So many pictures, one each 10 ms; returns how many of them that version has looked at. */
static uint32_t look_at(struct fixture *f, uint32_t count, uint32_t version)
{
	uint32_t by_it = 0;

	for (uint32_t i = 0; i < count; i++) {
		by_it += look(f) == version;
		f->now += 10 * GW_NS_PER_MS;
		if (i % 10 == 9)
			accel_stage.upkeep(f->lane->stage, f->now);
	}
	return by_it;
}

static int ask(
	struct fixture *f, const char *method, const char *path, const char *body, json_t **json)
{
	const struct gw_request request = {.body = body ? json_loads(body, 0, NULL) : NULL,
		.role = GW_ROLE_OPERATOR,
		.who = "uid 7 (anna)"};
	struct gw_reply reply = {0};

	gw_api_call(&f->gw, method, path, &request, &reply);
	const int status = reply.status;

	*json = json_incref(reply.json);
	gw_reply_release(&reply);
	json_decref((json_t *)request.body);
	return status;
}

/* Takes the answer's error line apart: it must have these words. */
static void assert_refused(
	struct fixture *f, const char *path, const char *body, int status, const char *words)
{
	json_t *json;
	const char *message = "";

	assert_int_equal(ask(f, "POST", path, body, &json), status);
	json_unpack(json, "{s:{s:s}}", "error", "message", &message);
	if (!strstr(message, words))
		fail_msg("%s", message);
	json_decref(json);
}

static void begin(struct fixture *f, int version)
{
	char body[256];
	json_t *json;

	snprintf(body, sizeof(body), plan_of_all, version);
	const int status = ask(f, "POST", "models/marks/rollout", body, &json);
	char *text = json_dumps(json, 0);

	if (status != 200)
		fail_msg("%s", text);
	free(text);
	json_decref(json);
}

/* The word at "key" or "object.key" of what the API tells of the route; NULL: null. */
static const char *told(struct fixture *f, const char *object, const char *key)
{
	static char text[512];
	json_t *json;

	assert_int_equal(ask(f, "GET", "models/marks/rollout", NULL, &json), 200);
	const json_t *value = object ? json_object_get(json_object_get(json, object), key)
				     : json_object_get(json, key);
	char *dump = json_dumps(value, JSON_ENCODE_ANY);

	snprintf(text, sizeof(text), "%s", dump);
	free(dump);
	json_decref(json);
	return text;
}

static void one_that_does_well_takes_the_place_step_by_step(void **state)
{
	struct fixture f;

	open_fresh(&f);
	assert_int_equal(look_at(&f, 50, GOOD), 50);
	begin(&f, BETTER);
	assert_string_equal(told(&f, NULL, "phase"), "\"running\"");
	accel_stage.upkeep(f.lane->stage, f.now);
	const uint32_t half = look_at(&f, 90, BETTER);

	assert_true(half >= 42 && half <= 48);
	assert_string_equal(told(&f, "rollout", "step"), "1");
	/* The second is over: all of it. */
	look_at(&f, 20, BETTER);
	assert_string_equal(told(&f, "rollout", "step"), "2");
	assert_int_equal(look_at(&f, 80, BETTER), 80);
	look_at(&f, 30, BETTER);
	assert_string_equal(told(&f, NULL, "phase"), "\"none\"");
	assert_string_equal(told(&f, "last", "completed"), "true");
	assert_string_equal(told(&f, "stable", "version"), "2");
	assert_string_equal(told(&f, NULL, "previous"), "1");
	assert_int_equal(look_at(&f, 20, BETTER), 20);
	/* The other camera has asked for version 1, and that is there still. */
	assert_int_equal(
		f.gw.models[((struct accel *)f.lane->stage->state)->routes[1].stable].version,
		GOOD);
	close_stage(&f);
	/* What runs survives. */
	open_stage(&f);
	assert_int_equal(look_at(&f, 10, BETTER), 10);
	close_stage(&f);
}

static void a_step_waits_for_enough_pictures(void **state)
{
	struct fixture f;

	open_fresh(&f);
	begin(&f, BETTER);
	accel_stage.upkeep(f.lane->stage, f.now);
	f.now += 60 * GW_NS_PER_S;
	accel_stage.upkeep(f.lane->stage, f.now);
	assert_string_equal(told(&f, "rollout", "step"), "1");
	look_at(&f, 10, BETTER);
	assert_string_equal(told(&f, "rollout", "step"), "1");
	look_at(&f, 30, BETTER);
	assert_string_equal(told(&f, "rollout", "step"), "2");
	close_stage(&f);
}

static void one_that_fails_comes_back_by_itself_and_costs_no_frame(void **state)
{
	struct fixture f;

	open_fresh(&f);
	begin(&f, FAILING);
	accel_stage.upkeep(f.lane->stage, f.now);
	/* look() has seen to it that each was answered well. */
	assert_int_equal(look_at(&f, 60, GOOD), 60);
	assert_string_equal(told(&f, NULL, "phase"), "\"none\"");
	assert_string_equal(told(&f, "last", "completed"), "false");
	assert_non_null(strstr(told(&f, "last", "reason"), "it fails with 100.0 % of"));
	assert_int_equal(route_of(&f)->share, 0);
	close_stage(&f);
}

static void one_that_disagrees_comes_back_by_itself(void **state)
{
	struct fixture f;

	open_fresh(&f);
	begin(&f, DIFFERENT);
	accel_stage.upkeep(f.lane->stage, f.now);
	assert_true(look_at(&f, 90, DIFFERENT) > 10);
	assert_string_equal(told(&f, NULL, "phase"), "\"none\"");
	assert_non_null(strstr(told(&f, "last", "reason"),
		"its answers differ from the stable version's by 100.0 %"));
	assert_int_equal(look_at(&f, 20, GOOD), 20);
	close_stage(&f);
}

/* Of the frames that all are its own, a tenth is compared. */
static void no_step_is_over_before_answers_were_compared(void **state)
{
	struct fixture f;
	json_t *json;

	open_fresh(&f);
	assert_int_equal(ask(&f, "POST", "models/marks/rollout",
				 "{\"version\": 4, \"steps\": [1], \"hold_s\": 0, "
				 "\"min_pictures\": 10}",
				 &json),
		200);
	json_decref(json);
	f.sequence = 1;
	accel_stage.upkeep(f.lane->stage, f.now);
	look_at(&f, 20, DIFFERENT);
	assert_string_equal(told(&f, NULL, "phase"), "\"running\"");
	look_at(&f, 100, DIFFERENT);
	assert_string_equal(told(&f, NULL, "phase"), "\"none\"");
	assert_non_null(strstr(told(&f, "last", "reason"), "its answers differ"));
	close_stage(&f);
}

static void limits_may_be_as_wide_as_one_likes(void **state)
{
	struct fixture f;
	json_t *json;

	open_fresh(&f);
	assert_int_equal(ask(&f, "POST", "models/marks/rollout",
				 "{\"version\": 4, \"share\": 1, \"hold_s\": 0.5, "
				 "\"min_pictures\": 5, \"max_disagreement\": 1}",
				 &json),
		200);
	json_decref(json);
	accel_stage.upkeep(f.lane->stage, f.now);
	assert_int_equal(look_at(&f, 80, DIFFERENT), 80);
	assert_string_equal(told(&f, "stable", "version"), "4");
	close_stage(&f);
}

static void it_is_taken_back_by_hand_at_once(void **state)
{
	struct fixture f;
	json_t *json;

	open_fresh(&f);
	begin(&f, BETTER);
	accel_stage.upkeep(f.lane->stage, f.now);
	assert_true(look_at(&f, 20, BETTER) > 0);
	assert_int_equal(ask(&f, "POST", "models/marks/rollback", NULL, &json), 200);
	json_decref(json);
	assert_int_equal(look_at(&f, 20, GOOD), 20);
	assert_string_equal(told(&f, "last", "reason"), "\"rolled back by uid 7 (anna)\"");
	/* There is nothing more to take back. */
	assert_refused(&f, "models/marks/rollback", NULL, 409, "nothing is being rolled out");
	close_stage(&f);
}

static void what_has_taken_the_place_is_taken_back_by_hand(void **state)
{
	struct fixture f;
	json_t *json;

	write_file("marks/rollout.json", "{\"format\": 1, \"stable\": 2, \"previous\": 1}");
	open_stage(&f);
	assert_int_equal(look_at(&f, 20, BETTER), 20);
	assert_int_equal(ask(&f, "POST", "models/marks/rollback", NULL, &json), 200);
	json_decref(json);
	assert_int_equal(look_at(&f, 20, GOOD), 20);
	close_stage(&f);
	open_stage(&f);
	assert_int_equal(look_at(&f, 20, GOOD), 20);
	close_stage(&f);
}

static void what_cannot_be_is_refused_and_changes_nothing(void **state)
{
	struct fixture f;
	const struct accel *accel;

	open_fresh(&f);
	accel = f.lane->stage->state;
	assert_refused(&f, "models/marks/rollout", "{\"version\": 1}", 400,
		"version 1 looks at all pictures already");
	assert_refused(
		&f, "models/marks/rollout", "{\"version\": 99}", 400, "no such version (there: ");
	assert_refused(&f, "models/marks/rollout", "{\"version\": 7}", 400, "nonsense");
	assert_refused(&f, "models/marks/rollout", "{\"version\": 5}", 400,
		"does not have the task and the labels of version 1");
	assert_refused(&f, "models/marks/rollout", "{\"version\": 2, \"steps\": [0.5]}", 400,
		"the last step must be 100%");
	assert_refused(&f, "models/marks/rollout", "{\"version\": 2, \"stpes\": [1]}", 400,
		"'stpes' is no part of a rollout");
	assert_refused(&f, "models/marks/rollout", NULL, 400, "a body is needed");
	assert_refused(
		&f, "models/faces/rollout", "{\"version\": 2}", 404, "no camera names model faces");
	assert_refused(&f, "models/marks:1/rollout", "{\"version\": 2}", 404, "without a version");
	begin(&f, BETTER);
	assert_refused(&f, "models/marks/rollout", "{\"version\": 4}", 409,
		"version 2 is being rolled out (step 1 of 2)");
	assert_int_equal(look_at(&f, 5, GOOD), 5);
	accel_stage.upkeep(f.lane->stage, f.now);
	/* The one with other labels was loaded, and is gone again. */
	for (uint32_t i = 0, live = 0; i < GW_MODELS; i++) {
		live += accel->use[i].phase != ACCEL_FREE;
		assert_true(live <= 2);
	}
	close_stage(&f);
}

static void what_runs_must_be_kept(void **state)
{
	struct fixture f;
	char blocking[128];

	open_fresh(&f);
	snprintf(blocking, sizeof(blocking), "%s/marks/.rollout.json.new", directory);
	mkdir(blocking, 0755);
	assert_refused(&f, "models/marks/rollout", "{\"version\": 2}", 500, "let it write to");
	assert_int_equal(look_at(&f, 20, GOOD), 20);
	assert_string_equal(told(&f, NULL, "phase"), "\"none\"");
	rmdir(blocking);
	close_stage(&f);
}

static void the_decoder_learns_what_both_versions_need(void **state)
{
	struct fixture f;

	open_fresh(&f);
	begin(&f, LARGER);
	/* No picture before it does. */
	assert_int_equal(route_of(&f)->share, 0);
	accel_stage.upkeep(f.lane->stage, f.now);
	const struct gw_want *want = gw_camera_now(&f.gw, 0)->wants;

	assert_int_equal(want->width, SIDE);
	assert_non_null(want->next);
	assert_int_equal(want->next->width, 4);
	assert_int_equal(route_of(&f)->share, ROUTE_ALL / 2);
	assert_null(gw_camera_now(&f.gw, 1)->wants->next);
	route_of(&f)->share = 0; /* what it says of enlarged pictures is of no interest */
	json_t *json;

	assert_int_equal(ask(&f, "POST", "models/marks/rollback", NULL, &json), 200);
	json_decref(json);
	accel_stage.upkeep(f.lane->stage, f.now);
	assert_null(gw_camera_now(&f.gw, 0)->wants->next);
	assert_int_equal(gw_camera_now(&f.gw, 0)->wants->width, SIDE);
	close_stage(&f);
}

static void a_rollout_goes_on_after_a_restart_in_its_step(void **state)
{
	struct fixture f;

	open_fresh(&f);
	begin(&f, BETTER);
	accel_stage.upkeep(f.lane->stage, f.now);
	look_at(&f, 120, BETTER);
	assert_string_equal(told(&f, "rollout", "step"), "2");
	/* Nothing is written at the end: it may as well have been killed. */
	close_stage(&f);
	open_stage(&f);
	assert_string_equal(told(&f, NULL, "phase"), "\"running\"");
	assert_string_equal(told(&f, "rollout", "step"), "2");
	accel_stage.upkeep(f.lane->stage, f.now);
	assert_int_equal(look_at(&f, 90, BETTER), 90);
	look_at(&f, 20, BETTER);
	assert_string_equal(told(&f, NULL, "phase"), "\"none\"");
	assert_string_equal(told(&f, "stable", "version"), "2");
	close_stage(&f);
}

static void one_that_ends_the_gateway_again_and_again_is_taken_back(void **state)
{
	struct fixture f;

	open_fresh(&f);
	begin(&f, BETTER);
	close_stage(&f);
	for (int i = 0; i < ROLLOUT_STARTS; i++) {
		open_stage(&f);
		assert_string_equal(told(&f, NULL, "phase"), "\"running\"");
		close_stage(&f);
	}
	open_stage(&f);
	assert_string_equal(told(&f, NULL, "phase"), "\"none\"");
	assert_string_equal(told(&f, "last", "reason"), "\"the gateway ended 3 times in step 1\"");
	assert_int_equal(look_at(&f, 10, GOOD), 10);
	close_stage(&f);
}

static void one_that_is_not_there_after_a_restart_is_taken_back(void **state)
{
	struct fixture f;

	open_fresh(&f);
	begin(&f, BETTER);
	close_stage(&f);
	remove_file("marks/2/model.yaml");
	open_stage(&f);
	assert_string_equal(told(&f, NULL, "phase"), "\"none\"");
	assert_non_null(strstr(told(&f, "last", "reason"), "after a restart: "));
	assert_int_equal(look_at(&f, 10, GOOD), 10);
	close_stage(&f);
	make_version(BETTER, "a, b, c, d", SIDE, "mean: [0], scale: [1]");
}

/* It has a picture and never gives it back: nothing turns the lane. */
static void one_that_does_not_answer_is_taken_back(void **state)
{
	struct fixture f;
	struct accel_lane *own;
	struct accel *accel;
	static struct job stuck;

	open_fresh(&f);
	own = f.lane->state;
	accel = f.lane->stage->state;
	begin(&f, BETTER);
	accel_stage.upkeep(f.lane->stage, f.now);
	const uint16_t canary = route_canary(route_of(&f));

	stuck.frame = test_gateway_frame(&f.gw, 0, SIDE, SIDE);
	batcher_add(own->batchers[canary], &stuck);
	f.now += 4 * GW_NS_PER_S;
	accel_stage.upkeep(f.lane->stage, f.now);
	assert_string_equal(told(&f, NULL, "phase"), "\"running\"");
	f.now += 2 * GW_NS_PER_S;
	accel_stage.upkeep(f.lane->stage, f.now);
	assert_string_equal(told(&f, NULL, "phase"), "\"none\"");
	assert_string_equal(told(&f, "last", "reason"), "\"it has not answered for 5 s\"");
	/* It cannot be closed as long as it has something. */
	accel_stage.upkeep(f.lane->stage, f.now);
	assert_int_equal(accel->use[canary].phase, ACCEL_LEAVING);
	assert_int_equal(route_of(&f)->share, 0);
	close_stage(&f);
}

static void without_a_file_the_highest_version_runs_and_none_is_made(void **state)
{
	struct fixture f;

	remove_file("marks/rollout.json");
	remove_file("marks/7/model.yaml");
	remove_file("marks/7/model.onnx");
	remove_file("marks/7");
	open_stage(&f);
	assert_int_equal(f.gw.models[route_of(&f)->stable].version, LARGER);
	assert_string_equal(told(&f, NULL, "previous"), "null");
	assert_false(is_there("marks/rollout.json"));
	close_stage(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_does_well_takes_the_place_step_by_step),
		cmocka_unit_test(a_step_waits_for_enough_pictures),
		cmocka_unit_test(one_that_fails_comes_back_by_itself_and_costs_no_frame),
		cmocka_unit_test(one_that_disagrees_comes_back_by_itself),
		cmocka_unit_test(no_step_is_over_before_answers_were_compared),
		cmocka_unit_test(limits_may_be_as_wide_as_one_likes),
		cmocka_unit_test(it_is_taken_back_by_hand_at_once),
		cmocka_unit_test(what_has_taken_the_place_is_taken_back_by_hand),
		cmocka_unit_test(what_cannot_be_is_refused_and_changes_nothing),
		cmocka_unit_test(what_runs_must_be_kept),
		cmocka_unit_test(the_decoder_learns_what_both_versions_need),
		cmocka_unit_test(a_rollout_goes_on_after_a_restart_in_its_step),
		cmocka_unit_test(one_that_ends_the_gateway_again_and_again_is_taken_back),
		cmocka_unit_test(one_that_is_not_there_after_a_restart_is_taken_back),
		cmocka_unit_test(one_that_does_not_answer_is_taken_back),
		cmocka_unit_test(without_a_file_the_highest_version_runs_and_none_is_made),
	};

	return cmocka_run_group_tests(tests, make_repository, remove_repository);
}
