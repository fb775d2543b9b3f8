#include "kafka/answers.h"

#include "core/test.h"

#include <stdio.h>
#include <string.h>

static void what_was_answered_is_known_by_source_and_id(void **state)
{
	struct answers answers = {0};

	assert_null(answers_find(&answers, "/a", "1"));
	answers_keep(&answers, "/a", "1", "yes");
	answers_keep(&answers, "/b", "1", "no");
	assert_string_equal(answers_find(&answers, "/a", "1"), "yes");
	assert_string_equal(answers_find(&answers, "/b", "1"), "no");
	assert_null(answers_find(&answers, "/a", "2"));
	assert_null(answers_find(&answers, "/", "a1"));
	answers_forget(&answers);
	assert_null(answers_find(&answers, "/a", "1"));
}

static void another_answer_takes_the_place_of_the_first(void **state)
{
	struct answers answers = {0};

	answers_keep(&answers, "/a", "1", "a long answer");
	answers_keep(&answers, "/a", "2", "another");
	answers_keep(&answers, "/a", "1", "short");
	assert_string_equal(answers_find(&answers, "/a", "1"), "short");
	assert_string_equal(answers_find(&answers, "/a", "2"), "another");
	assert_int_equal(answers.bytes, strlen("/a\n1short/a\n2another"));
	answers_forget(&answers);
	assert_int_equal(answers.bytes, 0);
}

static void the_oldest_answer_gives_way(void **state)
{
	struct answers answers = {0};
	char id[16];

	for (int i = 0; i <= ANSWERS; i++) {
		snprintf(id, sizeof(id), "%d", i);
		answers_keep(&answers, "/a", id, id);
	}
	assert_null(answers_find(&answers, "/a", "0"));
	assert_string_equal(answers_find(&answers, "/a", "1"), "1");
	assert_string_equal(answers_find(&answers, "/a", id), id);
	answers_forget(&answers);
}

static void many_large_answers_take_a_bounded_room(void **state)
{
	static char text[1 << 20];
	struct answers answers = {0};
	char id[16];

	memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < 100; i++) {
		snprintf(id, sizeof(id), "%d", i);
		answers_keep(&answers, "/a", id, text);
		assert_true(answers.bytes <= ANSWERS_BYTES);
	}
	assert_non_null(answers_find(&answers, "/a", "99"));
	assert_non_null(answers_find(&answers, "/a", "95"));
	assert_null(answers_find(&answers, "/a", "80"));
	answers_forget(&answers);
	assert_int_equal(answers.bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_answered_is_known_by_source_and_id),
		cmocka_unit_test(another_answer_takes_the_place_of_the_first),
		cmocka_unit_test(the_oldest_answer_gives_way),
		cmocka_unit_test(many_large_answers_take_a_bounded_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
