/* What the experiment is to show, by counts: how long something takes, others on this machine
 * decide. */
#include "core/test.h"

#include <string.h>
#include <time.h>

#include "accel/experiment.h"
#include "core/clock.h"

#define ITEM_NS (4 * GW_NS_PER_MS)
#define DEVICES 5

static struct gw_error error;
static _Atomic uint32_t opened, done[EXPERIMENT_ITEMS];
static bool broken;

static void *open_worker(void *owner, struct gw_device *device, struct gw_error *why)
{
	opened++;
	return owner;
}

static bool run_item(void *worker, uint32_t item)
{
	nanosleep(&(struct timespec){.tv_nsec = ITEM_NS}, NULL);
	done[item]++;
	return !broken || item != 7;
}

static void close_worker(void *worker)
{
	opened--;
}

static const struct experiment_work work = {open_worker, run_item, close_worker};

static void run(
	uint32_t devices, uint32_t partitions, uint32_t wait_ms, struct experiment_outcome *outcome)
{
	const struct experiment experiment = {.work = &work,
		.owner = &broken,
		.devices = devices,
		.partitions = partitions,
		.wait_ms = wait_ms};

	memset((void *)done, 0, sizeof(done));
	if (experiment_run(&experiment, outcome, &error) != 0)
		fail_msg("%s", error.text);
	for (uint32_t i = 0; i < EXPERIMENT_ITEMS; i++)
		assert_int_equal(done[i], 1);
	assert_int_equal(opened, 0);
}

static double most(const struct experiment_outcome *outcome)
{
	double items = 0;

	for (uint32_t i = 0; i < GW_DEVICES; i++)
		if (outcome->items[i] > items)
			items = outcome->items[i];
	return items;
}

static void without_a_wait_as_many_partitions_as_devices_are_one_for_each(void **state)
{
	struct experiment_outcome outcome;

	for (uint32_t devices = 1; devices <= DEVICES; devices++) {
		run(devices, devices, 0, &outcome);
		for (uint32_t i = 0; i < devices; i++)
			assert_true(outcome.items[i] > 0);
		assert_true(outcome.jain > 0.99);
	}
}

static void without_a_wait_all_devices_have_about_the_same(void **state)
{
	static const uint32_t partitions[] = {10, 20, 40};
	struct experiment_outcome outcome;

	for (size_t i = 0; i < sizeof(partitions) / sizeof(partitions[0]); i++) {
		run(DEVICES, partitions[i], 0, &outcome);
		assert_true(outcome.jain > 0.8);
	}
}

/* What the busiest one does is what the run time goes by. */
static void without_a_wait_more_devices_have_less_to_do_each(void **state)
{
	struct experiment_outcome outcome;

	for (uint32_t devices = 1; devices <= DEVICES; devices++) {
		run(devices, EXPERIMENT_ITEMS, 0, &outcome);
		assert_true(most(&outcome) <= 2.0 * EXPERIMENT_ITEMS / devices);
	}
}

/* The control: a wait that outlasts the work keeps all of it on the device that it belongs to. */
static void with_a_long_wait_one_device_does_everything(void **state)
{
	struct experiment_outcome outcome;

	run(DEVICES, 8, 60000, &outcome);
	assert_true(outcome.items[0] == EXPERIMENT_ITEMS);
	assert_true(outcome.jain < 0.21);
}

static void parts_say_when_and_where_they_ran(void **state)
{
	struct experiment_outcome outcome;
	uint32_t items = 0;

	run(2, 3, 0, &outcome);
	assert_int_equal(outcome.parts, 3);
	for (uint32_t i = 0; i < outcome.parts; i++) {
		const struct experiment_part *part = &outcome.part[i];

		items += part->items;
		assert_true(part->device < 2);
		assert_true(part->begin_ns >= 0);
		assert_true(part->end_ns - part->begin_ns >= part->items * ITEM_NS);
		assert_true(outcome.seconds * 1e9 + 1 >= (double)part->end_ns);
	}
	assert_int_equal(items, EXPERIMENT_ITEMS);
}

static void an_item_that_fails_ends_the_experiment_with_a_line(void **state)
{
	const struct experiment experiment = {
		.work = &work, .owner = &broken, .devices = 1, .partitions = 4};
	struct experiment_outcome outcome;

	broken = true;
	assert_int_not_equal(experiment_run(&experiment, &outcome, &error), 0);
	broken = false;
	assert_non_null(strstr(error.text, "1 of 4 partitions failed"));
	assert_int_equal(opened, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_wait_as_many_partitions_as_devices_are_one_for_each),
		cmocka_unit_test(without_a_wait_all_devices_have_about_the_same),
		cmocka_unit_test(without_a_wait_more_devices_have_less_to_do_each),
		cmocka_unit_test(with_a_long_wait_one_device_does_everything),
		cmocka_unit_test(parts_say_when_and_where_they_ran),
		cmocka_unit_test(an_item_that_fails_ends_the_experiment_with_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
