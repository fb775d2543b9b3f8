#include "dataplane/reception.h"

#include "core/clock.h"
#include "core/test.h"
#include "dataplane/rtp.h"

struct session {
	struct sequence sequence;
	struct reception reception;
	uint64_t next;
	int64_t now;
	uint32_t timestamp;
};

static struct session begin(uint16_t number)
{
	struct session session = {.now = 1000 * GW_NS_PER_S};

	sequence_restart(&session.sequence, number);
	reception_begin(&session.reception, &session.sequence);
	session.next = session.sequence.first;
	return session;
}

static void send(struct session *session, uint32_t packets)
{
	for (uint32_t i = 0; i < packets; i++)
		reception_give_up(
			&session->reception, sequence_mark(&session->sequence, session->next++));
}

/* A picture of ten packets, 40 ms after the one before, `late` behind its time. */
static void picture(struct session *session, int64_t late)
{
	reception_note_picture(
		&session->reception, &session->sequence, session->timestamp, session->now + late);
	send(session, 10);
	session->timestamp += 3600;
	session->now += 40 * GW_NS_PER_MS;
}

static struct reception_facts facts(const struct session *session)
{
	struct reception_facts facts;

	reception_read(&session->reception, &session->sequence, &facts);
	return facts;
}

static void what_comes_whole_has_lost_nothing(void **state)
{
	struct session session = begin(65000);

	assert_int_equal(facts(&session).expected, 0);
	send(&session, 1000);
	assert_int_equal(facts(&session).expected, 1000);
	assert_int_equal(facts(&session).lost, 0);
	/* One round further. */
	assert_int_equal(facts(&session).highest, 0x10000 + (65000 + 999) % 0x10000);
}

static void losses_are_told_at_once_and_stay_told(void **state)
{
	struct session session = begin(1);

	send(&session, 10);
	session.next += 3;
	send(&session, 1);
	assert_int_equal(facts(&session).expected, 14);
	assert_int_equal(facts(&session).lost, 3);
	/* One of them was only late. */
	reception_give_up(
		&session.reception, sequence_mark(&session.sequence, session.sequence.highest - 2));
	assert_int_equal(facts(&session).lost, 2);
	send(&session, 5000);
	assert_int_equal(facts(&session).lost, 2);
	assert_int_equal(facts(&session).expected, 5014);
}

static void numbers_that_begin_anew_begin_the_count(void **state)
{
	struct session session = begin(1);

	send(&session, 10);
	session.next += 3;
	send(&session, 1);
	reception_give_up(&session.reception, sequence_flush(&session.sequence));
	assert_int_equal(facts(&session).lost, 3);
	sequence_restart(&session.sequence, 500);
	reception_begin(&session.reception, &session.sequence);
	session.next = session.sequence.first;
	send(&session, 2);
	assert_int_equal(facts(&session).expected, 2);
	assert_int_equal(facts(&session).lost, 0);
	assert_int_equal(facts(&session).highest, 501);
}

static void an_even_stream_has_no_jitter(void **state)
{
	struct session session = begin(1);

	for (int i = 0; i < 200; i++)
		picture(&session, 7 * GW_NS_PER_MS);
	assert_int_equal(facts(&session).jitter, 0);
}

static void jitter_is_the_mean_difference_of_transit_times(void **state)
{
	struct session session = begin(1);

	/* Every other picture is 10 ms late: each differs by that from the one before. */
	for (int i = 0; i < 400; i++)
		picture(&session, i % 2 * 10 * GW_NS_PER_MS);
	assert_in_range(facts(&session).jitter, 890, 900); /* of 900 ticks */
}

static void a_clock_that_jumps_is_no_jitter(void **state)
{
	struct session session = begin(1);

	for (int i = 0; i < 10; i++)
		picture(&session, 0);
	session.timestamp += 1234567;
	reception_forget_time(&session.reception);
	for (int i = 0; i < 10; i++)
		picture(&session, 0);
	assert_int_equal(facts(&session).jitter, 0);
}

static void the_share_that_is_lost_is_that_of_the_last_seconds(void **state)
{
	struct session session = begin(1);

	/* 25 pictures a second: 5 s are 125; one packet of eleven is lost. */
	for (int i = 0; i < 130; i++) {
		picture(&session, 0);
		session.next++;
	}
	assert_in_range(session.reception.lost_ppm, 85000, 95000);
	for (int i = 0; i < 260; i++)
		picture(&session, 0);
	assert_int_equal(session.reception.lost_ppm, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_whole_has_lost_nothing),
		cmocka_unit_test(losses_are_told_at_once_and_stay_told),
		cmocka_unit_test(numbers_that_begin_anew_begin_the_count),
		cmocka_unit_test(an_even_stream_has_no_jitter),
		cmocka_unit_test(jitter_is_the_mean_difference_of_transit_times),
		cmocka_unit_test(a_clock_that_jumps_is_no_jitter),
		cmocka_unit_test(the_share_that_is_lost_is_that_of_the_last_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
