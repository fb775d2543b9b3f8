#include "core/test.h"

#include <errno.h>
#include <string.h>

#include "core/clock.h"
#include "session/vigil.h"

#define S GW_NS_PER_S
#define BEGAN (100 * S)

static struct vigil begun(uint64_t packets)
{
	const struct session_seen seen = {packets, 0};
	struct vigil vigil;

	vigil_begin(&vigil, &seen, BEGAN);
	return vigil;
}

static void looks(struct vigil *vigil, int64_t after, uint64_t packets, int64_t picture,
	enum vigil_verdict wanted)
{
	const struct session_seen seen = {packets, picture ? BEGAN + picture : 0};

	assert_int_equal(vigil_look(vigil, &seen, BEGAN + after), wanted);
}

static void explains(
	const struct vigil *vigil, uint64_t packets, bool is_within, const char *wanted)
{
	const struct session_seen seen = {packets, 0};
	const struct gw_learned learned = {.port = 5004, .is_within = is_within};
	struct gw_error error;

	assert_int_equal(vigil_explain(vigil, &seen, &learned, !is_within, &error), -ETIMEDOUT);
	if (!strstr(error.text, wanted))
		fail_msg("%s", error.text);
}

static void pictures_are_all_that_counts(void **state)
{
	struct vigil vigil = begun(7);

	looks(&vigil, 1 * S, 7, 0, VIGIL_WAITS);
	looks(&vigil, 2 * S, 9, 0, VIGIL_WAITS);
	looks(&vigil, 3 * S, 9, 3 * S - 1, VIGIL_PLAYS);
	looks(&vigil, 13 * S, 9, 3 * S - 1, VIGIL_STALLED);
	explains(&vigil, 9, false, "has sent nothing for 10 s");
}

static void one_that_plays_for_a_second_has_not_come_back(void **state)
{
	struct vigil vigil = begun(0);

	looks(&vigil, 2 * S, 9, 1 * S, VIGIL_PLAYS);
	looks(&vigil, 59 * S, 99, 59 * S, VIGIL_PLAYS);
	/* The time that it stands still is none that it plays. */
	looks(&vigil, 65 * S, 99, 59 * S, VIGIL_PLAYS);
	looks(&vigil, 65 * S, 99, 60 * S, VIGIL_LASTS);
}

static void a_picture_of_before_is_none(void **state)
{
	struct vigil vigil = begun(7);

	looks(&vigil, 1 * S, 7, -1, VIGIL_WAITS);
	looks(&vigil, 11 * S, 7, -1, VIGIL_STALLED);
}

static void nothing_at_all_is_told_from_packets_of_no_use(void **state)
{
	struct vigil vigil = begun(7);
	const struct session_seen nothing = {7, 0}, some = {8, 0};

	looks(&vigil, 4 * S, 7, 0, VIGIL_WAITS);
	looks(&vigil, 11 * S, 7, 0, VIGIL_STALLED);
	assert_true(vigil_is_deaf(&vigil, &nothing));
	assert_false(vigil_is_deaf(&vigil, &some));
	explains(&vigil, 7, false, "nothing came to UDP port 5004 for 10 s");
	explains(&vigil, 7, false, "asked for TCP next");
	explains(&vigil, 7, true, "has sent nothing");
	explains(&vigil, 8, false, "`gwctl drops` says why");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_are_all_that_counts),
		cmocka_unit_test(one_that_plays_for_a_second_has_not_come_back),
		cmocka_unit_test(a_picture_of_before_is_none),
		cmocka_unit_test(nothing_at_all_is_told_from_packets_of_no_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
