/* What follows from a configuration: lanes, slots, memory. */
#include "core/config/test_configs.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CAMERA(name, port) \
	"  - {name: " name ", source: 10.0.0.1, destination: 10.0.0.2, port: " port "}\n"

static void refused(const char *text, const char *line)
{
	struct gw_config *config;
	struct gw_error error;

	assert_int_not_equal(gw_config_parse(text, strlen(text), &config, &error), 0);
	assert_null(config);
	assert_string_equal(error.text, line);
}

static void every_class_has_slots_for_all_cameras_at_their_worst(void **state)
{
	struct gw_config *config =
		test_config("cameras:\n" CAMERA("a", "1") CAMERA("b", "2, quota: 64"));
	struct gw_size_class_config classes[GW_FRAME_CLASSES];

	assert_int_equal(gw_config_classes(config, classes), 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_true(classes[i].count >= (8 + 4 + 2) + (64 + 32 + 2));
	gw_config_free(config);
}

static void many_full_quotas_are_no_mistake(void **state)
{
	struct gw_size_class_config classes[GW_FRAME_CLASSES];
	struct gw_config *config;
	size_t size;
	char *text;
	FILE *stream = open_memstream(&text, &size);

	fputs("cameras:\n", stream);
	for (int i = 1; i <= 800; i++)
		fprintf(stream,
			"  - {name: c%d, source: 10.0.0.1, destination: 10.0.0.2, port: %d, "
			"quota: 64}\n",
			i, i);
	fclose(stream);
	config = test_config(text);
	assert_int_equal(gw_config_classes(config, classes), 3);
	assert_int_equal(classes[0].count, 65536);
	gw_config_free(config);
	free(text);
}

static void a_size_beyond_the_largest_class_gets_one_of_its_own(void **state)
{
	struct gw_size_class_config classes[GW_FRAME_CLASSES];
	struct gw_config *config = test_config("cameras:\n" CAMERA("portrait",
		"1, width: 1440, height: 2560") CAMERA("square", "2, width: 3000, height: 3000")
			CAMERA("large", "3, width: 4000, height: 3000")
				CAMERA("larger", "4, width: 8192, height: 8192"));

	assert_int_equal(gw_config_classes(config, classes), 5);
	assert_int_equal(classes[3].width, 4000);
	assert_int_equal(classes[3].height, 3000);
	assert_int_equal(classes[4].width, 8192);
	gw_config_free(config);
}

static void the_memory_for_frames_is_given_or_half_of_the_machine(void **state)
{
	struct gw_config *given = test_config("cameras: []\nframes: {memory: 100}\n");
	struct gw_config *free_to_choose = test_config("cameras: []\n");
	const uint64_t all = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);

	assert_int_equal(gw_config_frame_memory(given), 100 << 20);
	assert_int_equal(gw_config_frame_memory(free_to_choose), all / 2);
	gw_config_free(given);
	gw_config_free(free_to_choose);
}

static void the_lanes_of_a_stage_are_a_number_or_processors(void **state)
{
	struct gw_config *config =
		test_config("cameras: []\ncores: {rx: [2, 5], source: [1], decode: 4}\n");
	const struct gw_lanes_config *rx = gw_config_lanes(config, "rx");
	const struct gw_lanes_config *decode = gw_config_lanes(config, "decode");

	assert_int_equal(gw_lanes_count(rx), 2);
	assert_int_equal(gw_lanes_processor(rx, 0), 2);
	assert_int_equal(gw_lanes_processor(rx, 1), 5);
	assert_int_equal(gw_lanes_processor(gw_config_lanes(config, "source"), 0), 1);
	assert_int_equal(gw_lanes_count(decode), 4);
	assert_int_equal(gw_lanes_processor(decode, 3), -1);
	assert_int_equal(gw_lanes_count(gw_config_lanes(config, "sink")), 1);
	assert_null(gw_config_lanes(config, "nosuch"));
	assert_int_equal(gw_lanes_count(NULL), 1);
	assert_int_equal(gw_lanes_processor(NULL, 0), -1);
	gw_config_free(config);
}

static void impossible_lanes_are_refused(void **state)
{
	refused("cameras: []\ncores: {rx: 0}\n",
		"configuration:2:13: 'cores.rx' must be a number from 1 to 16, or a list ('- ...' "
		"or [...]), "
		"not '0'");
	refused("cameras: []\ncores: {rx: 17}\n",
		"configuration:2:13: cores.rx: must be at most 16 threads");
	refused("cameras: []\ncores: {rx: [1, -1]}\n",
		"configuration:2:17: cores.rx[1]: -1 is not a processor: they have numbers from 0 "
		"to 1023");
	refused("cameras: []\ncores: {sink: [4096]}\n",
		"configuration:2:16: cores.sink[0]: 4096 is not a processor: they have numbers "
		"from 0 to 1023");
	refused("cameras: []\ncores: {source: [7, 8]}\n",
		"configuration:2:17: cores.source: the source has one thread: name one processor, "
		"'[7]'");
	refused("cameras: []\ncores: {source: 2}\n",
		"configuration:2:17: cores.source: the source has one thread: name one processor, "
		"'[0]'");
	refused("cameras: []\ncores: {source: many}\n",
		"configuration:2:17: 'cores.source' must be 1, or a list of one ('- ...' or "
		"[...]), not 'many'");
	refused("cameras: []\ncores: {source: 0}\n",
		"configuration:2:17: 'cores.source' must be 1, or a list of one ('- ...' or "
		"[...]), not '0'");
	refused("cameras: []\ncores: {rx: []}\n",
		"configuration:2:13: 'cores.rx' holds 0 entries: at least 1");
	refused("cameras: []\ncores: {rx: [0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}\n",
		"configuration:2:13: 'cores.rx' holds 17 entries: at most 16");
	refused("cameras: []\ncores: {rx: [a]}\n",
		"configuration:2:14: 'cores.rx[0]' must be a whole number, not 'a'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_class_has_slots_for_all_cameras_at_their_worst),
		cmocka_unit_test(many_full_quotas_are_no_mistake),
		cmocka_unit_test(a_size_beyond_the_largest_class_gets_one_of_its_own),
		cmocka_unit_test(the_memory_for_frames_is_given_or_half_of_the_machine),
		cmocka_unit_test(the_lanes_of_a_stage_are_a_number_or_processors),
		cmocka_unit_test(impossible_lanes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
