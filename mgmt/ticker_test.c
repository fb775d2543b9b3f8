/* The thread that does something once a second. */
#include "mgmt/ticker.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/test.h"

#define MS GW_NS_PER_MS

static _Atomic int ticks;

static void count(void *arg)
{
	assert_ptr_equal(arg, &ticks);
	ticks++;
}

static void it_ticks_every_second_and_ends_at_once(void **state)
{
	const int64_t begin = gw_now();
	struct ticker *ticker = ticker_start("test-tick", count, &ticks);

	assert_non_null(ticker);
	while (ticks < 2 && gw_now() - begin < 5000 * MS)
		usleep(10000);
	assert_int_equal(ticks, 2);
	assert_true(gw_now() - begin >= 1990 * MS);
	const int64_t end = gw_now();

	ticker_stop(ticker);
	assert_true(gw_now() - end < 500 * MS);
	ticker_stop(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_ticks_every_second_and_ends_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
