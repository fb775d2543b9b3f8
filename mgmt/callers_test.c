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

/* All places are taken, the first one since 1, the second since 2. */
static void fill(struct crowd *crowd)
{
	crowd->callers = callers_create(MOST);
	for (int i = 0; i < MOST; i++) {
		int ends[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
		crowd->server[i] = ends[0];
		crowd->client[i] = ends[1];
		assert_true(callers_expect(crowd->callers, 1));
		crowd->caller[i] = callers_add(crowd->callers, ends[0], i + 1);
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
	assert_true(callers_expect(crowd.callers, 12));
	assert_false(was_ended(&crowd, 0));
	assert_true(was_ended(&crowd, 1));
	assert_false(was_ended(&crowd, 2));
	/* He is about to go: when nobody comes after all, that is room enough for the next. */
	callers_give_back(crowd.callers);
	assert_true(callers_expect(crowd.callers, 12));
	assert_false(was_ended(&crowd, 2));
	leave(&crowd);
}

static void nobody_has_to_go_while_there_is_room(void **state)
{
	struct crowd crowd;

	fill(&crowd);
	callers_remove(crowd.callers, crowd.caller[1]);
	crowd.caller[1] = NULL;
	assert_true(callers_expect(crowd.callers, 12));
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
	assert_true(callers_expect(crowd.callers, 12));
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
	assert_true(callers_expect(crowd.callers, soon));
	callers_give_back(crowd.callers);
	for (int i = 0; i < MOST; i++)
		assert_false(was_ended(&crowd, i));
	assert_true(callers_expect(crowd.callers, later));
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
	assert_true(callers_expect(crowd.callers, 2 * GW_NS_PER_S));
	assert_false(was_ended(&crowd, 0));
	assert_true(was_ended(&crowd, 2));
	leave(&crowd);
}

static void there_is_an_end_to_places(void **state)
{
	struct callers *callers = callers_create(1);

	assert_null(callers_add(callers, 0, 1));
	assert_true(callers_expect(callers, 1));
	assert_true(callers_expect(callers, 1));
	assert_false(callers_expect(callers, 1));
	struct caller *first = callers_add(callers, STDIN_FILENO, 1);

	assert_non_null(first);
	callers_note(callers, first, CALLER_WAITS, 1);
	callers_give_back(callers);
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
	assert_true(callers_expect(callers, first + 1));
	assert_false(callers_expect(callers, later - 1));
	assert_true(callers_expect(callers, later));
	/* The second one may still come. */
	assert_false(callers_expect(callers, later));
	assert_non_null(callers_add(callers, STDIN_FILENO, later));
	assert_non_null(callers_add(callers, STDIN_FILENO, later));
	assert_null(callers_add(callers, STDIN_FILENO, later));
	callers_destroy(callers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_one_that_is_idle_for_longest_gives_up_his_place),
		cmocka_unit_test(nobody_has_to_go_while_there_is_room),
		cmocka_unit_test(who_is_being_answered_stays),
		cmocka_unit_test(who_takes_his_answer_for_ever_goes_when_nobody_is_idle),
		cmocka_unit_test(who_is_idle_goes_before_who_takes_his_answer),
		cmocka_unit_test(there_is_an_end_to_places),
		cmocka_unit_test(a_place_is_not_kept_for_ever_for_one_who_never_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
