/* When alarms are raised and cleared, and what is told of them. */
#include "core/alarm.h"

#include "core/test.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"

#define RAISE_S 3
#define CLEAR_S 5

static const struct gw_alarm_patience patience = {
	.raise_ns = RAISE_S * GW_NS_PER_S,
	.clear_ns = CLEAR_S * GW_NS_PER_S,
};

struct fixture {
	struct gw_alarms *alarms;
	int64_t second;
	uint64_t taken, missed;
	struct gw_alarm_event event;
};

static int set_up(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){.alarms = gw_alarms_create(), .second = 100};
	*state = &fixture;
	return fixture.alarms ? 0 : -1;
}

static int tear_down(void **state)
{
	gw_alarms_destroy(((struct fixture *)*state)->alarms);
	return 0;
}

/* A look, a second after the one before: the first `cameras` are silent. */
static void look(struct fixture *f, uint32_t cameras)
{
	char name[16];

	f->second++;
	gw_alarms_begin(f->alarms, f->second * GW_NS_PER_S, (1000 + f->second) * GW_NS_PER_S);
	for (uint32_t i = 0; i < cameras; i++) {
		snprintf(name, sizeof(name), "cam%u", i);
		gw_alarms_say(f->alarms, GW_ALARM_CAMERA_SILENT, name, GW_NOTICE, patience,
			"%s is silent", name);
	}
	gw_alarms_end(f->alarms);
}

static bool told(struct fixture *f)
{
	return gw_alarms_next(f->alarms, &f->taken, &f->event, &f->missed, false);
}

static void what_lasts_is_raised_and_what_stays_away_is_cleared(void **state)
{
	struct fixture *f = *state;
	struct gw_alarm list[GW_ALARMS];

	for (int i = 0; i < RAISE_S; i++)
		look(f, 1);
	assert_false(told(f));
	assert_int_equal(gw_alarms_list(f->alarms, list, GW_ALARMS), 0);
	look(f, 1);
	assert_true(told(f));
	assert_true(f->event.raised);
	assert_int_equal(f->event.number, 1);
	assert_string_equal(f->event.alarm.subject, "cam0");
	assert_string_equal(f->event.alarm.text, "cam0 is silent");
	assert_int_equal(gw_alarms_list(f->alarms, list, GW_ALARMS), 1);
	assert_int_equal(list[0].since, 1101 * GW_NS_PER_S);
	assert_true(gw_alarms_is_raised(f->alarms, GW_ALARM_CAMERA_SILENT, "cam0"));
	assert_false(gw_alarms_is_raised(f->alarms, GW_ALARM_CAMERA_BLACK, "cam0"));
	for (int i = 0; i < CLEAR_S - 1; i++)
		look(f, 0);
	assert_false(told(f));
	look(f, 0);
	assert_true(told(f));
	assert_false(f->event.raised);
	assert_int_equal(gw_alarms_list(f->alarms, list, GW_ALARMS), 0);
}

static void what_comes_and_goes_is_neither_raised_nor_cleared(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 20; i++)
		look(f, i % RAISE_S ? 1 : 0);
	assert_false(told(f));
	for (int i = 0; i <= RAISE_S; i++)
		look(f, 1);
	assert_true(told(f));
	for (int i = 0; i < 20; i++)
		look(f, i % (CLEAR_S - 1) ? 0 : 1);
	assert_false(told(f));
}

static void the_same_one_again_is_counted(void **state)
{
	struct fixture *f = *state;
	int64_t first = 0;

	for (int k = 1; k <= 3; k++) {
		for (int i = 0; i <= RAISE_S; i++)
			look(f, 1);
		assert_true(told(f));
		assert_int_equal(f->event.alarm.times, k);
		if (k == 1)
			first = f->event.alarm.first;
		assert_int_equal(f->event.alarm.first, first);
		for (int i = 0; i < CLEAR_S; i++)
			look(f, 0);
		assert_true(told(f));
	}
}

static void many_cameras_are_a_number_beyond_a_limit(void **state)
{
	struct fixture *f = *state;
	struct gw_alarm list[GW_ALARMS];
	uint32_t now[GW_ALARM_COUNT];
	uint64_t raised[GW_ALARM_COUNT];
	uint32_t counted = 0;

	for (int i = 0; i <= RAISE_S; i++)
		look(f, 300);
	const size_t count = gw_alarms_list(f->alarms, list, GW_ALARMS);

	assert_int_equal(count, GW_ALARM_SUBJECTS + 1);
	for (size_t i = 0; i < count; i++) {
		if (list[i].subject[0])
			continue;
		counted++;
		assert_int_equal(list[i].count, 300 - GW_ALARM_SUBJECTS);
		assert_string_equal(list[i].text, "284 further ones have it, too");
	}
	assert_int_equal(counted, 1);
	gw_alarms_count(f->alarms, now, raised);
	assert_int_equal(now[GW_ALARM_CAMERA_SILENT], 300);
	assert_int_equal(raised[GW_ALARM_CAMERA_SILENT], GW_ALARM_SUBJECTS + 1);
	assert_int_equal(now[GW_ALARM_DISK], 0);
}

/* As JSON wants it, and the same one at each look. */
static void a_cut_falls_between_characters(void **state)
{
	struct fixture *f = *state;
	char subject[2 * GW_ALARM_SUBJECT] = "/", text[2 * GW_TROUBLE_TEXT] = "x";

	while (strlen(subject) < GW_ALARM_SUBJECT + 8)
		strcat(subject, "\u20ac");
	while (strlen(text) < GW_TROUBLE_TEXT + 8)
		strcat(text, "\u20ac");
	for (int i = 0; i <= RAISE_S; i++) {
		f->second++;
		gw_alarms_begin(f->alarms, f->second * GW_NS_PER_S, f->second * GW_NS_PER_S);
		gw_alarms_say(f->alarms, GW_ALARM_DISK, subject, GW_DEGRADED, patience, "%s", text);
		gw_alarms_say(f->alarms, GW_ALARM_DISK, "\xff", GW_DEGRADED, patience, "b\xfcld");
		gw_alarms_end(f->alarms);
	}
	assert_true(gw_alarms_is_raised(f->alarms, GW_ALARM_DISK, subject));
	assert_true(told(f));
	assert_int_equal(strlen(f->event.alarm.subject), 1 + 3 * ((GW_ALARM_SUBJECT - 2) / 3));
	assert_memory_equal(f->event.alarm.subject, subject, strlen(f->event.alarm.subject));
	assert_int_equal(strlen(f->event.alarm.text), 1 + 3 * ((GW_TROUBLE_TEXT - 2) / 3));
	assert_memory_equal(f->event.alarm.text, text, strlen(f->event.alarm.text));
	assert_true(told(f));
	assert_string_equal(f->event.alarm.subject, "?");
	assert_string_equal(f->event.alarm.text, "b?ld");
	assert_false(told(f));
}

static void the_worst_of_several_causes_is_told(void **state)
{
	struct fixture *f = *state;
	const struct gw_alarm_patience at_once = {0};

	gw_alarms_begin(f->alarms, GW_NS_PER_S, GW_NS_PER_S);
	gw_alarms_say(f->alarms, GW_ALARM_KAFKA_LATE, "a", GW_DEGRADED, at_once, "late");
	gw_alarms_say(f->alarms, GW_ALARM_KAFKA_LATE, "a", GW_FAILED, at_once, "down");
	gw_alarms_say(f->alarms, GW_ALARM_KAFKA_LATE, "a", GW_NOTICE, at_once, "queue");
	assert_int_equal(gw_alarms_end(f->alarms), 1);
	assert_true(told(f));
	assert_string_equal(f->event.alarm.text, "down");
	assert_int_equal(f->event.alarm.severity, GW_FAILED);
}

static void who_is_slow_is_told_how_much_it_missed(void **state)
{
	struct fixture *f = *state;
	const struct gw_alarm_patience at_once = {0};
	uint64_t count = 0;

	for (int i = 0; i < GW_ALARM_HISTORY; i++) {
		gw_alarms_begin(f->alarms, 2 * i + 1, 2 * i + 1);
		gw_alarms_say(f->alarms, GW_ALARM_CLOCK, NULL, GW_NOTICE, at_once, "off");
		gw_alarms_end(f->alarms);
		gw_alarms_begin(f->alarms, 2 * i + 2, 2 * i + 2);
		gw_alarms_end(f->alarms);
	}
	while (told(f))
		count++;
	assert_int_equal(count, GW_ALARM_HISTORY);
	assert_int_equal(f->missed, GW_ALARM_HISTORY);
	assert_int_equal(f->taken, gw_alarms_events(f->alarms));
}

#define LOOKS 2000

struct reader {
	struct gw_alarms *alarms;
	bool in_haste; /* as a lane, which does not wait */
	uint64_t taken, missed, heard;
	pthread_t thread;
};

static void *read_all(void *arg)
{
	struct reader *reader = arg;
	static const struct timespec moment = {.tv_nsec = 10000};
	struct gw_alarm list[4];
	struct gw_alarm_event event;

	while (reader->taken < LOOKS) {
		gw_alarms_list(reader->alarms, list, 4);
		if (!gw_alarms_next(reader->alarms, &reader->taken, &event, &reader->missed,
			    reader->in_haste)) {
			nanosleep(&moment, NULL);
			continue;
		}
		reader->heard++;
		assert_int_equal(event.number, reader->taken);
		assert_int_equal(event.raised, event.number % 2);
	}
	return NULL;
}

/* Each takes all of it, or knows how much it missed. */
static void many_may_read_while_one_looks(void **state)
{
	struct fixture *f = *state;
	const struct gw_alarm_patience at_once = {0};
	struct reader readers[3] = {{.alarms = f->alarms}, {.alarms = f->alarms, .in_haste = true},
		{.alarms = f->alarms, .in_haste = true}};

	for (int i = 0; i < 3; i++)
		assert_int_equal(
			pthread_create(&readers[i].thread, NULL, read_all, &readers[i]), 0);
	for (int i = 1; i <= LOOKS; i++) {
		gw_alarms_begin(f->alarms, i, i);
		if (i % 2)
			gw_alarms_say(f->alarms, GW_ALARM_CLOCK, NULL, GW_NOTICE, at_once, "off");
		gw_alarms_end(f->alarms);
	}
	for (int i = 0; i < 3; i++) {
		pthread_join(readers[i].thread, NULL);
		assert_int_equal(readers[i].heard + readers[i].missed, LOOKS);
	}
}

static void every_kind_has_a_name_an_id_and_advice_of_its_own(void **state)
{
	for (int i = 0; i < GW_ALARM_COUNT; i++) {
		assert_int_equal(strlen(gw_alarm_kinds[i].message_id), 32);
		assert_int_equal(strspn(gw_alarm_kinds[i].message_id, "0123456789abcdef"), 32);
		assert_string_not_equal(gw_alarm_kinds[i].message_id, GW_ALARM_CLEARED_ID);
		assert_true(strlen(gw_alarm_kinds[i].advice) > 20);
		for (int k = 0; k < i; k++) {
			assert_string_not_equal(gw_alarm_kinds[i].name, gw_alarm_kinds[k].name);
			assert_string_not_equal(
				gw_alarm_kinds[i].message_id, gw_alarm_kinds[k].message_id);
		}
	}
}

/* What `journalctl --catalog` shows of each. */
static void the_journals_catalogue_explains_every_kind_and_nothing_else(void **state)
{
	FILE *file = fopen(SOURCE_ROOT "/packaging/debian/framegate.catalog", "r");
	char line[512];
	bool explained[GW_ALARM_COUNT + 1] = {false};

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		int kind = 0;

		if (strncmp(line, "-- ", 3) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		while (kind < GW_ALARM_COUNT &&
			strcmp(line + 3, gw_alarm_kinds[kind].message_id) != 0)
			kind++;
		if (kind == GW_ALARM_COUNT)
			assert_string_equal(line + 3, GW_ALARM_CLEARED_ID);
		assert_false(explained[kind]);
		explained[kind] = true;
	}
	fclose(file);
	for (int i = 0; i <= GW_ALARM_COUNT; i++)
		assert_true(explained[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_lasts_is_raised_and_what_stays_away_is_cleared),
		TEST(what_comes_and_goes_is_neither_raised_nor_cleared),
		TEST(the_same_one_again_is_counted),
		TEST(many_cameras_are_a_number_beyond_a_limit),
		TEST(a_cut_falls_between_characters),
		TEST(the_worst_of_several_causes_is_told),
		TEST(many_may_read_while_one_looks),
		TEST(who_is_slow_is_told_how_much_it_missed),
		cmocka_unit_test(every_kind_has_a_name_an_id_and_advice_of_its_own),
		cmocka_unit_test(the_journals_catalogue_explains_every_kind_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
