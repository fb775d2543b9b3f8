#include "core/test.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "accel/helpers.h"
#include "core/clock.h"
#include "core/config/config.h"

#define MOST (20 * GW_NS_PER_S) /* the machine may be busy */

static const struct gw_device host = {.memory = GW_MEM_HOST};

struct work {
	_Atomic uint32_t left, done, inside, most_inside;
	_Atomic uint32_t hands; /* that came, by their bits */
	uint32_t gather; /* that many must be inside before any goes on */
};

static void nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

static bool take_one(struct work *work)
{
	uint32_t left = work->left;

	while (left > 0)
		if (atomic_compare_exchange_weak(&work->left, &left, left - 1))
			return true;
	return false;
}

static bool do_one(void *owner, uint32_t hand)
{
	struct work *work = owner;
	const int64_t end = gw_now() + MOST;

	if (!take_one(work))
		return false;
	work->hands |= 1u << hand;
	const uint32_t inside = ++work->inside;

	if (inside > work->most_inside)
		work->most_inside = inside;
	while (work->most_inside < work->gather && gw_now() < end)
		nap();
	work->inside--;
	work->done++;
	return true;
}

static struct helpers *start(struct work *work, uint32_t count)
{
	struct gw_error error;
	struct helpers *helpers = helpers_start("test", count, &host, do_one, work, &error);

	if (!helpers)
		fail_msg("%s", error.text);
	return helpers;
}

static void wait_for(const struct work *work, uint32_t done)
{
	const int64_t end = gw_now() + MOST;

	while (work->done < done && gw_now() < end)
		nap();
	assert_int_equal(work->done, done);
}

static void those_who_are_woken_work_beside_each_other(void **state)
{
	struct work work = {.left = 3, .gather = 3};
	struct helpers *helpers = start(&work, 3);

	helpers_wake(helpers, 3);
	wait_for(&work, 3);
	assert_int_equal(work.hands, 1 << 1 | 1 << 2 | 1 << 3);
	helpers_stop(helpers);
}

static void one_that_is_woken_goes_on_until_nothing_is_left(void **state)
{
	struct work work = {.left = 100};
	struct helpers *helpers = start(&work, 2);

	helpers_wake(helpers, 1);
	wait_for(&work, 100);
	work.left = 50;
	helpers_wake(helpers, 1000);
	wait_for(&work, 150);
	helpers_stop(helpers);
}

static void nobody_works_who_was_not_woken(void **state)
{
	struct work work = {.left = 1};
	struct helpers *helpers = start(&work, GW_HELPERS);

	helpers_stop(helpers);
	assert_int_equal(work.done, 0);
	helpers_stop(NULL);
}

static struct {
	_Atomic bool busy; /* a piece of work does not end */
	_Atomic uint32_t inside, empty; /* helpers at work; looks that found nothing */
} crowd;

static bool do_busy(void *owner, uint32_t hand)
{
	if (!crowd.busy) {
		crowd.empty++;
		return false;
	}
	crowd.inside++;
	while (crowd.busy)
		nap();
	crowd.inside--;
	return true;
}

static void wake_ups_do_not_pile_up_while_all_are_busy(void **state)
{
	struct gw_error error;
	struct helpers *helpers = helpers_start("test", 2, &host, do_busy, NULL, &error);
	const int64_t end = gw_now() + MOST;
	uint32_t was;

	assert_non_null(helpers);
	crowd.busy = true;
	while (crowd.inside < 2 && gw_now() < end)
		helpers_wake(helpers, 2);
	assert_int_equal(crowd.inside, 2);
	for (int i = 0; i < 100000; i++)
		helpers_wake(helpers, 2);
	crowd.empty = 0;
	crowd.busy = false;
	do {
		was = crowd.empty;
		nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	} while (crowd.empty != was);
	/* Each that was busy looks once more, and for each there may be one more call. */
	assert_in_range(crowd.empty, 1, 4);
	helpers_stop(helpers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_who_are_woken_work_beside_each_other),
		cmocka_unit_test(one_that_is_woken_goes_on_until_nothing_is_left),
		cmocka_unit_test(nobody_works_who_was_not_woken),
		cmocka_unit_test(wake_ups_do_not_pile_up_while_all_are_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
