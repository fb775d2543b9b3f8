/* Cameras that are made as their names come. The gateway has no lanes that run: what is published
 * is so by the thread that makes the camera. */
#include "core/test.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "core/clock.h"
#include "core/control.h"
#include "core/test_gateway.h"
#include "kafka/keys.h"

#define SOURCE(template) \
	"cameras: []\n" \
	"frames: {classes: [{width: 64, height: 48, count: 8}]}\n" \
	"kafka:\n" \
	"  brokers: 127.0.0.1:9\n" \
	"  source: {topic: pictures, most: 2, template: {model: digits, quota: 5" template "}}\n"

static struct keys *keys; /* of the gateway that is there */
static _Atomic uint32_t published, refusals; /* by toy_prepare() */
static struct gw_health health;
static sem_t begun, go_on; /* the change of somebody else */

#define MANY \
	"cameras: []\n" \
	"frames: {classes: [{width: 64, height: 48, count: 8}]}\n" \
	"kafka: {brokers: 127.0.0.1:9, source: {topic: pictures, most: 500, " \
	"template: {model: digits}}}\n"

static int toy_open(struct gw_stage *stage, struct gw_error *error)
{
	return 0;
}

static void toy_close(struct gw_stage *stage)
{
}

static void toy_publish(
	struct gw_lane *lane, const struct gw_camera *is, const struct gw_camera *was)
{
	keys_publish(keys, is, was);
	published++;
}

/* A name says how it cannot be made, or that it takes long. */
static int toy_prepare(struct gw_stage *stage, struct gw_camera *is, const struct gw_camera *was,
	struct gw_error *error)
{
	static const struct {
		const char *name;
		int status;
	} bad[] = {{"file", -ENOTDIR}, {"memory", -ENOMEM}, {"disk", -ENOSPC}};

	if (strcmp(is->config->name, "slow") == 0) {
		sem_post(&begun);
		sem_wait(&go_on);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (strcmp(is->config->name, bad[i].name) != 0)
			continue;
		refusals++;
		return gw_error_set(error, bad[i].status, "%s", strerror(-bad[i].status));
	}
	return 0;
}

static const struct gw_stage_ops toy_source = {.name = "source",
	.open = toy_open,
	.close = toy_close,
	.camera_prepare = toy_prepare,
	.camera_publish = toy_publish};

static void open_gateway(struct gw *gw, const char *yaml)
{
	struct gw_error error;

	published = refusals = 0;
	if (test_gateway_open(gw, yaml, NULL, GW_STAGE_SOURCE, &toy_source, &error) != 0)
		fail_msg("%s", error.text);
	keys = keys_open(gw, &error);
	assert_non_null(keys);
	atomic_store(&gw->ready, true);
}

static void close_gateway(struct gw *gw)
{
	keys_close(keys);
	test_gateway_close(gw);
}

static bool want(const char *name)
{
	return keys_want(keys, name, strlen(name), gw_now());
}

static const struct gw_camera *find(const char *name)
{
	return keys_find(keys, name, strlen(name));
}

/* Wants it until so many changes were published. */
static void make(const char *name, uint32_t changes)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};

	for (int i = 0; i < 5000 && published < changes; i++) {
		assert_true(want(name));
		nanosleep(&pause, NULL);
	}
	assert_int_equal(published, changes);
}

static void a_name_that_comes_gets_what_the_template_says(void **state)
{
	struct gw gw;

	open_gateway(&gw, SOURCE(""));
	assert_null(find("gate"));
	make("gate", 1);
	assert_non_null(find("gate"));
	assert_string_equal(find("gate")->config->model, "digits");
	assert_string_equal(find("gate")->config->source, "pictures");
	assert_int_equal(find("gate")->config->quota, 5);
	assert_false(gw_camera_has_media(find("gate")->config));
	assert_null(find("gat"));
	assert_null(find("gate2"));
	close_gateway(&gw);
}

/* Wants it again and again, until half a second is over. */
static void want_for_a_while(const char *name)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};
	const int64_t end = gw_now() + GW_NS_PER_S / 2;

	while (gw_now() < end) {
		assert_true(want(name));
		nanosleep(&pause, NULL);
	}
}

static void no_camera_is_made_before_the_gateway_runs_or_when_it_ends(void **state)
{
	struct gw gw;

	open_gateway(&gw, SOURCE(""));
	atomic_store(&gw.ready, false);
	want_for_a_while("gate");
	assert_int_equal(published, 0);
	atomic_store(&gw.ready, true);
	make("gate", 1);
	close_gateway(&gw);
}

/* A camera that sends packets, as somebody adds it between a wish and its turn. */
static void add(struct gw *gw, char *name)
{
	char address[] = "10.0.0.1";
	const struct gw_camera_config camera = {.name = name,
		.source = address,
		.destination = address,
		.port = 5000,
		.quota = 4,
		.source_address = {AF_INET, {10, 0, 0, 1}},
		.destination_address = {AF_INET, {10, 0, 0, 1}}};
	struct gw_error error;

	if (gw_camera_put(gw, &camera, &error) != 0)
		fail_msg("%s", error.text);
}

static void a_camera_that_was_added_since_the_wish_stays_as_it_is(void **state)
{
	char name[] = "gate";
	struct gw gw;

	open_gateway(&gw, SOURCE(""));
	add(&gw, name);
	const struct gw_camera *camera = find("gate");

	assert_true(want("gate"));
	make("other", 2);
	assert_ptr_equal(find("gate"), camera);
	assert_true(gw_camera_has_media(camera->config));
	close_gateway(&gw);
}

static void there_are_no_more_than_may_be_until_one_is_removed(void **state)
{
	struct gw_error error;
	struct gw gw;

	open_gateway(&gw, SOURCE(""));
	make("a", 1);
	make("b", 2);
	assert_false(want("c"));
	assert_int_equal(gw_camera_remove(&gw, "a", &error), 0);
	assert_null(find("a"));
	make("c", 4);
	assert_non_null(find("b"));
	assert_non_null(find("c"));
	assert_false(want("a"));
	close_gateway(&gw);
}

/* Wants it until the trouble is told, or over. */
static void wait_for_trouble(const char *name, uint32_t count)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};

	for (int i = 0; i < 5000; i++) {
		if (name)
			assert_true(want(name));
		memset(&health, 0, sizeof(health));
		keys_health(keys, &health);
		if (health.count == count)
			break;
		nanosleep(&pause, NULL);
	}
	assert_int_equal(health.count, count);
}

static void what_cannot_be_made_is_told_and_not_given_up(void **state)
{
	struct gw gw;

	open_gateway(&gw, SOURCE(", width: 640, height: 480"));
	wait_for_trouble(NULL, 0);
	wait_for_trouble("a", 1);
	assert_string_equal(health.trouble[0].id, "source.pictures.camera");
	assert_int_equal(health.trouble[0].severity, GW_DEGRADED);
	assert_non_null(strstr(health.trouble[0].text, "larger than every frame slot"));
	assert_true(want("a"));
	assert_null(find("a"));
	close_gateway(&gw);
}

static void a_name_that_is_leaving_is_told_and_holds_up_no_other(void **state)
{
	struct gw_camera_stats *sink;
	struct gw_error error;
	struct gw gw;

	open_gateway(&gw, SOURCE(""));
	make("a", 1);
	sink = &gw.stages[GW_STAGE_SINK].lanes[0].stats->camera[find("a")->id];
	gw_counter_set(&sink->samples_held, 1);
	assert_int_equal(gw_camera_remove(&gw, "a", &error), 0);
	wait_for_trouble("a", 1);
	assert_string_equal(health.trouble[0].id, "source.pictures.camera");
	assert_int_equal(health.trouble[0].severity, GW_DEGRADED);
	assert_non_null(strstr(health.trouble[0].text, "camera a is being removed"));
	const int64_t start = gw_now();

	make("b", 3);
	assert_true(gw_now() - start < GW_NS_PER_S / 2);
	assert_non_null(find("b"));
	wait_for_trouble("a", 1);
	assert_null(find("a"));
	gw_counter_set(&sink->samples_held, 0);
	make("a", 4);
	assert_non_null(find("a"));
	wait_for_trouble(NULL, 0);
	close_gateway(&gw);
}

static void expect_trouble(enum gw_severity severity, const char *words)
{
	memset(&health, 0, sizeof(health));
	keys_health(keys, &health);
	assert_int_equal(health.count, 1);
	assert_int_equal(health.trouble[0].severity, severity);
	assert_non_null(strstr(health.trouble[0].text, words));
}

static void a_name_that_cannot_be_made_holds_up_no_other(void **state)
{
	struct gw gw;

	open_gateway(&gw, MANY);
	wait_for_trouble("file", 1);
	const int64_t start = gw_now();

	for (uint32_t i = 0; i < 20; i++) {
		char name[16];

		snprintf(name, sizeof(name), "good%u", i);
		want("file");
		make(name, i + 1);
		/* That others can be made does not make this one better. */
		expect_trouble(GW_DEGRADED, "Not a directory");
	}
	assert_true(gw_now() - start < GW_NS_PER_S / 2);
	/* It is not tried over and over. */
	want_for_a_while("file");
	assert_in_range(refusals, 1, 2);
	close_gateway(&gw);
}

static void what_is_in_the_way_of_all_is_tried_once_a_second(void **state)
{
	struct gw gw;

	open_gateway(&gw, MANY);
	wait_for_trouble("memory", 1);
	expect_trouble(GW_FAILED, "Cannot allocate memory");
	want_for_a_while("memory");
	want_for_a_while("other");
	assert_int_equal(refusals, 1);
	make("other", 1);
	wait_for_trouble(NULL, 0);
	close_gateway(&gw);
}

static void a_trouble_that_nobody_meets_any_more_is_over(void **state)
{
	static const struct timespec pause = {.tv_sec = 5, .tv_nsec = 200 * GW_NS_PER_MS};
	struct gw gw;

	open_gateway(&gw, MANY);
	wait_for_trouble("file", 1);
	wait_for_trouble("memory", 1);
	for (int i = 0; i < 1000 && health.trouble[0].severity != GW_FAILED; i++)
		wait_for_trouble("memory", 1);
	expect_trouble(GW_FAILED, "Cannot allocate memory");
	nanosleep(&pause, NULL);
	wait_for_trouble(NULL, 0);
	close_gateway(&gw);
}

/* A full disk is not a gateway that is full: what waits is refused only for that. */
static void a_disk_that_is_full_makes_records_wait(void **state)
{
	struct gw gw;

	open_gateway(&gw, MANY);
	wait_for_trouble("disk", 1);
	expect_trouble(GW_DEGRADED, "No space left");
	want_for_a_while("disk");
	close_gateway(&gw);
}

static void fill_gateway(struct gw *gw)
{
	char name[16], address[] = "10.0.0.1";
	struct gw_camera_config camera = {.name = name,
		.source = address,
		.destination = address,
		.quota = 4,
		.source_address = {AF_INET, {10, 0, 0, 1}},
		.destination_address = {AF_INET, {10, 0, 0, 1}}};
	struct gw_error error;

	for (uint16_t i = 0; i < GW_CAMERAS; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		camera.port = (uint16_t)(i + 1);
		assert_int_equal(gw_camera_put(gw, &camera, &error), 0);
	}
}

/* Until the gateway says that it is full. */
static void wait_until_full(const char *name)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};
	int tries = 0;

	while (want(name) && tries++ < 1000)
		nanosleep(&pause, NULL);
	assert_false(want(name));
}

static void a_gateway_that_is_full_is_asked_again_when_a_place_came_free(void **state)
{
	struct gw_camera_stats *sink;
	struct gw_error error;
	struct gw gw;

	open_gateway(&gw, MANY);
	fill_gateway(&gw);
	wait_until_full("x");
	expect_trouble(GW_FAILED, "there can be no more");
	assert_int_equal(gw_camera_remove(&gw, "c7", &error), 0);
	make("x", GW_CAMERAS + 2);
	assert_non_null(find("x"));
	/* One that is leaving lets the record wait for its place. */
	sink = &gw.stages[GW_STAGE_SINK].lanes[0].stats->camera[find("c8")->id];
	gw_counter_set(&sink->samples_held, 1);
	assert_int_equal(gw_camera_remove(&gw, "c8", &error), 0);
	want_for_a_while("y");
	assert_null(find("y"));
	gw_counter_set(&sink->samples_held, 0);
	make("y", GW_CAMERAS + 4);
	assert_non_null(find("y"));
	close_gateway(&gw);
}

/* It has refused one, and a place comes free before the lane hears of it. */
static void a_place_that_came_free_before_the_answer_is_not_forgotten(void **state)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};
	struct gw_error error;
	struct gw gw;

	open_gateway(&gw, MANY);
	fill_gateway(&gw);
	assert_true(want("x"));
	memset(&health, 0, sizeof(health));
	for (int i = 0; i < 5000 && health.count == 0; i++) {
		keys_health(keys, &health);
		nanosleep(&pause, NULL);
	}
	/* What is told is told before it is answered. */
	nanosleep(&(struct timespec){.tv_nsec = 50 * GW_NS_PER_MS}, NULL);
	assert_int_equal(gw_camera_remove(&gw, "c7", &error), 0);
	make("x", GW_CAMERAS + 2);
	assert_non_null(find("x"));
	close_gateway(&gw);
}

#define CROWD 2000

/* So many that some stand beside their place, and some beside another's. */
static void a_name_that_goes_takes_no_other_with_it(void **state)
{
	static struct gw_camera_config config[CROWD];
	static struct gw_camera camera[CROWD];
	static char name[CROWD][8];
	struct gw gw;

	open_gateway(&gw, MANY);
	for (int i = 0; i < CROWD; i++) {
		snprintf(name[i], sizeof(name[i]), "n%d", i);
		config[i] = (struct gw_camera_config){.name = name[i], .port = 1};
		camera[i] = (struct gw_camera){.config = &config[i]};
		keys_publish(keys, &camera[i], NULL);
	}
	for (int i = 0; i < CROWD; i += 2)
		keys_publish(keys, NULL, &camera[i]);
	for (int i = 0; i < CROWD; i++)
		assert_ptr_equal(find(name[i]), i % 2 ? &camera[i] : NULL);
	close_gateway(&gw);
}

static int change_for_long(struct gw *gw, void *arg, struct gw_error *error)
{
	sem_post(&begun);
	sem_wait(&go_on);
	return 0;
}

static void *other_writer(void *gw)
{
	struct gw_error error;

	gw_control_call(gw, "removing camera yard", change_for_long, NULL, &error);
	return NULL;
}

static void no_upkeep(struct gw *gw, int64_t now)
{
}

static void another_change_is_waited_for_and_told_when_it_takes_long(void **state)
{
	struct gw_error error;
	pthread_t writer;
	struct gw gw;

	open_gateway(&gw, SOURCE(""));
	sem_init(&begun, 0, 0);
	sem_init(&go_on, 0, 0);
	assert_int_equal(gw_control_start(&gw, no_upkeep, &error), 0);
	assert_int_equal(pthread_create(&writer, NULL, other_writer, &gw), 0);
	sem_wait(&begun);
	const int64_t start = gw_now();

	wait_for_trouble("a", 1);
	assert_true(gw_now() - start >= GW_NS_PER_S);
	assert_int_equal(health.trouble[0].severity, GW_FAILED);
	assert_non_null(strstr(health.trouble[0].text, "removing camera yard"));
	sem_post(&go_on);
	pthread_join(writer, NULL);
	make("a", 1);
	wait_for_trouble(NULL, 0);
	assert_true(gw_control_stop(&gw, gw_now() + GW_NS_PER_S));
	close_gateway(&gw);
}

/* A change may wait for the lane that is about to end: that must not wait for the change. */
static void the_lane_may_end_while_a_camera_is_made(void **state)
{
	struct gw_error error;
	struct gw gw;

	open_gateway(&gw, MANY);
	sem_init(&begun, 0, 0);
	sem_init(&go_on, 0, 0);
	assert_int_equal(gw_control_start(&gw, no_upkeep, &error), 0);
	assert_true(want("slow"));
	sem_wait(&begun);
	keys_stop(keys);
	sem_post(&go_on);
	assert_true(gw_control_stop(&gw, gw_now() + GW_NS_PER_S));
	assert_non_null(find("slow"));
	close_gateway(&gw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_that_comes_gets_what_the_template_says),
		cmocka_unit_test(no_camera_is_made_before_the_gateway_runs_or_when_it_ends),
		cmocka_unit_test(a_camera_that_was_added_since_the_wish_stays_as_it_is),
		cmocka_unit_test(there_are_no_more_than_may_be_until_one_is_removed),
		cmocka_unit_test(what_cannot_be_made_is_told_and_not_given_up),
		cmocka_unit_test(a_name_that_is_leaving_is_told_and_holds_up_no_other),
		cmocka_unit_test(a_name_that_cannot_be_made_holds_up_no_other),
		cmocka_unit_test(what_is_in_the_way_of_all_is_tried_once_a_second),
		cmocka_unit_test(a_trouble_that_nobody_meets_any_more_is_over),
		cmocka_unit_test(a_disk_that_is_full_makes_records_wait),
		cmocka_unit_test(a_gateway_that_is_full_is_asked_again_when_a_place_came_free),
		cmocka_unit_test(a_place_that_came_free_before_the_answer_is_not_forgotten),
		cmocka_unit_test(a_name_that_goes_takes_no_other_with_it),
		cmocka_unit_test(the_lane_may_end_while_a_camera_is_made),
		cmocka_unit_test(another_change_is_waited_for_and_told_when_it_takes_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
