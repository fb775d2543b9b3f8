#include "core/test.h"

#include <errno.h>
#include <string.h>

#include "core/config/test_configs.h"
#include "core/device.h"
#include "core/thread.h"

static void without_any_named_the_whole_machine_is_one(void **state)
{
	struct gw_config *config = test_config("cameras: []\n");
	struct gw_device devices[GW_DEVICES];
	struct gw_error error;

	assert_int_equal(gw_devices_check(config->accel, &error), 0);
	assert_int_equal(gw_devices_make(devices, config->accel), 1);
	assert_string_equal(devices[0].name, "host");
	assert_int_equal(devices[0].memory, GW_MEM_HOST);
	assert_false(devices[0].pinned);
	gw_config_free(config);
}

static void named_ones_have_their_processors_and_threads(void **state)
{
	struct gw_config *config =
		test_config("cameras: []\naccel:\n  devices:\n    - {name: a, cores: [0, 5]}\n"
			    "    - {name: b, cores: [1], threads: 4}\n    - {name: c}\n");
	struct gw_device devices[GW_DEVICES];

	assert_int_equal(gw_devices_make(devices, config->accel), 3);
	assert_string_equal(devices[0].name, "a");
	assert_true(devices[0].pinned);
	assert_int_equal(CPU_COUNT(&devices[0].cores), 2);
	assert_true(CPU_ISSET(5, &devices[0].cores));
	assert_int_equal(devices[0].threads, 2);
	assert_int_equal(devices[1].threads, 4);
	assert_int_equal(devices[1].index, 1);
	/* What accel.threads says. */
	assert_int_equal(devices[2].threads, 1);
	assert_false(devices[2].pinned);
	gw_config_free(config);
}

static void a_processor_that_is_not_there_is_refused(void **state)
{
	struct gw_config *config =
		test_config("cameras: []\naccel: {devices: [{name: a, cores: [1023]}]}\n");
	struct gw_error error;

	assert_int_equal(gw_devices_check(config->accel, &error), -EINVAL);
	assert_non_null(strstr(
		error.text, "accel.devices: device a cannot have processor 1023: there are "));
	gw_config_free(config);
}

static void homes_are_spread_over_the_devices(void **state)
{
	uint32_t pictures[3] = {0};

	for (uint32_t camera = 0; camera < 30; camera++)
		pictures[gw_device_home(camera, 3)]++;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pictures[i], 10);
	assert_int_equal(gw_device_home(4095, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_any_named_the_whole_machine_is_one),
		cmocka_unit_test(named_ones_have_their_processors_and_threads),
		cmocka_unit_test(a_processor_that_is_not_there_is_refused),
		cmocka_unit_test(homes_are_spread_over_the_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
