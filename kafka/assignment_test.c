#include "core/test.h"

#include <stdlib.h>

#include "kafka/assignment.h"

static int setup(void **state)
{
	struct assignment *assignment = calloc(1, sizeof(*assignment));

	assignment_open(assignment);
	*state = assignment;
	return 0;
}

static int teardown(void **state)
{
	struct assignment *assignment = *state;

	assignment_close(assignment);
	free(assignment);
	return 0;
}

/* What would be committed of a partition; -1: nothing new. */
static int64_t asked(struct assignment *assignment, const struct partition *partition)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	int64_t offset = -1;

	if (assignment_ask(assignment, partition, "pictures", list) > 0) {
		assert_int_equal(list->cnt, 1);
		assert_int_equal(list->elems[0].partition, partition->number);
		offset = list->elems[0].offset;
	}
	rd_kafka_topic_partition_list_destroy(list);
	return offset;
}

static void answer(
	struct assignment *assignment, int32_t partition, int64_t offset, rd_kafka_resp_err_t error)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

	rd_kafka_topic_partition_list_add(list, "pictures", partition)->offset = offset;
	assignment_answer(assignment, list, error);
	rd_kafka_topic_partition_list_destroy(list);
}

static void only_what_came_back_before_the_first_that_did_not_is_committed(void **state)
{
	struct assignment *assignment = *state;
	struct partition *p = assignment_add(assignment, 3);
	uint64_t receipt[4];

	for (int i = 0; i < 4; i++)
		receipt[i] = assignment_depart(assignment, p, 100 + i);
	assignment_return(assignment, receipt[1], GW_DROP_NONE);
	assignment_return(assignment, receipt[2], GW_DROP_DECODE_FAILED);
	assert_int_equal(asked(assignment, p), -1);
	assignment_return(assignment, receipt[0], GW_DROP_NONE);
	assert_int_equal(asked(assignment, p), 103);
	assert_int_equal(asked(assignment, p), -1);
	assert_int_equal(assignment->out, 1);
	assert_int_equal(p->in_flight, 1);
}

static void partitions_do_not_wait_for_each_other(void **state)
{
	struct assignment *assignment = *state;
	struct partition *slow = assignment_add(assignment, 0);
	struct partition *fast = assignment_add(assignment, 1);

	assignment_depart(assignment, slow, 5);
	assignment_return(assignment, assignment_depart(assignment, fast, 7), GW_DROP_NONE);
	assert_int_equal(asked(assignment, slow), -1);
	assert_int_equal(asked(assignment, fast), 8);
}

static void what_the_end_cut_short_is_never_committed(void **state)
{
	struct assignment *assignment = *state;
	struct partition *p = assignment_add(assignment, 0);
	const uint64_t first = assignment_depart(assignment, p, 1);
	const uint64_t second = assignment_depart(assignment, p, 2);

	assignment_return(assignment, first, GW_DROP_SHUTDOWN);
	assignment_return(assignment, second, GW_DROP_NONE);
	assert_int_equal(asked(assignment, p), -1);
}

static void a_refused_commit_is_asked_for_again(void **state)
{
	struct assignment *assignment = *state;
	struct partition *p = assignment_add(assignment, 0);

	assignment_return(assignment, assignment_depart(assignment, p, 41), GW_DROP_NONE);
	assert_int_equal(asked(assignment, p), 42);
	answer(assignment, 0, 42, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS);
	assert_int_equal(asked(assignment, p), 42);
	answer(assignment, 0, 42, RD_KAFKA_RESP_ERR_NO_ERROR);
	assert_int_equal(p->committed, 42);
	assert_int_equal(asked(assignment, p), -1);
}

static void receipts_of_a_partition_that_was_let_go_change_nothing(void **state)
{
	struct assignment *assignment = *state;
	struct partition *p = assignment_add(assignment, 0);
	const uint64_t gone = assignment_depart(assignment, p, 10);
	const uint64_t back = assignment_depart(assignment, p, 11);

	assignment_return(assignment, back, GW_DROP_NONE);
	assignment_remove(assignment, p);
	p = assignment_add(assignment, 0);
	const uint64_t again = assignment_depart(assignment, p, 10);

	assignment_return(assignment, gone, GW_DROP_NONE);
	assert_int_equal(asked(assignment, p), -1);
	assert_int_equal(assignment->out, 1);
	assignment_return(assignment, again, GW_DROP_NONE);
	assert_int_equal(asked(assignment, p), 11);
	assert_int_equal(assignment->out, 0);
}

static void no_more_are_out_than_may_be_and_places_are_used_again(void **state)
{
	struct assignment *assignment = *state;
	struct partition *p = assignment_add(assignment, 0);
	uint64_t last = 0;

	for (uint32_t round = 0; round < 3; round++) {
		uint32_t out = 0;
		uint64_t first = 0;

		for (; assignment_has_room(assignment); out++) {
			last = assignment_depart(assignment, p, round * 100000 + out);
			first = first ? first : last;
		}
		assert_int_equal(out, GW_RECEIPTS);
		for (uint64_t receipt = 1; receipt <= GW_RECEIPTS; receipt++)
			assignment_return(assignment, receipt, GW_DROP_NONE);
		assert_int_equal(asked(assignment, p), round * 100000 + out);
	}
}

#define IN_ASSIGNMENT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static void what_is_committed_already_can_be_asked_again(void **state)
{
	struct assignment *assignment = *state;
	struct partition *p = assignment_add(assignment, 3);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	const uint64_t first = assignment_depart(assignment, p, 10);

	assert_int_equal(assignment_repeat(assignment, "pictures", list), 0);
	assignment_return(assignment, first, GW_DROP_NONE);
	assert_int_equal(asked(assignment, p), 11);
	assert_int_equal(assignment_repeat(assignment, "pictures", list), 0);
	answer(assignment, 3, 11, RD_KAFKA_RESP_ERR_NO_ERROR);
	assert_int_equal(assignment_repeat(assignment, "pictures", list), 1);
	assert_int_equal(list->elems[0].offset, 11);
	/* The answer changes nothing. */
	answer(assignment, 3, 11, RD_KAFKA_RESP_ERR_NO_ERROR);
	assert_int_equal(asked(assignment, p), -1);
	/* An offset of a topic that was deleted would be taken for one of the next. */
	p->stale = true;
	assert_int_equal(assignment_repeat(assignment, "pictures", list), 0);
	assignment_return(assignment, assignment_depart(assignment, p, 11), GW_DROP_NONE);
	assert_int_equal(asked(assignment, p), -1);
	rd_kafka_topic_partition_list_destroy(list);
}

static void an_answer_says_what_hinders_a_partition_until_another_one_does_not(void **state)
{
	struct assignment *assignment = *state;
	struct partition *p = assignment_add(assignment, 3);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

	rd_kafka_topic_partition_list_add(list, "pictures", 3)->err =
		RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
	assignment_answer(assignment, list, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	assert_int_equal(p->hindrance, HINDRANCE_TOPIC);
	list->elems[0].err = RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
	assignment_answer(assignment, list, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
	assert_int_equal(p->hindrance, HINDRANCE_TOPIC);
	answer(assignment, 3, 11, RD_KAFKA_RESP_ERR_NO_ERROR);
	assert_int_equal(p->hindrance, HINDRANCE_NONE);
	rd_kafka_topic_partition_list_destroy(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ASSIGNMENT(only_what_came_back_before_the_first_that_did_not_is_committed),
		IN_ASSIGNMENT(partitions_do_not_wait_for_each_other),
		IN_ASSIGNMENT(what_the_end_cut_short_is_never_committed),
		IN_ASSIGNMENT(a_refused_commit_is_asked_for_again),
		IN_ASSIGNMENT(receipts_of_a_partition_that_was_let_go_change_nothing),
		IN_ASSIGNMENT(no_more_are_out_than_may_be_and_places_are_used_again),
		cmocka_unit_test_setup_teardown(
			what_is_committed_already_can_be_asked_again, setup, teardown),
		cmocka_unit_test_setup_teardown(
			an_answer_says_what_hinders_a_partition_until_another_one_does_not, setup,
			teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
