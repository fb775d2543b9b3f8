#include "core/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "session/dialogue.h"

#define SDP \
	"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 JPEG/90000\r\na=control:stream=0\r\n" \
	"a=x-dimensions:640,480\r\n"

static struct gw_address address(const char *text)
{
	struct gw_address it = {.family = AF_INET};

	inet_pton(AF_INET, text, it.bytes);
	return it;
}

static struct rtsp_answer described(const char *sdp)
{
	struct rtsp_answer answer = {
		.status = 200,
		.body = sdp,
		.body_size = strlen(sdp),
		.local = address("192.0.2.1"),
		.peer = address("192.0.2.11"),
	};

	strcpy(answer.base, "rtsp://192.0.2.11/s/");
	return answer;
}

static struct rtsp_answer with_transport(const char *transport)
{
	struct rtsp_answer answer = {.status = 200, .timeout_s = 20};

	strcpy(answer.transport, transport);
	return answer;
}

static void take(struct dialogue *dialogue, struct rtsp_answer answer)
{
	struct gw_error error;

	if (dialogue_take(dialogue, &answer, &error) != 0)
		fail_msg("%s", error.text);
}

static void refused(
	struct dialogue *dialogue, struct rtsp_answer answer, int wanted, const char *reason)
{
	struct gw_error error;

	assert_int_equal(dialogue_take(dialogue, &answer, &error), wanted);
	if (!strstr(error.text, reason))
		fail_msg("%s", error.text);
}

static void asks(struct dialogue *dialogue, enum rtsp_method method, const char *url)
{
	const struct rtsp_request request = dialogue_request(dialogue);

	assert_int_equal(request.method, method);
	assert_string_equal(request.url, url);
}

static struct dialogue begun(enum gw_transport transport)
{
	struct dialogue dialogue;

	dialogue_begin(&dialogue, "rtsp://192.0.2.11/s", transport);
	return dialogue;
}

static void a_camera_plays(void **state)
{
	struct dialogue dialogue = begun(GW_TRANSPORT_AUTO);

	asks(&dialogue, RTSP_DESCRIBE, "rtsp://192.0.2.11/s");
	take(&dialogue, described(SDP));
	assert_int_equal(dialogue.step, DIALOGUE_PORTS);
	assert_false(dialogue_end(&dialogue));
	dialogue_set_port(&dialogue, 50000);
	asks(&dialogue, RTSP_SETUP, "rtsp://192.0.2.11/s/stream=0");
	assert_string_equal(
		dialogue_request(&dialogue).transport, "RTP/AVP;unicast;client_port=50000-50001");
	take(&dialogue, with_transport("RTP/AVP;unicast;client_port=50000-50001"));
	assert_int_equal(dialogue.step, DIALOGUE_LEARNED);
	assert_int_equal(dialogue.learned.port, 50000);
	assert_int_equal(dialogue.learned.payload_type, 96);
	assert_int_equal(dialogue.learned.width, 640);
	assert_memory_equal(dialogue.learned.source.bytes, "\xc0\0\2\x0b", 4);
	assert_memory_equal(dialogue.learned.destination.bytes, "\xc0\0\2\1", 4);
	dialogue_go_on(&dialogue);
	asks(&dialogue, RTSP_PLAY, "rtsp://192.0.2.11/s/");
	take(&dialogue, (struct rtsp_answer){.status = 200});
	assert_int_equal(dialogue.step, DIALOGUE_PLAYING);
	assert_int_equal(dialogue_sign_s(&dialogue), 10);
	asks(&dialogue, RTSP_GET_PARAMETER, "rtsp://192.0.2.11/s/");
	take(&dialogue, (struct rtsp_answer){.status = 501});
	asks(&dialogue, RTSP_OPTIONS, "rtsp://192.0.2.11/s/");
	take(&dialogue, (struct rtsp_answer){.status = 200});
	refused(&dialogue, (struct rtsp_answer){.status = 454}, -ESTALE, "forgotten");
	assert_true(dialogue_end(&dialogue));
	asks(&dialogue, RTSP_TEARDOWN, "rtsp://192.0.2.11/s/");
	take(&dialogue, (struct rtsp_answer){.status = 454});
	assert_int_equal(dialogue.step, DIALOGUE_OVER);
}

static void a_group_is_asked_for_where_our_address_is_not_served(void **state)
{
	struct dialogue dialogue = begun(GW_TRANSPORT_AUTO);

	take(&dialogue, described(SDP "c=IN IP4 239.1.2.3\r\n"));
	dialogue_set_port(&dialogue, 50000);
	take(&dialogue, (struct rtsp_answer){.status = 461});
	assert_int_equal(dialogue.step, DIALOGUE_PORTS);
	assert_int_equal(dialogue.way, TRANSPORT_MULTICAST);
	dialogue_set_port(&dialogue, 0);
	assert_string_equal(dialogue_request(&dialogue).transport, "RTP/AVP;multicast");
	take(&dialogue, with_transport("RTP/AVP;multicast;destination=239.1.2.9;port=6000-6001"));
	assert_int_equal(dialogue.learned.port, 6000);
	assert_memory_equal(dialogue.learned.destination.bytes, "\xef\1\2\x09", 4);
	assert_int_equal(dialogue.step, DIALOGUE_LEARNED);
}

static struct rtsp_answer within(const char *transport)
{
	struct rtsp_answer answer = with_transport(transport);

	answer.local_port = 40000;
	answer.peer_port = 554;
	return answer;
}

static void the_connection_is_asked_for_where_nothing_else_is_served(void **state)
{
	struct dialogue dialogue = begun(GW_TRANSPORT_AUTO);

	take(&dialogue, described(SDP));
	dialogue_set_port(&dialogue, 50000);
	take(&dialogue, (struct rtsp_answer){.status = 461});
	dialogue_set_port(&dialogue, 0);
	take(&dialogue, (struct rtsp_answer){.status = 461});
	assert_int_equal(dialogue.step, DIALOGUE_PORTS);
	assert_int_equal(dialogue.way, TRANSPORT_TCP);
	dialogue_set_port(&dialogue, 0);
	assert_string_equal(
		dialogue_request(&dialogue).transport, "RTP/AVP/TCP;unicast;interleaved=0-1");
	take(&dialogue, within("RTP/AVP/TCP;unicast;interleaved=4-6"));
	assert_int_equal(dialogue.step, DIALOGUE_LEARNED);
	assert_true(dialogue.learned.is_within);
	assert_int_equal(dialogue.learned.port, 40000);
	assert_int_equal(dialogue.peer_port, 554);
	assert_memory_equal(dialogue.channels, "\4\6", 2);
	assert_memory_equal(dialogue.learned.destination.bytes, "\xc0\0\2\1", 4);
	dialogue = begun(GW_TRANSPORT_TCP);
	take(&dialogue, described(SDP));
	dialogue_set_port(&dialogue, 0);
	refused(&dialogue, (struct rtsp_answer){.status = 461}, -ENOTSUP, "set transport to auto");
}

static void who_asks_by_tls_gets_no_pictures_outside_of_it(void **state)
{
	struct dialogue dialogue;

	/* Within the connection first, and nothing else after it. */
	dialogue_begin(&dialogue, "rtsps://192.0.2.11/s", GW_TRANSPORT_AUTO);
	take(&dialogue, described(SDP));
	assert_int_equal(dialogue.way, TRANSPORT_TCP);
	dialogue_set_port(&dialogue, 0);
	refused(&dialogue, (struct rtsp_answer){.status = 461}, -ENOTSUP,
		"does not send within the connection (461), where TLS");
	/* A camera that answers with another way than it was asked for. */
	dialogue_begin(&dialogue, "rtsps://192.0.2.11/s", GW_TRANSPORT_AUTO);
	take(&dialogue, described(SDP));
	dialogue_set_port(&dialogue, 0);
	refused(&dialogue, with_transport("RTP/AVP;unicast;client_port=50000-50001"), -ENOTSUP,
		"outside of TLS");
	/* TCP by name is that which TLS protects. */
	dialogue_begin(&dialogue, "rtsps://192.0.2.11/s", GW_TRANSPORT_TCP);
	take(&dialogue, described(SDP));
	dialogue_set_port(&dialogue, 0);
	refused(&dialogue, with_transport("RTP/AVP;unicast;client_port=50000-50001"), -ENOTSUP,
		"outside of TLS");
	refused(&dialogue, (struct rtsp_answer){.status = 461}, -ENOTSUP, "where TLS");
	/* Whoever asks for that by name gets it. */
	dialogue_begin(&dialogue, "rtsps://192.0.2.11/s", GW_TRANSPORT_UDP);
	take(&dialogue, described(SDP));
	assert_int_equal(dialogue.way, TRANSPORT_UDP);
	/* With a key of their own, packets need no TLS. */
	dialogue_begin(&dialogue, "rtsps://192.0.2.11/s", GW_TRANSPORT_AUTO);
	take(&dialogue,
		described("v=0\r\nm=video 0 RTP/SAVP 26\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
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
			take(&dialogue, described(SDP));
			assert_int_equal(dialogue.way, refused_way ? TRANSPORT_TCP : TRANSPORT_UDP);
			dialogue_set_port(&dialogue, 50000);
			if (refused_way)
				continue;
			take(&dialogue, with_transport("RTP/AVP;unicast;client_port=50000-50001"));
			assert_int_equal(dialogue_is_open(&dialogue), !has_key);
		}
}

static struct rtsp_answer moved(const char *location)
{
	struct rtsp_answer answer = {.status = 302};

	strcpy(answer.location, location);
	return answer;
}

static void a_stream_that_moved_on_its_host_is_followed(void **state)
{
	struct dialogue dialogue = begun(GW_TRANSPORT_AUTO);
	struct rtsp_answer answer = described(SDP);

	answer.base[0] = '\0';
	take(&dialogue, moved("rtsp://192.0.2.11:554/t?a=b"));
	asks(&dialogue, RTSP_DESCRIBE, "rtsp://192.0.2.11:554/t?a=b");
	take(&dialogue, answer);
	dialogue_set_port(&dialogue, 50000);
	asks(&dialogue, RTSP_SETUP, "rtsp://192.0.2.11:554/t?a=b/stream=0");
	/* In circles. */
	dialogue = begun(GW_TRANSPORT_AUTO);
	for (int i = 0; i < 3; i++)
		take(&dialogue, moved("rtsp://192.0.2.11/s"));
	refused(&dialogue, moved("rtsp://192.0.2.11/s"), -ENOENT, "moved");
	/* To somebody else, or with a name of its own. */
	dialogue = begun(GW_TRANSPORT_AUTO);
	refused(&dialogue, moved("rtsp://192.0.2.12/s"), -ENOENT, "moved to rtsp://192.0.2.12/s");
	refused(&dialogue, moved("rtsp://192.0.2.11:8554/s"), -ENOENT, "moved");
	refused(&dialogue, moved("rtsps://192.0.2.11:554/s"), -ENOENT, "moved");
	refused(&dialogue, moved("rtsp://anna:secret@192.0.2.11/s"), -ENOENT, "moved");
	refused(&dialogue, moved(""), -ENOENT, "does not say");
}

static void who_says_nothing_of_the_way_takes_the_one_that_was_asked_for(void **state)
{
	struct dialogue dialogue = begun(GW_TRANSPORT_UDP);

	take(&dialogue, described(SDP));
	dialogue_set_port(&dialogue, 50000);
	take(&dialogue, with_transport(""));
	assert_int_equal(dialogue.step, DIALOGUE_LEARNED);
	assert_int_equal(dialogue.learned.port, 50000);
	dialogue = begun(GW_TRANSPORT_TCP);
	take(&dialogue, described(SDP));
	dialogue_set_port(&dialogue, 0);
	take(&dialogue, within(""));
	assert_true(dialogue.learned.is_within);
	assert_memory_equal(dialogue.channels, "\0\1", 2);
	dialogue = begun(GW_TRANSPORT_TCP);
	take(&dialogue, described(SDP));
	dialogue_set_port(&dialogue, 0);
	take(&dialogue, within("unicast;interleaved=2-3"));
	assert_memory_equal(dialogue.channels, "\2\3", 2);
}

static void a_base_that_says_rtsp_twice_is_read(void **state)
{
	struct dialogue dialogue = begun(GW_TRANSPORT_AUTO);
	struct rtsp_answer answer = described(SDP);

	strcpy(answer.base, "rtsp://rtsp://192.0.2.11:554/s/");
	take(&dialogue, answer);
	dialogue_set_port(&dialogue, 50000);
	asks(&dialogue, RTSP_SETUP, "rtsp://192.0.2.11:554/s/stream=0");
}

static void who_plays_streams_alone_is_asked_for_the_stream(void **state)
{
	struct dialogue dialogue = begun(GW_TRANSPORT_AUTO);

	take(&dialogue, described(SDP));
	dialogue_set_port(&dialogue, 50000);
	take(&dialogue, with_transport("RTP/AVP;unicast;client_port=50000-50001"));
	dialogue_go_on(&dialogue);
	take(&dialogue, (struct rtsp_answer){.status = 459});
	asks(&dialogue, RTSP_PLAY, "rtsp://192.0.2.11/s/stream=0");
	refused(&dialogue, (struct rtsp_answer){.status = 459}, -EPROTO, "459");
	take(&dialogue, (struct rtsp_answer){.status = 200});
	asks(&dialogue, RTSP_GET_PARAMETER, "rtsp://192.0.2.11/s/stream=0");
}

static void urls_of_tls_are_as_all_others(void **state)
{
	struct dialogue dialogue;
	struct rtsp_answer answer = described(SDP);

	dialogue_begin(&dialogue, "rtsps://192.0.2.11/s", GW_TRANSPORT_AUTO);
	strcpy(answer.base, "rtsps://192.0.2.11:322/t/");
	take(&dialogue, answer);
	dialogue_set_port(&dialogue, 0);
	asks(&dialogue, RTSP_SETUP, "rtsps://192.0.2.11:322/t/stream=0");
	dialogue_begin(&dialogue, "rtsps://192.0.2.11/s", GW_TRANSPORT_AUTO);
	take(&dialogue,
		described("v=0\r\nm=video 0 RTP/AVP 26\r\na=control:rtsps://192.0.2.11/u\r\n"));
	dialogue_set_port(&dialogue, 0);
	asks(&dialogue, RTSP_SETUP, "rtsps://192.0.2.11/u");
}

/* Which way is asked for next; -1: none. */
static int next_after(enum gw_transport transport, int status)
{
	struct dialogue dialogue = begun(transport);
	const struct rtsp_answer answer = {.status = status};
	struct gw_error error;

	take(&dialogue, described(SDP));
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
	struct dialogue dialogue = begun(GW_TRANSPORT_AUTO);

	dialogue_prefer(&dialogue, TRANSPORT_TCP);
	take(&dialogue, described(SDP));
	assert_int_equal(dialogue.way, TRANSPORT_TCP);
	dialogue_set_port(&dialogue, 0);
	take(&dialogue, (struct rtsp_answer){.status = 461});
	assert_int_equal(dialogue.way, TRANSPORT_UDP);
	dialogue_set_port(&dialogue, 50000);
	take(&dialogue, (struct rtsp_answer){.status = 461});
	assert_int_equal(dialogue.way, TRANSPORT_MULTICAST);
	dialogue_set_port(&dialogue, 0);
	refused(&dialogue, (struct rtsp_answer){.status = 461}, -ENOTSUP, "allow UDP");
	/* The configuration has the last word. */
	dialogue = begun(GW_TRANSPORT_UDP);
	dialogue_prefer(&dialogue, TRANSPORT_TCP);
	assert_int_equal(dialogue.way, TRANSPORT_UDP);
}

static void a_proof_that_ran_out_is_no_wrong_password(void **state)
{
	const struct rtsp_answer again = {.status = 401, .is_challenge = true};
	struct dialogue dialogue = begun(GW_TRANSPORT_AUTO);

	refused(&dialogue, again, -EACCES, "refuses user or password");
	take(&dialogue, described(SDP));
	dialogue_set_port(&dialogue, 50000);
	take(&dialogue, again);
	asks(&dialogue, RTSP_SETUP, "rtsp://192.0.2.11/s/stream=0");
	take(&dialogue, with_transport("RTP/AVP;unicast;client_port=50000-50001"));
	dialogue_go_on(&dialogue);
	take(&dialogue, (struct rtsp_answer){.status = 200});
	take(&dialogue, again);
	assert_true(dialogue.has_asked_again);
	take(&dialogue, (struct rtsp_answer){.status = 200});
	take(&dialogue, again);
	refused(&dialogue, again, -EACCES, "refuses user or password");
	/* Where no other proof is asked for. */
	refused(&dialogue, (struct rtsp_answer){.status = 401}, -EACCES,
		"refuses user or password");
}

static void the_other_sign_of_life_is_tried_where_one_is_not_taken(void **state)
{
	struct dialogue dialogue = begun(GW_TRANSPORT_AUTO);

	dialogue.step = DIALOGUE_PLAYING;
	asks(&dialogue, RTSP_GET_PARAMETER, "");
	dialogue_unanswered(&dialogue);
	asks(&dialogue, RTSP_OPTIONS, "");
	take(&dialogue, (struct rtsp_answer){.status = 405});
	asks(&dialogue, RTSP_GET_PARAMETER, "");
	take(&dialogue, (struct rtsp_answer){.status = 200});
	asks(&dialogue, RTSP_GET_PARAMETER, "");
	refused(&dialogue, (struct rtsp_answer){.status = 401}, -EACCES, "refuses user");
	asks(&dialogue, RTSP_OPTIONS, "");
}

static void a_camera_that_sends_within_unasked_is_taken_where_that_is_wanted(void **state)
{
	struct dialogue dialogue = begun(GW_TRANSPORT_AUTO);

	take(&dialogue, described(SDP));
	dialogue_set_port(&dialogue, 50000);
	take(&dialogue, within("RTP/AVP/TCP;interleaved=0-1"));
	assert_true(dialogue.learned.is_within);
	assert_int_equal(dialogue.learned.port, 40000);
	dialogue = begun(GW_TRANSPORT_UDP);
	take(&dialogue, described(SDP));
	dialogue_set_port(&dialogue, 50000);
	refused(&dialogue, within("RTP/AVP/TCP;interleaved=0-1"), -ENOTSUP,
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
		struct dialogue dialogue = begun(cases[i].wanted);

		take(&dialogue, described(SDP));
		dialogue_set_port(&dialogue, cases[i].port);
		refused(&dialogue, with_transport(cases[i].answer), -ENOTSUP, cases[i].said);
		assert_true(dialogue_end(&dialogue));
	}
}

static void a_key_of_the_description_is_learned_and_asked_with(void **state)
{
	struct dialogue dialogue = begun(GW_TRANSPORT_TCP);

	take(&dialogue,
		described("v=0\r\nm=video 0 RTP/SAVP 26\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
			  "inline:4fl6DT4Bi+DWT6MsBt5BOQ7Gda1Jiv7rtpYLOqvm\r\n"));
	assert_true(dialogue.learned.srtp_key.is_set);
	dialogue_set_port(&dialogue, 0);
	assert_string_equal(
		dialogue_request(&dialogue).transport, "RTP/SAVP/TCP;unicast;interleaved=0-1");
}

static void a_group_without_an_address_is_refused(void **state)
{
	struct dialogue dialogue = begun(GW_TRANSPORT_MULTICAST);

	take(&dialogue, described(SDP));
	dialogue_set_port(&dialogue, 0);
	refused(&dialogue, with_transport("RTP/AVP;multicast;port=6000-6001"), -EPROTO,
		"does not say to which");
}

static void a_base_that_leads_nowhere_is_not_used(void **state)
{
	struct dialogue dialogue = begun(GW_TRANSPORT_AUTO);
	struct rtsp_answer answer = described(SDP);

	strcpy(answer.base, "/s/");
	take(&dialogue, answer);
	dialogue_set_port(&dialogue, 50000);
	asks(&dialogue, RTSP_SETUP, "rtsp://192.0.2.11/s/stream=0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_camera_plays),
		cmocka_unit_test(a_group_is_asked_for_where_our_address_is_not_served),
		cmocka_unit_test(the_connection_is_asked_for_where_nothing_else_is_served),
		cmocka_unit_test(who_asks_by_tls_gets_no_pictures_outside_of_it),
		cmocka_unit_test(a_key_of_the_configuration_needs_no_tls_either),
		cmocka_unit_test(urls_of_tls_are_as_all_others),
		cmocka_unit_test(a_stream_that_moved_on_its_host_is_followed),
		cmocka_unit_test(who_says_nothing_of_the_way_takes_the_one_that_was_asked_for),
		cmocka_unit_test(a_base_that_says_rtsp_twice_is_read),
		cmocka_unit_test(who_plays_streams_alone_is_asked_for_the_stream),
		cmocka_unit_test(another_way_is_asked_for_where_that_may_help),
		cmocka_unit_test(a_way_may_be_preferred_and_the_others_are_left),
		cmocka_unit_test(a_proof_that_ran_out_is_no_wrong_password),
		cmocka_unit_test(the_other_sign_of_life_is_tried_where_one_is_not_taken),
		cmocka_unit_test(a_camera_that_sends_within_unasked_is_taken_where_that_is_wanted),
		cmocka_unit_test(a_way_that_was_asked_for_by_name_is_the_only_one),
		cmocka_unit_test(a_key_of_the_description_is_learned_and_asked_with),
		cmocka_unit_test(a_group_without_an_address_is_refused),
		cmocka_unit_test(a_base_that_leads_nowhere_is_not_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
