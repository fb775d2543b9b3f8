/* What is told of troubles, and how often. */
#include "core/health.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/gateway.h"
#include "core/log.h"
#include "core/test.h"
#include "core/test_log.h"

#define SECOND GW_NS_PER_S

struct watch {
	struct gw_health_log *log;
	struct gw_health health;
	struct test_log said;
};

static int set_up(void **state)
{
	struct watch *w = calloc(1, sizeof(*w));

	w->log = gw_health_log_create();
	test_log_begin(&w->said);
	gw_log_open(GW_LOG_STDERR, GW_LOG_INFO);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct watch *w = *state;

	test_log_end(&w->said);
	gw_health_log_destroy(w->log);
	free(w);
	return 0;
}

static void look(struct watch *w, bool trouble, int64_t at)
{
	w->health.count = 0;
	if (trouble)
		gw_health_add(&w->health, GW_FAILED, "port.%s.down", "lan0", "no link for %d s", 3);
	gw_health_watch(w->log, &w->health, at);
}

static void a_trouble_is_told_once_and_its_end(void **state)
{
	struct watch *w = *state;

	look(w, true, 100 * SECOND);
	assert_non_null(strstr(test_log_said(&w->said), "port.lan0.down: no link for 3 s"));
	for (int i = 101; i < 130; i++)
		look(w, true, i * SECOND);
	assert_string_equal(test_log_said(&w->said), "");
	assert_int_equal(w->health.trouble[0].since, 100 * SECOND);
	look(w, false, 130 * SECOND);
	assert_non_null(strstr(test_log_said(&w->said), "port.lan0.down: over after 30.0 s"));
}

static void what_flaps_is_told_now_and_then_with_the_number_left_out(void **state)
{
	struct watch *w = *state;
	int lines = 0;

	for (int i = 0; i < 300; i++) {
		look(w, i % 2 == 0, 100 * SECOND + i * SECOND / 10);
		for (const char *at = test_log_said(&w->said); (at = strchr(at, '\n')); at++)
			lines++;
	}
	assert_in_range(lines, 2, 4);
	look(w, true, 150 * SECOND);
	assert_non_null(strstr(test_log_said(&w->said), "changes were not told"));
}

static void one_change_that_was_not_told_is_one(void **state)
{
	struct watch *w = *state;

	for (int i = 0; i < 3; i++)
		look(w, i % 2 == 0, 100 * SECOND + i * SECOND / 10);
	look(w, true, 150 * SECOND);
	assert_non_null(strstr(test_log_said(&w->said), "(1 change was not told)"));
}

static void the_worst_counts_and_what_does_not_fit_is_counted(void **state)
{
	struct watch *w = *state;
	char name[16];

	assert_int_equal(gw_health_worst(&w->health), GW_NOTICE);
	for (int i = 0; i < GW_TROUBLES + 5; i++) {
		snprintf(name, sizeof(name), "cam%d", i);
		gw_health_add(&w->health, i == 7 ? GW_DEGRADED : GW_NOTICE, "camera.%s.silent",
			name, "nothing comes");
	}
	assert_int_equal(w->health.count, GW_TROUBLES);
	assert_int_equal(w->health.left_out, 5);
	assert_int_equal(gw_health_worst(&w->health), GW_DEGRADED);
	assert_string_equal(w->health.trouble[7].id, "camera.cam7.silent");
	gw_health_watch(w->log, &w->health, 100 * SECOND);
}

static void stage_health(struct gw_stage *stage, struct gw_health *health)
{
	gw_health_add(health, GW_FAILED, "stage.%s.stuck", stage->ops->name, "it hangs");
}

static void service_health(void *state, struct gw_health *health)
{
	gw_health_add(health, GW_NOTICE, "service.%s.busy", state, "it is busy");
}

static void stages_and_services_are_asked_those_without_an_answer_left_out(void **state)
{
	static const struct gw_stage_ops stage = {.name = "rx", .health = stage_health},
					 silent = {.name = "decode"};
	static const struct gw_service_ops service = {.name = "toy", .health = service_health};
	struct watch *w = *state;
	struct gw gw = {.services = {{&service, NULL}, {&service, "b"}}, .service_count = 2};

	gw.stages[GW_STAGE_RX].ops = &stage;
	gw.stages[GW_STAGE_DECODE].ops = &silent;
	/* Twice: it is no sum over all askings. */
	for (int i = 0; i < 2; i++) {
		w->health.left_out = 3;
		gw_health_collect(&gw, &w->health);
		assert_int_equal(w->health.count, 2);
		assert_int_equal(w->health.left_out, 0);
	}
	assert_string_equal(w->health.trouble[0].id, "stage.rx.stuck");
	assert_string_equal(w->health.trouble[1].id, "service.b.busy");
}

/* Cut at every place of a character of four bytes, and with a byte that is none. */
static void what_is_too_long_ends_with_a_whole_character(void **state)
{
	struct watch *w = *state;
	char text[2 * GW_TROUBLE_TEXT];

	for (int shift = 0; shift < 4; shift++) {
		w->health.count = 0;
		memset(text, 'x', (size_t)shift);
		text[shift] = '\0';
		for (size_t i = 0; i < GW_TROUBLE_TEXT / 4 + 1; i++)
			strcat(text, "\xf0\x9f\x93\xb7");
		gw_health_add(&w->health, GW_DEGRADED, "kafka.%s.down", text, "%s", text);
		const struct gw_trouble *trouble = &w->health.trouble[0];
		const size_t size = strlen(trouble->text);

		assert_true(size >= GW_TROUBLE_TEXT - 4 && size < GW_TROUBLE_TEXT);
		assert_int_equal((size - (size_t)shift) % 4, 0);
		assert_memory_equal(trouble->text, text, size);
		assert_int_equal((strlen(trouble->id) - 6 - (size_t)shift) % 4, 0);
	}
	w->health.count = 0;
	gw_health_add(&w->health, GW_DEGRADED, "disk", NULL, "what \xff says");
	assert_string_equal(w->health.trouble[0].text, "what ? says");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_is_too_long_ends_with_a_whole_character, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_trouble_is_told_once_and_its_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_flaps_is_told_now_and_then_with_the_number_left_out, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			one_change_that_was_not_told_is_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			the_worst_counts_and_what_does_not_fit_is_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			stages_and_services_are_asked_those_without_an_answer_left_out, set_up,
			tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
