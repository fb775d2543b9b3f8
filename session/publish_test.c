#include "core/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "core/camera.h"
#include "core/gateway.h"
#include "core/test_gateway.h"
#include "session/publish.h"

static struct gw gw;
static struct gw_error error;

static int toy_open(struct gw_stage *stage, struct gw_error *reason)
{
	return 0;
}

static void toy_close(struct gw_stage *stage)
{
}

static const struct gw_stage_ops toy = {.name = "accel", .open = toy_open, .close = toy_close};

static int set_up(void **state)
{
	const int status = test_gateway_open(&gw,
		"cameras:\n"
		"  - {name: door, url: 'rtsp://10.0.0.1:554/s', transport: tcp}\n"
		"  - {name: yard, url: 'rtsp://10.0.0.1:555/s', transport: tcp}\n"
		"frames: {classes: [{width: 640, height: 480, count: 8}]}\n",
		NULL, GW_STAGE_ACCEL, &toy, &error);

	if (status != 0)
		print_error("%s\n", error.text);
	return status;
}

static int tear_down(void **state)
{
	test_gateway_close(&gw);
	return 0;
}

static const struct gw_camera_config *now(const char *name)
{
	return gw_camera_now(&gw, gw_camera_find(&gw, name))->config;
}

static int learns(const char *name, uint16_t port)
{
	struct gw_learned learned = {.port = port, .payload_type = 26, .is_within = true};

	learned.source.family = learned.destination.family = AF_INET;
	inet_pton(AF_INET, "10.0.0.1", learned.source.bytes);
	inet_pton(AF_INET, "10.0.0.2", learned.destination.bytes);
	return session_publish(&gw, now(name), &learned, &error);
}

static void what_was_learned_is_taken_back(void **state)
{
	assert_int_equal(learns("door", 40000), 0);
	assert_int_equal(now("door")->port, 40000);
	assert_int_equal(session_take_back(&gw, now("door"), &error), 0);
	assert_false(gw_camera_has_media(now("door")));
	/* Nothing is left to be taken back. */
	const uint32_t version = gw_camera_now(&gw, gw_camera_find(&gw, "door"))->version;

	assert_int_equal(session_take_back(&gw, now("door"), &error), 0);
	assert_int_equal(gw_camera_now(&gw, gw_camera_find(&gw, "door"))->version, version);
	assert_int_equal(learns("door", 40002), 0);
	assert_int_equal(now("door")->port, 40002);
}

static void the_port_of_a_session_that_is_over_is_free(void **state)
{
	assert_int_equal(learns("door", 40000), 0);
	assert_int_equal(learns("yard", 40000), -EEXIST);
	assert_int_equal(session_take_back(&gw, now("door"), &error), 0);
	assert_int_equal(learns("yard", 40000), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_learned_is_taken_back),
		TEST(the_port_of_a_session_that_is_over_is_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
