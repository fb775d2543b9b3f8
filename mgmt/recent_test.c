/* The latency of the last minute, by a clock of the test's own. */
#include "core/test.h"

#include <stdlib.h>

#include "core/clock.h"
#include "mgmt/handmade.h"
#include "mgmt/recent.h"

static void note_for(struct recent *recent, int64_t *now, int seconds)
{
	for (int i = 0; i < seconds; i++)
		recent_note(recent, *now += GW_NS_PER_S);
}

static void what_is_older_than_a_minute_is_forgotten(void **state)
{
	struct gw_histogram *read = calloc(1, sizeof(*read));
	struct handmade made;
	int64_t now = GW_NS_PER_S;

	handmade_open(&made);
	struct recent *recent = recent_create(&made.gw);
	struct gw_histogram *total = &made.gw.latency[0]->segment[GW_SEGMENT_TOTAL];

	recent_note(recent, now);
	gw_histogram_record(total, 1000);
	recent_read(recent, GW_SEGMENT_TOTAL, read);
	assert_int_equal(gw_counter_get(&read->count), 1);
	assert_in_range(gw_counter_get(&read->max_us), 1000, 1040);
	note_for(recent, &now, 30);
	gw_histogram_record(total, 20000);
	gw_histogram_record(total, 20000);
	recent_read(recent, GW_SEGMENT_TOTAL, read);
	assert_int_equal(gw_counter_get(&read->count), 3);
	/* The first one is more than a minute old, the others are not. */
	note_for(recent, &now, 40);
	recent_read(recent, GW_SEGMENT_TOTAL, read);
	assert_int_equal(gw_counter_get(&read->count), 2);
	assert_in_range(gw_histogram_quantile(read, 0.01), 20000, 20700);
	note_for(recent, &now, 60);
	recent_read(recent, GW_SEGMENT_TOTAL, read);
	assert_int_equal(gw_counter_get(&read->count), 0);
	assert_int_equal(gw_counter_get(&read->max_us), 0);
	/* Of the others there was nothing. */
	recent_read(recent, GW_SEGMENT_COUNT, read);
	assert_int_equal(gw_counter_get(&read->count), 0);
	recent_destroy(recent);
	handmade_close(&made);
	free(read);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_older_than_a_minute_is_forgotten),
	};

	return cmocka_run_group_tests_name("recent", tests, NULL, NULL);
}
