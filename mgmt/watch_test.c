/* What is remembered of the gateway's troubles. */
#include "mgmt/watch.h"

#include "core/clock.h"
#include "core/test.h"
#include "mgmt/handmade.h"

static void the_last_look_is_what_is_read_with_the_time_since(void **state)
{
	struct handmade made;
	struct gw_health health;

	handmade_open(&made);
	struct watch *watch = watch_create(&made.gw);
	assert_non_null(watch);
	watch_read(watch, &health);
	assert_int_equal(health.count, 0);

	made.gw.stages[GW_STAGE_RX].lanes[0].exhausted = true;
	watch_look(watch, 100 * GW_NS_PER_S);
	watch_look(watch, 101 * GW_NS_PER_S);
	watch_read(watch, &health);
	assert_int_equal(health.count, 1);
	assert_string_equal(health.trouble[0].id, "stage.rx.exhausted");
	assert_int_equal(health.trouble[0].since, 100 * GW_NS_PER_S);

	made.gw.stages[GW_STAGE_RX].lanes[0].exhausted = false;
	watch_look(watch, 102 * GW_NS_PER_S);
	watch_read(watch, &health);
	assert_int_equal(health.count, 0);
	watch_destroy(watch);
	handmade_close(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_look_is_what_is_read_with_the_time_since),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
