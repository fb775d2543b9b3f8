/* Texts that differ by characters, not by bytes. */
#include "accel/answers/test_answers.h"

#include <string.h>

static void say(struct gw_result *result, const char *text)
{
	result->count = 0;
	result->extra_size = 0;
	if (text[0])
		test_answers_add(result, (struct gw_finding){.confidence = 1}, text, strlen(text));
}

static void assert_apart(const char *one, const char *other, float apart)
{
	test_answers_are(GW_TASK_READ);
	say(&test_one, one);
	say(&test_other, other);
	assert_float_equal(test_answers_apart(), apart, 1e-6);
}

static void edits_are_counted_against_the_longer_text(void **state)
{
	assert_apart("K7 123", "K7 123", 0);
	assert_apart("kitten", "sitting", 3 / 7.0f);
	assert_apart("abc", "xyz", 1);
	assert_apart("12345", "1245", 1 / 5.0f);
	assert_apart("2345", "12345", 1 / 5.0f);
}

static void nothing_read_is_a_text_without_characters(void **state)
{
	assert_apart("", "", 0);
	assert_apart("abc", "", 1);
}

static void a_character_of_several_bytes_is_one(void **state)
{
	assert_apart("M\xc3\xbcnchen", "Munchen", 1 / 7.0f);
	assert_apart("\xe6\x9d\xb1\xe4\xba\xac", "\xe6\x9d\xb1\xe5\xa4\xa7", 1 / 2.0f);
	/* What is no text is bytes that follow none. */
	assert_apart("\xbf\xbf", "\xbf\xbf", 0);
}

static void lines_beyond_any_measure_are_compared_piece_by_piece(void **state)
{
	static char one[4000], other[4000];

	memset(one, 'a', sizeof(one) - 1);
	memset(other, 'a', sizeof(other) - 1);
	assert_apart(one, other, 0);
	for (int i = 0; i < 3999; i += 10)
		other[i] = 'b';
	assert_apart(one, other, 400 / 3999.0f);
	other[200] = '\0';
	assert_apart(one, other, (3999 - 180) / 3999.0f);
}

#define TEST(name) cmocka_unit_test_setup(name, test_answers_clear)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(edits_are_counted_against_the_longer_text),
		TEST(nothing_read_is_a_text_without_characters),
		TEST(a_character_of_several_bytes_is_one),
		TEST(lines_beyond_any_measure_are_compared_piece_by_piece),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
