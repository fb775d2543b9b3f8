#include "mgmt/callers.h"

#include "core/test.h"

#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"

#define MOST 3

struct crowd {
	struct callers *callers;
	struct caller *caller[MOST];
	int server[MOST], client[MOST];
};

/* Somebody who is no stranger comes to the door. */
static bool come(struct callers *callers, int64_t now)
{
	return callers_expect(callers, now) && callers_admit(callers, false, now);
}

/* All places are taken, the first one since 1, the second since 2. */
static void fill(struct crowd *crowd)
{
	crowd->callers = callers_create(MOST);
	for (int i = 0; i < MOST; i++) {
		int ends[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
		crowd->server[i] = ends[0];
		crowd->client[i] = ends[1];
		assert_true(come(crowd->callers, 1));
		crowd->caller[i] = callers_add(crowd->callers, ends[0], false, i + 1);
		assert_non_null(crowd->caller[i]);
	}
}

static void leave(struct crowd *crowd)
{
	for (int i = 0; i < MOST; i++) {
		callers_remove(crowd->callers, crowd->caller[i]);
		close(crowd->server[i]);
		close(crowd->client[i]);
	}
	callers_destroy(crowd->callers);
}

static bool was_ended(const struct crowd *crowd, int i)
{
	char byte;

	return recv(crowd->client[i], &byte, 1, 0) == 0;
}

static void the_one_that_is_idle_for_longest_gives_up_his_place(void **state)
{
	struct crowd crowd;

	fill(&crowd);
	callers_note(crowd.callers, crowd.caller[0], CALLER_WAITS, 10);
	callers_note(crowd.callers, crowd.caller[0], CALLER_IDLE, 11);
	assert_true(come(crowd.callers, 12));
	assert_false(was_ended(&crowd, 0));
	assert_true(was_ended(&crowd, 1));
	assert_false(was_ended(&crowd, 2));
	/* He is about to go: when nobody comes after all, that is room enough for the next. */
	callers_give_back(crowd.callers, false);
	assert_true(come(crowd.callers, 12));
	assert_false(was_ended(&crowd, 2));
	leave(&crowd);
}

static void nobody_has_to_go_while_there_is_room(void **state)
{
	struct crowd crowd;

	fill(&crowd);
	callers_remove(crowd.callers, crowd.caller[1]);
	crowd.caller[1] = NULL;
	assert_true(come(crowd.callers, 12));
	for (int i = 0; i < MOST; i++)
		assert_false(was_ended(&crowd, i));
	leave(&crowd);
}

static void who_is_being_answered_stays(void **state)
{
	struct crowd crowd;

	fill(&crowd);
	for (int i = 0; i < MOST; i++)
		callers_note(crowd.callers, crowd.caller[i], CALLER_WAITS, 10);
	assert_true(come(crowd.callers, 12));
	for (int i = 0; i < MOST; i++)
		assert_false(was_ended(&crowd, i));
	leave(&crowd);
}

static void who_takes_his_answer_for_ever_goes_when_nobody_is_idle(void **state)
{
	const int64_t soon = GW_NS_PER_S, later = 2 * GW_NS_PER_S;
	struct crowd crowd;

	fill(&crowd);
	callers_note(crowd.callers, crowd.caller[0], CALLER_WAITS, 1);
	callers_note(crowd.callers, crowd.caller[1], CALLER_TAKES, 2);
	callers_note(crowd.callers, crowd.caller[2], CALLER_TAKES, later - 1);
	/* He may still be quick. */
	assert_true(come(crowd.callers, soon));
	callers_give_back(crowd.callers, false);
	for (int i = 0; i < MOST; i++)
		assert_false(was_ended(&crowd, i));
	assert_true(come(crowd.callers, later));
	assert_false(was_ended(&crowd, 0));
	assert_true(was_ended(&crowd, 1));
	assert_false(was_ended(&crowd, 2));
	leave(&crowd);
}

static void who_is_idle_goes_before_who_takes_his_answer(void **state)
{
	struct crowd crowd;

	fill(&crowd);
	for (int i = 0; i < 2; i++)
		callers_note(crowd.callers, crowd.caller[i], CALLER_TAKES, 1);
	callers_note(crowd.callers, crowd.caller[2], CALLER_IDLE, GW_NS_PER_S);
	assert_true(come(crowd.callers, 2 * GW_NS_PER_S));
	assert_false(was_ended(&crowd, 0));
	assert_true(was_ended(&crowd, 2));
	leave(&crowd);
}

static void nobody_has_to_go_before_it_is_known_who_comes(void **state)
{
	struct crowd crowd;

	fill(&crowd);
	assert_true(callers_expect(crowd.callers, 12));
	for (int i = 0; i < MOST; i++)
		assert_false(was_ended(&crowd, i));
	assert_true(callers_admit(crowd.callers, false, 12));
	assert_true(was_ended(&crowd, 0));
	leave(&crowd);
}

static void strangers_have_a_few_places_and_nobody_goes_for_them(void **state)
{
	struct caller *stranger[CALLERS_STRANGERS];
	struct crowd crowd;

	fill(&crowd);
	for (unsigned i = 0; i < CALLERS_STRANGERS; i++) {
		assert_true(callers_expect(crowd.callers, 12));
		assert_true(callers_admit(crowd.callers, true, 12));
		/* No place of a member is his. */
		assert_null(callers_add(crowd.callers, STDIN_FILENO, false, 12));
		stranger[i] = callers_add(crowd.callers, STDIN_FILENO, true, 12);
		assert_non_null(stranger[i]);
	}
	for (int i = 0; i < 100; i++) {
		assert_true(callers_expect(crowd.callers, 13));
		assert_false(callers_admit(crowd.callers, true, 13));
	}
	for (int i = 0; i < MOST; i++)
		assert_false(was_ended(&crowd, i));
	callers_remove(crowd.callers, stranger[0]);
	assert_true(callers_expect(crowd.callers, 14));
	assert_true(callers_admit(crowd.callers, true, 14));
	/* He did not come in after all. */
	callers_give_back(crowd.callers, true);
	assert_true(callers_expect(crowd.callers, 14));
	assert_true(callers_admit(crowd.callers, true, 14));
	leave(&crowd);
}

static void strangers_take_no_place_of_others(void **state)
{
	struct crowd crowd;

	fill(&crowd);
	callers_remove(crowd.callers, crowd.caller[1]);
	crowd.caller[1] = NULL;
	for (unsigned i = 0; i < CALLERS_STRANGERS; i++) {
		assert_true(callers_expect(crowd.callers, 12));
		assert_true(callers_admit(crowd.callers, true, 12));
		assert_non_null(callers_add(crowd.callers, STDIN_FILENO, true, 12));
	}
	assert_true(come(crowd.callers, 13));
	for (int i = 0; i < MOST; i++)
		assert_false(was_ended(&crowd, i));
	leave(&crowd);
}

static void there_is_an_end_to_places(void **state)
{
	struct callers *callers = callers_create(1);

	assert_null(callers_add(callers, 0, false, 1));
	for (unsigned i = 0; i < 2 + CALLERS_STRANGERS; i++)
		assert_true(callers_expect(callers, 1));
	assert_false(callers_expect(callers, 1));
	struct caller *first = callers_add(callers, STDIN_FILENO, false, 1);

	assert_non_null(first);
	callers_note(callers, first, CALLER_WAITS, 1);
	callers_give_back(callers, false);
	assert_true(callers_expect(callers, 1));
	callers_note(callers, NULL, CALLER_WAITS, 1);
	callers_remove(callers, NULL);
	callers_destroy(callers);
}

static void a_place_is_not_kept_for_ever_for_one_who_never_comes(void **state)
{
	const int64_t first = GW_NS_PER_S, later = first + GW_NS_PER_S + 1;
	struct callers *callers = callers_create(1);

	assert_true(callers_expect(callers, first));
	for (unsigned i = 0; i < 1 + CALLERS_STRANGERS; i++)
		assert_true(callers_expect(callers, first + 1));
	assert_false(callers_expect(callers, later - 1));
	assert_true(callers_expect(callers, later));
	/* The others may still come. */
	assert_false(callers_expect(callers, later));
	for (unsigned i = 0; i < 2 + CALLERS_STRANGERS; i++)
		assert_non_null(callers_add(callers, STDIN_FILENO, false, later));
	assert_null(callers_add(callers, STDIN_FILENO, false, later));
	callers_destroy(callers);
}

/* A burst of them is at the door, and a few are in, before anybody knows who they are. */
static void who_is_known_keeps_his_place_before_those_who_are_not(void **state)
{
	struct crowd crowd;

	fill(&crowd);
	callers_know_later(crowd.callers);
	callers_note(crowd.callers, crowd.caller[1], CALLER_NEW, 5);
	for (int i = 0; i < MOST; i++)
		assert_true(come(crowd.callers, 6));
	assert_false(was_ended(&crowd, 0));
	assert_true(was_ended(&crowd, 1));
	assert_false(was_ended(&crowd, 2));
	leave(&crowd);
}

/* Then they are as on a socket where everybody is. */
static void where_all_are_known_the_one_that_is_idle_for_longest_goes(void **state)
{
	struct crowd crowd;

	fill(&crowd);
	callers_know_later(crowd.callers);
	assert_true(come(crowd.callers, 6));
	assert_true(was_ended(&crowd, 0));
	assert_false(was_ended(&crowd, 1));
	leave(&crowd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_one_that_is_idle_for_longest_gives_up_his_place),
		cmocka_unit_test(who_is_known_keeps_his_place_before_those_who_are_not),
		cmocka_unit_test(where_all_are_known_the_one_that_is_idle_for_longest_goes),
		cmocka_unit_test(nobody_has_to_go_while_there_is_room),
		cmocka_unit_test(who_is_being_answered_stays),
		cmocka_unit_test(who_takes_his_answer_for_ever_goes_when_nobody_is_idle),
		cmocka_unit_test(who_is_idle_goes_before_who_takes_his_answer),
		cmocka_unit_test(nobody_has_to_go_before_it_is_known_who_comes),
		cmocka_unit_test(strangers_have_a_few_places_and_nobody_goes_for_them),
		cmocka_unit_test(strangers_take_no_place_of_others),
		cmocka_unit_test(there_is_an_end_to_places),
		cmocka_unit_test(a_place_is_not_kept_for_ever_for_one_who_never_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
