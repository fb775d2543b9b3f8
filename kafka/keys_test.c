#include "core/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "core/clock.h"
#include "kafka/test_keys.h"

static void a_name_that_comes_gets_what_the_template_says(void **state)
{
	struct gw gw;

	test_keys_open(&gw, TEST_KEYS_TWO(""));
	assert_null(test_keys_find("gate"));
	test_keys_make("gate", 1);
	assert_non_null(test_keys_find("gate"));
	assert_string_equal(test_keys_find("gate")->config->model, "digits");
	assert_string_equal(test_keys_find("gate")->config->source, "pictures");
	assert_int_equal(test_keys_find("gate")->config->quota, 5);
	assert_false(gw_camera_has_media(test_keys_find("gate")->config));
	assert_null(test_keys_find("gat"));
	assert_null(test_keys_find("gate2"));
	test_keys_close(&gw);
}

static void no_camera_is_made_before_the_gateway_runs_or_when_it_ends(void **state)
{
	struct gw gw;

	test_keys_open(&gw, TEST_KEYS_TWO(""));
	atomic_store(&gw.ready, false);
	test_keys_want_for_a_while("gate");
	assert_int_equal(test_keys.published, 0);
	atomic_store(&gw.ready, true);
	test_keys_make("gate", 1);
	test_keys_close(&gw);
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

	test_keys_open(&gw, TEST_KEYS_TWO(""));
	add(&gw, name);
	const struct gw_camera *camera = test_keys_find("gate");

	assert_true(test_keys_want("gate"));
	test_keys_make("other", 2);
	assert_ptr_equal(test_keys_find("gate"), camera);
	assert_true(gw_camera_has_media(camera->config));
	test_keys_close(&gw);
}

static void there_are_no_more_than_may_be_until_one_is_removed(void **state)
{
	struct gw_error error;
	struct gw gw;

	test_keys_open(&gw, TEST_KEYS_TWO(""));
	test_keys_make("a", 1);
	test_keys_make("b", 2);
	assert_false(test_keys_want("c"));
	assert_int_equal(gw_camera_remove(&gw, "a", &error), 0);
	assert_null(test_keys_find("a"));
	test_keys_make("c", 4);
	assert_non_null(test_keys_find("b"));
	assert_non_null(test_keys_find("c"));
	assert_false(test_keys_want("a"));
	test_keys_close(&gw);
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

	while (test_keys_want(name) && tries++ < 1000)
		nanosleep(&pause, NULL);
	assert_false(test_keys_want(name));
}

static void a_gateway_that_is_full_is_asked_again_when_a_place_came_free(void **state)
{
	struct gw_camera_stats *sink;
	struct gw_error error;
	struct gw gw;

	test_keys_open(&gw, TEST_KEYS_MANY);
	fill_gateway(&gw);
	wait_until_full("x");
	test_keys_expect_trouble(GW_FAILED, "there can be no more");
	assert_int_equal(gw_camera_remove(&gw, "c7", &error), 0);
	test_keys_make("x", GW_CAMERAS + 2);
	assert_non_null(test_keys_find("x"));
	/* One that is leaving lets the record wait for its place. */
	sink = &gw.stages[GW_STAGE_SINK].lanes[0].stats->camera[test_keys_find("c8")->id];
	gw_counter_set(&sink->samples_held, 1);
	assert_int_equal(gw_camera_remove(&gw, "c8", &error), 0);
	test_keys_want_for_a_while("y");
	assert_null(test_keys_find("y"));
	gw_counter_set(&sink->samples_held, 0);
	test_keys_make("y", GW_CAMERAS + 4);
	assert_non_null(test_keys_find("y"));
	test_keys_close(&gw);
}

/* It has refused one, and a place comes free before the lane hears of it. */
static void a_place_that_came_free_before_the_answer_is_not_forgotten(void **state)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};
	struct gw_error error;
	struct gw gw;

	test_keys_open(&gw, TEST_KEYS_MANY);
	fill_gateway(&gw);
	assert_true(test_keys_want("x"));
	memset(&test_keys.health, 0, sizeof(test_keys.health));
	for (int i = 0; i < 5000 && test_keys.health.count == 0; i++) {
		keys_health(test_keys.keys, &test_keys.health);
		nanosleep(&pause, NULL);
	}
	/* What is told is told before it is answered. */
	nanosleep(&(struct timespec){.tv_nsec = 50 * GW_NS_PER_MS}, NULL);
	assert_int_equal(gw_camera_remove(&gw, "c7", &error), 0);
	test_keys_make("x", GW_CAMERAS + 2);
	assert_non_null(test_keys_find("x"));
	test_keys_close(&gw);
}

#define CROWD 2000

/* So many that some stand beside their place, and some beside another's. */
static void a_name_that_goes_takes_no_other_with_it(void **state)
{
	static struct gw_camera_config config[CROWD];
	static struct gw_camera camera[CROWD];
	static char name[CROWD][8];
	struct gw gw;

	test_keys_open(&gw, TEST_KEYS_MANY);
	for (int i = 0; i < CROWD; i++) {
		snprintf(name[i], sizeof(name[i]), "n%d", i);
		config[i] = (struct gw_camera_config){.name = name[i], .port = 1};
		camera[i] = (struct gw_camera){.config = &config[i]};
		keys_publish(test_keys.keys, &camera[i], NULL);
	}
	for (int i = 0; i < CROWD; i += 2)
		keys_publish(test_keys.keys, NULL, &camera[i]);
	for (int i = 0; i < CROWD; i++)
		assert_ptr_equal(test_keys_find(name[i]), i % 2 ? &camera[i] : NULL);
	test_keys_close(&gw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_that_comes_gets_what_the_template_says),
		cmocka_unit_test(no_camera_is_made_before_the_gateway_runs_or_when_it_ends),
		cmocka_unit_test(a_camera_that_was_added_since_the_wish_stays_as_it_is),
		cmocka_unit_test(there_are_no_more_than_may_be_until_one_is_removed),
		cmocka_unit_test(a_gateway_that_is_full_is_asked_again_when_a_place_came_free),
		cmocka_unit_test(a_place_that_came_free_before_the_answer_is_not_forgotten),
		cmocka_unit_test(a_name_that_goes_takes_no_other_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
