/* What is asked of a camera, by which URL, and what its answers lead to. */
#include "session/dialogue.h"

#include "core/test.h"

#include <errno.h>
#include <string.h>

#include "session/test_dialogue.h"

static void a_camera_plays(void **state)
{
	struct dialogue dialogue = test_begun(GW_TRANSPORT_AUTO);

	test_asks(&dialogue, RTSP_DESCRIBE, "rtsp://192.0.2.11/s");
	test_take(&dialogue, test_described(TEST_SDP));
	assert_int_equal(dialogue.step, DIALOGUE_PORTS);
	assert_false(dialogue_end(&dialogue));
	dialogue_set_port(&dialogue, 50000);
	test_asks(&dialogue, RTSP_SETUP, "rtsp://192.0.2.11/s/stream=0");
	assert_string_equal(
		dialogue_request(&dialogue).transport, "RTP/AVP;unicast;client_port=50000-50001");
	test_take(&dialogue, test_transport("RTP/AVP;unicast;client_port=50000-50001"));
	assert_int_equal(dialogue.step, DIALOGUE_LEARNED);
	assert_int_equal(dialogue.learned.port, 50000);
	assert_int_equal(dialogue.learned.payload_type, 96);
	assert_int_equal(dialogue.learned.width, 640);
	assert_memory_equal(dialogue.learned.source.bytes, "\xc0\0\2\x0b", 4);
	assert_memory_equal(dialogue.learned.destination.bytes, "\xc0\0\2\1", 4);
	dialogue_go_on(&dialogue);
	test_asks(&dialogue, RTSP_PLAY, "rtsp://192.0.2.11/s/");
	test_take(&dialogue, (struct rtsp_answer){.status = 200});
	assert_int_equal(dialogue.step, DIALOGUE_PLAYING);
	assert_int_equal(dialogue_sign_s(&dialogue), 10);
	test_asks(&dialogue, RTSP_GET_PARAMETER, "rtsp://192.0.2.11/s/");
	test_take(&dialogue, (struct rtsp_answer){.status = 501});
	test_asks(&dialogue, RTSP_OPTIONS, "rtsp://192.0.2.11/s/");
	test_take(&dialogue, (struct rtsp_answer){.status = 200});
	test_refused(&dialogue, (struct rtsp_answer){.status = 454}, -ESTALE, "forgotten");
	assert_true(dialogue_end(&dialogue));
	test_asks(&dialogue, RTSP_TEARDOWN, "rtsp://192.0.2.11/s/");
	test_take(&dialogue, (struct rtsp_answer){.status = 454});
	assert_int_equal(dialogue.step, DIALOGUE_OVER);
}

static struct rtsp_answer moved(const char *location)
{
	struct rtsp_answer answer = {.status = 302};

	strcpy(answer.location, location);
	return answer;
}

static void a_stream_that_moved_on_its_host_is_followed(void **state)
{
	struct dialogue dialogue = test_begun(GW_TRANSPORT_AUTO);
	struct rtsp_answer answer = test_described(TEST_SDP);

	answer.base[0] = '\0';
	test_take(&dialogue, moved("rtsp://192.0.2.11:554/t?a=b"));
	test_asks(&dialogue, RTSP_DESCRIBE, "rtsp://192.0.2.11:554/t?a=b");
	test_take(&dialogue, answer);
	dialogue_set_port(&dialogue, 50000);
	test_asks(&dialogue, RTSP_SETUP, "rtsp://192.0.2.11:554/t?a=b/stream=0");
	/* In circles. */
	dialogue = test_begun(GW_TRANSPORT_AUTO);
	for (int i = 0; i < 3; i++)
		test_take(&dialogue, moved("rtsp://192.0.2.11/s"));
	test_refused(&dialogue, moved("rtsp://192.0.2.11/s"), -ENOENT, "moved");
	/* To somebody else, or with a name of its own. */
	dialogue = test_begun(GW_TRANSPORT_AUTO);
	test_refused(
		&dialogue, moved("rtsp://192.0.2.12/s"), -ENOENT, "moved to rtsp://192.0.2.12/s");
	test_refused(&dialogue, moved("rtsp://192.0.2.11:8554/s"), -ENOENT, "moved");
	test_refused(&dialogue, moved("rtsps://192.0.2.11:554/s"), -ENOENT, "moved");
	test_refused(&dialogue, moved("rtsp://anna:secret@192.0.2.11/s"), -ENOENT, "moved");
	test_refused(&dialogue, moved(""), -ENOENT, "does not say");
}

static void a_base_that_says_rtsp_twice_is_read(void **state)
{
	struct dialogue dialogue = test_begun(GW_TRANSPORT_AUTO);
	struct rtsp_answer answer = test_described(TEST_SDP);

	strcpy(answer.base, "rtsp://rtsp://192.0.2.11:554/s/");
	test_take(&dialogue, answer);
	dialogue_set_port(&dialogue, 50000);
	test_asks(&dialogue, RTSP_SETUP, "rtsp://192.0.2.11:554/s/stream=0");
}

static void a_base_that_leads_nowhere_is_not_used(void **state)
{
	struct dialogue dialogue = test_begun(GW_TRANSPORT_AUTO);
	struct rtsp_answer answer = test_described(TEST_SDP);

	strcpy(answer.base, "/s/");
	test_take(&dialogue, answer);
	dialogue_set_port(&dialogue, 50000);
	test_asks(&dialogue, RTSP_SETUP, "rtsp://192.0.2.11/s/stream=0");
}

static void who_plays_streams_alone_is_asked_for_the_stream(void **state)
{
	struct dialogue dialogue = test_begun(GW_TRANSPORT_AUTO);

	test_take(&dialogue, test_described(TEST_SDP));
	dialogue_set_port(&dialogue, 50000);
	test_take(&dialogue, test_transport("RTP/AVP;unicast;client_port=50000-50001"));
	dialogue_go_on(&dialogue);
	test_take(&dialogue, (struct rtsp_answer){.status = 459});
	test_asks(&dialogue, RTSP_PLAY, "rtsp://192.0.2.11/s/stream=0");
	test_refused(&dialogue, (struct rtsp_answer){.status = 459}, -EPROTO, "459");
	test_take(&dialogue, (struct rtsp_answer){.status = 200});
	test_asks(&dialogue, RTSP_GET_PARAMETER, "rtsp://192.0.2.11/s/stream=0");
}

static void urls_of_tls_are_as_all_others(void **state)
{
	struct dialogue dialogue;
	struct rtsp_answer answer = test_described(TEST_SDP);

	dialogue_begin(&dialogue, "rtsps://192.0.2.11/s", GW_TRANSPORT_AUTO);
	strcpy(answer.base, "rtsps://192.0.2.11:322/t/");
	test_take(&dialogue, answer);
	dialogue_set_port(&dialogue, 0);
	test_asks(&dialogue, RTSP_SETUP, "rtsps://192.0.2.11:322/t/stream=0");
	dialogue_begin(&dialogue, "rtsps://192.0.2.11/s", GW_TRANSPORT_AUTO);
	test_take(&dialogue,
		test_described(
			"v=0\r\nm=video 0 RTP/AVP 26\r\na=control:rtsps://192.0.2.11/u\r\n"));
	dialogue_set_port(&dialogue, 0);
	test_asks(&dialogue, RTSP_SETUP, "rtsps://192.0.2.11/u");
}

static void a_proof_that_ran_out_is_no_wrong_password(void **state)
{
	const struct rtsp_answer again = {.status = 401, .is_challenge = true};
	struct dialogue dialogue = test_begun(GW_TRANSPORT_AUTO);

	test_refused(&dialogue, again, -EACCES, "refuses user or password");
	test_take(&dialogue, test_described(TEST_SDP));
	dialogue_set_port(&dialogue, 50000);
	test_take(&dialogue, again);
	test_asks(&dialogue, RTSP_SETUP, "rtsp://192.0.2.11/s/stream=0");
	test_take(&dialogue, test_transport("RTP/AVP;unicast;client_port=50000-50001"));
	dialogue_go_on(&dialogue);
	test_take(&dialogue, (struct rtsp_answer){.status = 200});
	test_take(&dialogue, again);
	assert_true(dialogue.has_asked_again);
	test_take(&dialogue, (struct rtsp_answer){.status = 200});
	test_take(&dialogue, again);
	test_refused(&dialogue, again, -EACCES, "refuses user or password");
	/* Where no other proof is asked for. */
	test_refused(&dialogue, (struct rtsp_answer){.status = 401}, -EACCES,
		"refuses user or password");
}

static void the_other_sign_of_life_is_tried_where_one_is_not_taken(void **state)
{
	struct dialogue dialogue = test_begun(GW_TRANSPORT_AUTO);

	dialogue.step = DIALOGUE_PLAYING;
	test_asks(&dialogue, RTSP_GET_PARAMETER, "");
	dialogue_unanswered(&dialogue);
	test_asks(&dialogue, RTSP_OPTIONS, "");
	test_take(&dialogue, (struct rtsp_answer){.status = 405});
	test_asks(&dialogue, RTSP_GET_PARAMETER, "");
	test_take(&dialogue, (struct rtsp_answer){.status = 200});
	test_asks(&dialogue, RTSP_GET_PARAMETER, "");
	test_refused(&dialogue, (struct rtsp_answer){.status = 401}, -EACCES, "refuses user");
	test_asks(&dialogue, RTSP_OPTIONS, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_camera_plays),
		cmocka_unit_test(a_stream_that_moved_on_its_host_is_followed),
		cmocka_unit_test(a_base_that_says_rtsp_twice_is_read),
		cmocka_unit_test(a_base_that_leads_nowhere_is_not_used),
		cmocka_unit_test(who_plays_streams_alone_is_asked_for_the_stream),
		cmocka_unit_test(urls_of_tls_are_as_all_others),
		cmocka_unit_test(a_proof_that_ran_out_is_no_wrong_password),
		cmocka_unit_test(the_other_sign_of_life_is_tried_where_one_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
