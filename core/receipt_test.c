#include "core/test.h"

#include <pthread.h>

#include "core/receipt.h"

#define MANY 200000u

static void nobody_is_told_of_a_frame_that_nobody_asks_for(void **state)
{
	struct gw_receipts *receipts = gw_receipts_create();
	struct gw_returned returned;

	gw_receipt_return(receipts, 0, GW_DROP_NONE);
	assert_int_equal(gw_receipts_take(receipts, &returned, 1), 0);
	gw_receipts_destroy(receipts);
}

static void all_that_may_be_out_fit(void **state)
{
	struct gw_receipts *receipts = gw_receipts_create();
	struct gw_returned returned;

	for (uint64_t i = 1; i <= GW_RECEIPTS; i++)
		gw_receipt_return(receipts, i, i % 2 ? GW_DROP_NONE : GW_DROP_DECODE_FAILED);
	for (uint64_t i = 1; i <= GW_RECEIPTS; i++) {
		assert_int_equal(gw_receipts_take(receipts, &returned, 1), 1);
		assert_int_equal(returned.receipt, i);
		assert_int_equal(returned.outcome, i % 2 ? GW_DROP_NONE : GW_DROP_DECODE_FAILED);
	}
	assert_int_equal(gw_receipts_take(receipts, &returned, 1), 0);
	gw_receipts_destroy(receipts);
}

struct run {
	struct gw_receipts *receipts;
	_Atomic uint64_t out; /* returned and not taken */
};

static void *sink(void *arg)
{
	struct run *run = arg;

	for (uint64_t i = 1; i <= MANY; i++) {
		while (run->out == GW_RECEIPTS)
			;
		run->out++;
		gw_receipt_return(run->receipts, i, GW_DROP_NONE);
	}
	return NULL;
}

static void each_comes_once_and_in_order_from_another_thread(void **state)
{
	struct run run = {.receipts = gw_receipts_create()};
	struct gw_returned returned[7];
	uint64_t next = 1;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, sink, &run), 0);
	while (next <= MANY) {
		const uint32_t count = gw_receipts_take(run.receipts, returned, 7);

		for (uint32_t i = 0; i < count; i++)
			assert_int_equal(returned[i].receipt, next++);
		run.out -= count;
	}
	pthread_join(thread, NULL);
	gw_receipts_destroy(run.receipts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_told_of_a_frame_that_nobody_asks_for),
		cmocka_unit_test(all_that_may_be_out_fit),
		cmocka_unit_test(each_comes_once_and_in_order_from_another_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
