#include "core/test.h"

#include <errno.h>
#include <string.h>

#include "session/refusal.h"

static void refusals_say_what_to_do(void **state)
{
	static const struct {
		int answer, status;
		const char *reason;
	} cases[] = {
		{401, -EACCES, "correct user and password_file"},
		{403, -EACCES, "right to see"},
		{404, -ENOENT, "correct the path"},
		{301, -ENOENT, "has moved to"},
		{453, -EBUSY, "bandwidth"},
		{454, -ESTALE, "forgotten the session"},
		{461, -ENOTSUP, "allow UDP, multicast or TCP"},
		{503, -EBUSY, "too busy"},
		{500, -EPROTO, "answers DESCRIBE with 500"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct rtsp_answer answer = {.status = cases[i].answer};
		struct gw_error error;

		assert_int_equal(
			refusal_explain(&answer, "DESCRIBE", true, &error), cases[i].status);
		if (!strstr(error.text, cases[i].reason))
			fail_msg("%s", error.text);
	}
}

static void some_are_of_the_way_that_was_asked_for(void **state)
{
	static const int may[] = {400, 406, 415, 451, 459, 461, 462, 500, 501, 551};
	static const int not [] = {200, 301, 401, 403, 404, 453, 454, 455, 503};

	for (size_t i = 0; i < sizeof(may) / sizeof(may[0]); i++)
		assert_true(refusal_is_of_the_way(may[i]));
	for (size_t i = 0; i < sizeof(not ) / sizeof(not [0]); i++)
		assert_false(refusal_is_of_the_way(not [i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals_say_what_to_do),
		cmocka_unit_test(some_are_of_the_way_that_was_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
