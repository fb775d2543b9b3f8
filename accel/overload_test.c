#include "core/test.h"

#include <string.h>

#include "accel/overload.h"
#include "core/clock.h"

#define S GW_NS_PER_S

struct load {
	struct overload overload;
	struct gw_credit credit;
	struct gw_health health;
	uint64_t refused;
};

/* So many seconds of so many frames each, looked at 100 times a second. */
static void run(struct load *l, int64_t *now, int seconds, unsigned came, unsigned shed)
{
	for (int i = 0; i < 100 * seconds; i++) {
		if (i % 100 == 0) {
			l->credit.came += came;
			l->refused += shed / 2;
			l->credit.came -= shed / 2;
			l->credit.shed += shed - shed / 2;
			l->credit.done += came - shed;
		}
		if (overload_is_due(&l->overload, *now))
			overload_look(&l->overload, &l->credit, l->refused, *now);
		*now += S / 100;
	}
	memset(&l->health, 0, sizeof(l->health));
	overload_health(&l->overload, "objects", &l->health);
}

static void nothing_is_told_of_a_model_that_keeps_up(void **state)
{
	static struct load l;
	int64_t now = S;

	memset(&l, 0, sizeof(l));
	run(&l, &now, 1, 0, 0);
	assert_int_equal(l.health.count, 0);
	run(&l, &now, 20, 100, 0);
	assert_int_equal(l.health.count, 0);
}

static void an_overload_is_told_in_figures_while_it_lasts(void **state)
{
	static struct load l;
	int64_t now = S;

	memset(&l, 0, sizeof(l));
	run(&l, &now, 10, 160, 120);
	assert_int_equal(l.health.count, 1);
	assert_string_equal(l.health.trouble[0].id, "accel.objects.overload");
	assert_int_equal(l.health.trouble[0].severity, GW_DEGRADED);
	assert_non_null(strstr(l.health.trouble[0].text, "75 % of the frames of model objects"));
	assert_non_null(strstr(l.health.trouble[0].text, "160.0 frames/s come"));
	assert_non_null(strstr(l.health.trouble[0].text, "it makes 40.0/s"));
	run(&l, &now, OVERLOAD_SECONDS + 2, 40, 0);
	assert_int_equal(l.health.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_told_of_a_model_that_keeps_up),
		cmocka_unit_test(an_overload_is_told_in_figures_while_it_lasts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
