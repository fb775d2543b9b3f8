/* Which way the pictures take: what is asked for, in which order, and what is taken. */
#include "session/dialogue.h"

#include "core/test.h"

#include <errno.h>
#include <string.h>

#include "session/test_dialogue.h"

static void a_group_is_asked_for_where_our_address_is_not_served(void **state)
{
	struct dialogue dialogue = test_begun(GW_TRANSPORT_AUTO);

	test_take(&dialogue, test_described(TEST_SDP "c=IN IP4 239.1.2.3\r\n"));
	dialogue_set_port(&dialogue, 50000);
	test_take(&dialogue, (struct rtsp_answer){.status = 461});
	assert_int_equal(dialogue.step, DIALOGUE_PORTS);
	assert_int_equal(dialogue.way, TRANSPORT_MULTICAST);
	dialogue_set_port(&dialogue, 0);
	assert_string_equal(dialogue_request(&dialogue).transport, "RTP/AVP;multicast");
	test_take(&dialogue,
		test_transport("RTP/AVP;multicast;destination=239.1.2.9;port=6000-6001"));
	assert_int_equal(dialogue.learned.port, 6000);
	assert_memory_equal(dialogue.learned.destination.bytes, "\xef\1\2\x09", 4);
	assert_int_equal(dialogue.step, DIALOGUE_LEARNED);
}

static struct rtsp_answer within(const char *transport)
{
	struct rtsp_answer answer = test_transport(transport);

	answer.local_port = 40000;
	answer.peer_port = 554;
	return answer;
}

static void the_connection_is_asked_for_where_nothing_else_is_served(void **state)
{
	struct dialogue dialogue = test_begun(GW_TRANSPORT_AUTO);

	test_take(&dialogue, test_described(TEST_SDP));
	dialogue_set_port(&dialogue, 50000);
	test_take(&dialogue, (struct rtsp_answer){.status = 461});
	dialogue_set_port(&dialogue, 0);
	test_take(&dialogue, (struct rtsp_answer){.status = 461});
	assert_int_equal(dialogue.step, DIALOGUE_PORTS);
	assert_int_equal(dialogue.way, TRANSPORT_TCP);
	dialogue_set_port(&dialogue, 0);
	assert_string_equal(
		dialogue_request(&dialogue).transport, "RTP/AVP/TCP;unicast;interleaved=0-1");
	test_take(&dialogue, within("RTP/AVP/TCP;unicast;interleaved=4-6"));
	assert_int_equal(dialogue.step, DIALOGUE_LEARNED);
	assert_true(dialogue.learned.is_within);
	assert_int_equal(dialogue.learned.port, 40000);
	assert_int_equal(dialogue.peer_port, 554);
	assert_memory_equal(dialogue.channels, "\4\6", 2);
	assert_memory_equal(dialogue.learned.destination.bytes, "\xc0\0\2\1", 4);
	dialogue = test_begun(GW_TRANSPORT_TCP);
	test_take(&dialogue, test_described(TEST_SDP));
	dialogue_set_port(&dialogue, 0);
	test_refused(
		&dialogue, (struct rtsp_answer){.status = 461}, -ENOTSUP, "set transport to auto");
}

static void who_asks_by_tls_gets_no_pictures_outside_of_it(void **state)
{
	struct dialogue dialogue;

	/* Within the connection first, and nothing else after it. */
	dialogue_begin(&dialogue, "rtsps://192.0.2.11/s", GW_TRANSPORT_AUTO);
	test_take(&dialogue, test_described(TEST_SDP));
	assert_int_equal(dialogue.way, TRANSPORT_TCP);
	dialogue_set_port(&dialogue, 0);
	test_refused(&dialogue, (struct rtsp_answer){.status = 461}, -ENOTSUP,
		"does not send within the connection (461), where TLS");
	/* A camera that answers with another way than it was asked for. */
	dialogue_begin(&dialogue, "rtsps://192.0.2.11/s", GW_TRANSPORT_AUTO);
	test_take(&dialogue, test_described(TEST_SDP));
	dialogue_set_port(&dialogue, 0);
	test_refused(&dialogue, test_transport("RTP/AVP;unicast;client_port=50000-50001"), -ENOTSUP,
		"outside of TLS");
	/* TCP by name is that which TLS protects. */
	dialogue_begin(&dialogue, "rtsps://192.0.2.11/s", GW_TRANSPORT_TCP);
	test_take(&dialogue, test_described(TEST_SDP));
	dialogue_set_port(&dialogue, 0);
	test_refused(&dialogue, test_transport("RTP/AVP;unicast;client_port=50000-50001"), -ENOTSUP,
		"outside of TLS");
	test_refused(&dialogue, (struct rtsp_answer){.status = 461}, -ENOTSUP, "where TLS");
	/* Whoever asks for that by name gets it. */
	dialogue_begin(&dialogue, "rtsps://192.0.2.11/s", GW_TRANSPORT_UDP);
	test_take(&dialogue, test_described(TEST_SDP));
	assert_int_equal(dialogue.way, TRANSPORT_UDP);
	/* With a key of their own, packets need no TLS. */
	dialogue_begin(&dialogue, "rtsps://192.0.2.11/s", GW_TRANSPORT_AUTO);
	test_take(&dialogue,
		test_described("v=0\r\nm=video 0 RTP/SAVP 26\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
			       "inline:ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CB\r\n"));
	assert_int_equal(dialogue.way, TRANSPORT_UDP);
}

static void a_key_of_the_configuration_needs_no_tls_either(void **state)
{
	static const enum gw_transport wanted[] = {GW_TRANSPORT_AUTO, GW_TRANSPORT_UDP};

	for (size_t i = 0; i < 2; i++)
		for (int has_key = 0; has_key < 2; has_key++) {
			struct dialogue dialogue;
			const bool refused_way = wanted[i] == GW_TRANSPORT_AUTO && !has_key;

			dialogue_begin(&dialogue, "rtsps://192.0.2.11/s", wanted[i]);
			if (has_key)
				dialogue_expect_key(&dialogue);
			test_take(&dialogue, test_described(TEST_SDP));
			assert_int_equal(dialogue.way, refused_way ? TRANSPORT_TCP : TRANSPORT_UDP);
			dialogue_set_port(&dialogue, 50000);
			if (refused_way)
				continue;
			test_take(&dialogue,
				test_transport("RTP/AVP;unicast;client_port=50000-50001"));
			assert_int_equal(dialogue_is_open(&dialogue), !has_key);
		}
}

static void who_says_nothing_of_the_way_takes_the_one_that_was_asked_for(void **state)
{
	struct dialogue dialogue = test_begun(GW_TRANSPORT_UDP);

	test_take(&dialogue, test_described(TEST_SDP));
	dialogue_set_port(&dialogue, 50000);
	test_take(&dialogue, test_transport(""));
	assert_int_equal(dialogue.step, DIALOGUE_LEARNED);
	assert_int_equal(dialogue.learned.port, 50000);
	dialogue = test_begun(GW_TRANSPORT_TCP);
	test_take(&dialogue, test_described(TEST_SDP));
	dialogue_set_port(&dialogue, 0);
	test_take(&dialogue, within(""));
	assert_true(dialogue.learned.is_within);
	assert_memory_equal(dialogue.channels, "\0\1", 2);
	dialogue = test_begun(GW_TRANSPORT_TCP);
	test_take(&dialogue, test_described(TEST_SDP));
	dialogue_set_port(&dialogue, 0);
	test_take(&dialogue, within("unicast;interleaved=2-3"));
	assert_memory_equal(dialogue.channels, "\2\3", 2);
}

/* Which way is asked for next; -1: none. */
static int next_after(enum gw_transport transport, int status)
{
	struct dialogue dialogue = test_begun(transport);
	const struct rtsp_answer answer = {.status = status};
	struct gw_error error;

	test_take(&dialogue, test_described(TEST_SDP));
	dialogue_set_port(&dialogue, 50000);
	if (dialogue_take(&dialogue, &answer, &error) != 0)
		return -1;
	assert_int_equal(dialogue.step, DIALOGUE_PORTS);
	return (int)dialogue.way;
}

static void another_way_is_asked_for_where_that_may_help(void **state)
{
	assert_int_equal(next_after(GW_TRANSPORT_AUTO, 500), TRANSPORT_MULTICAST);
	assert_int_equal(next_after(GW_TRANSPORT_UDP, 500), -1);
	assert_int_equal(next_after(GW_TRANSPORT_AUTO, 404), -1);
}

static void a_way_may_be_preferred_and_the_others_are_left(void **state)
{
	struct dialogue dialogue = test_begun(GW_TRANSPORT_AUTO);

	dialogue_prefer(&dialogue, TRANSPORT_TCP);
	test_take(&dialogue, test_described(TEST_SDP));
	assert_int_equal(dialogue.way, TRANSPORT_TCP);
	dialogue_set_port(&dialogue, 0);
	test_take(&dialogue, (struct rtsp_answer){.status = 461});
	assert_int_equal(dialogue.way, TRANSPORT_UDP);
	dialogue_set_port(&dialogue, 50000);
	test_take(&dialogue, (struct rtsp_answer){.status = 461});
	assert_int_equal(dialogue.way, TRANSPORT_MULTICAST);
	dialogue_set_port(&dialogue, 0);
	test_refused(&dialogue, (struct rtsp_answer){.status = 461}, -ENOTSUP, "allow UDP");
	/* The configuration has the last word. */
	dialogue = test_begun(GW_TRANSPORT_UDP);
	dialogue_prefer(&dialogue, TRANSPORT_TCP);
	assert_int_equal(dialogue.way, TRANSPORT_UDP);
}

static void a_camera_that_sends_within_unasked_is_taken_where_that_is_wanted(void **state)
{
	struct dialogue dialogue = test_begun(GW_TRANSPORT_AUTO);

	test_take(&dialogue, test_described(TEST_SDP));
	dialogue_set_port(&dialogue, 50000);
	test_take(&dialogue, within("RTP/AVP/TCP;interleaved=0-1"));
	assert_true(dialogue.learned.is_within);
	assert_int_equal(dialogue.learned.port, 40000);
	dialogue = test_begun(GW_TRANSPORT_UDP);
	test_take(&dialogue, test_described(TEST_SDP));
	dialogue_set_port(&dialogue, 50000);
	test_refused(&dialogue, within("RTP/AVP/TCP;interleaved=0-1"), -ENOTSUP,
		"within the RTSP connection only");
	assert_true(dialogue_end(&dialogue));
}

static void a_way_that_was_asked_for_by_name_is_the_only_one(void **state)
{
	static const char udp[] = "RTP/AVP;unicast;client_port=50000-50001";
	static const char group[] = "RTP/AVP;multicast;destination=239.1.2.9;port=6000-6001";
	static const struct {
		enum gw_transport wanted;
		uint16_t port;
		const char *answer, *said;
	} cases[] = {
		{GW_TRANSPORT_TCP, 0, udp, "by tcp and would send by udp"},
		{GW_TRANSPORT_TCP, 0, group, "by tcp and would send by multicast"},
		{GW_TRANSPORT_MULTICAST, 0, udp, "by multicast and would send by udp"},
		{GW_TRANSPORT_UDP, 50000, group, "by udp and would send by multicast"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dialogue dialogue = test_begun(cases[i].wanted);

		test_take(&dialogue, test_described(TEST_SDP));
		dialogue_set_port(&dialogue, cases[i].port);
		test_refused(&dialogue, test_transport(cases[i].answer), -ENOTSUP, cases[i].said);
		assert_true(dialogue_end(&dialogue));
	}
}

static void a_key_of_the_description_is_learned_and_asked_with(void **state)
{
	struct dialogue dialogue = test_begun(GW_TRANSPORT_TCP);

	test_take(&dialogue,
		test_described("v=0\r\nm=video 0 RTP/SAVP 26\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
			       "inline:4fl6DT4Bi+DWT6MsBt5BOQ7Gda1Jiv7rtpYLOqvm\r\n"));
	assert_true(dialogue.learned.srtp_key.is_set);
	dialogue_set_port(&dialogue, 0);
	assert_string_equal(
		dialogue_request(&dialogue).transport, "RTP/SAVP/TCP;unicast;interleaved=0-1");
}

static void a_group_without_an_address_is_refused(void **state)
{
	struct dialogue dialogue = test_begun(GW_TRANSPORT_MULTICAST);

	test_take(&dialogue, test_described(TEST_SDP));
	dialogue_set_port(&dialogue, 0);
	test_refused(&dialogue, test_transport("RTP/AVP;multicast;port=6000-6001"), -EPROTO,
		"does not say to which");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_group_is_asked_for_where_our_address_is_not_served),
		cmocka_unit_test(the_connection_is_asked_for_where_nothing_else_is_served),
		cmocka_unit_test(who_asks_by_tls_gets_no_pictures_outside_of_it),
		cmocka_unit_test(a_key_of_the_configuration_needs_no_tls_either),
		cmocka_unit_test(who_says_nothing_of_the_way_takes_the_one_that_was_asked_for),
		cmocka_unit_test(another_way_is_asked_for_where_that_may_help),
		cmocka_unit_test(a_way_may_be_preferred_and_the_others_are_left),
		cmocka_unit_test(a_camera_that_sends_within_unasked_is_taken_where_that_is_wanted),
		cmocka_unit_test(a_way_that_was_asked_for_by_name_is_the_only_one),
		cmocka_unit_test(a_key_of_the_description_is_learned_and_asked_with),
		cmocka_unit_test(a_group_without_an_address_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
