#include "core/test.h"

#include "accel/route.h"

#define STABLE 3
#define CANARY 5

static struct gw_frame frame;

/* Of `count` frames of a camera from `first` on, every `every`-th, those that the canary gets. */
static uint32_t canarys(
	const struct route *route, uint32_t camera, uint64_t first, uint32_t count, uint32_t every)
{
	uint32_t picked = 0;

	frame.camera = camera;
	for (uint32_t i = 0; i < count; i++) {
		frame.sequence = first + (uint64_t)i * every;
		const uint16_t model = route_pick(route, &frame);

		assert_true(model == STABLE || model == CANARY);
		picked += model == CANARY;
	}
	return picked;
}

static void assert_near(uint32_t count, double wanted, double within)
{
	if (count < wanted - within || count > wanted + within)
		fail_msg("%u instead of %.1f", count, wanted);
}

static void the_share_is_kept_over_any_stretch_of_any_camera(void **state)
{
	static const double shares[] = {0.01, 0.05, 0.1, 0.25, 0.5, 0.9};

	for (uint32_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		const struct route route = {.stable = STABLE,
			.canary = CANARY,
			.share = (uint32_t)(shares[i] * ROUTE_ALL),
			.tried = true};

		for (uint32_t camera = 0; camera < 100; camera += 7)
			for (uint64_t first = 0; first < 100000; first += 12345)
				assert_near(canarys(&route, camera, first, 1000, 1),
					shares[i] * 1000, 3);
		/* Steps that look at every n-th frame only. */
		for (uint32_t every = 2; every <= 10; every++)
			assert_near(canarys(&route, 4, 0, 1000, every), shares[i] * 1000, 10);
	}
}

static void nothing_and_all_are_exact(void **state)
{
	struct route route = {.stable = STABLE, .canary = CANARY};

	assert_int_equal(canarys(&route, 1, 0, 10000, 1), 0);
	route.share = ROUTE_ALL;
	assert_int_equal(canarys(&route, 1, 0, 10000, 1), 10000);
}

static void a_frame_always_has_the_same_version(void **state)
{
	struct route route = {.stable = STABLE, .canary = CANARY, .share = ROUTE_ALL / 10};
	uint32_t picked = 0;

	frame.camera = 0;
	for (frame.sequence = 0; frame.sequence < 1000; frame.sequence++) {
		const uint16_t before = route_pick(&route, &frame);

		assert_int_equal(route_pick(&route, &frame), before);
		/* With a larger share those that were the canary's still are. */
		route.share = ROUTE_ALL / 2;
		picked += before == CANARY && route_pick(&route, &frame) == CANARY;
		route.share = ROUTE_ALL / 10;
	}
	frame.sequence = 0;
	assert_int_equal(picked, canarys(&route, 0, 0, 1000, 1));
}

static void a_tenth_is_compared_at_most(void **state)
{
	struct route route = {.stable = STABLE, .canary = CANARY, .tried = true};
	uint32_t compared = 0;

	frame.camera = 0;
	for (frame.sequence = 0; frame.sequence < 1000; frame.sequence++)
		compared += route_compares(&route, &frame);
	assert_int_equal(compared, 0);
	route.share = ROUTE_ALL / 50;
	for (frame.sequence = 0; frame.sequence < 1000; frame.sequence++)
		assert_int_equal(
			route_compares(&route, &frame), route_pick(&route, &frame) == CANARY);
	route.share = ROUTE_ALL;
	for (frame.sequence = 0; frame.sequence < 1000; frame.sequence++)
		compared += route_compares(&route, &frame);
	assert_near(compared, 100, 3);
}

static void it_leads_to_a_canary_before_that_has_a_share(void **state)
{
	struct route route = {.stable = STABLE, .canary = CANARY};

	assert_true(route_leads_to(&route, STABLE));
	assert_false(route_leads_to(&route, CANARY));
	assert_int_equal(route_canary(&route), GW_NO_MODEL);
	route.tried = true;
	assert_true(route_leads_to(&route, CANARY));
	assert_int_equal(route_canary(&route), CANARY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_share_is_kept_over_any_stretch_of_any_camera),
		cmocka_unit_test(nothing_and_all_are_exact),
		cmocka_unit_test(a_frame_always_has_the_same_version),
		cmocka_unit_test(a_tenth_is_compared_at_most),
		cmocka_unit_test(it_leads_to_a_canary_before_that_has_a_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
