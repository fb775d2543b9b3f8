#include "kafka/ledger.h"

#include <string.h>

#include "core/test.h"

static void records_stay_in_the_order_of_their_submission(void **state)
{
	struct ledger ledger;

	assert_int_equal(ledger_open(&ledger, 4), 0);
	struct entry *first = ledger_add(&ledger, 10, 1), *second = ledger_add(&ledger, 20, 2);
	struct entry *third = ledger_add(&ledger, 30, 3);

	assert_ptr_equal(ledger.oldest, first);
	assert_int_equal(ledger.bytes, 60);
	ledger_remove(&ledger, second);
	assert_ptr_equal(first->after, third);
	ledger_remove(&ledger, first);
	assert_ptr_equal(ledger.oldest, third);
	struct entry *fourth = ledger_add(&ledger, 5, 4);

	/* The place that was used last is used again. */
	assert_ptr_equal(fourth, first);
	assert_ptr_equal(third->after, fourth);
	assert_true(third->order < fourth->order);
	assert_int_equal(ledger.count, 2);
	assert_int_equal(ledger.bytes, 35);
	ledger_close(&ledger);
}

static void there_is_room_for_so_many_and_no_more(void **state)
{
	struct ledger ledger;

	assert_int_equal(ledger_open(&ledger, 2), 0);
	struct entry *first = ledger_add(&ledger, 1, 1);

	assert_non_null(ledger_add(&ledger, 1, 1));
	assert_null(ledger_add(&ledger, 1, 1));
	ledger_remove(&ledger, first);
	assert_non_null(ledger_add(&ledger, 1, 1));
	ledger_close(&ledger);
}

static void what_is_held_outlives_what_it_was_made_of(void **state)
{
	struct ledger ledger;
	char key[] = "cam0", value[] = "value";
	const struct client_message message = {
		.key = key, .key_size = 4, .value = value, .size = 5, .time_ms = 7};

	assert_int_equal(ledger_open(&ledger, 1), 0);
	struct entry *entry = ledger_add(&ledger, 9, 1);

	entry->copied = true;
	assert_true(entry_hold(entry, &message, rd_kafka_headers_new(1)));
	memset(key, 0, sizeof(key));
	memset(value, 0, sizeof(value));
	assert_memory_equal(entry->message.key, "cam0", 4);
	assert_memory_equal(entry->message.value, "value", 5);
	assert_int_equal(entry->message.time_ms, 7);
	ledger_close(&ledger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_stay_in_the_order_of_their_submission),
		cmocka_unit_test(there_is_room_for_so_many_and_no_more),
		cmocka_unit_test(what_is_held_outlives_what_it_was_made_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
