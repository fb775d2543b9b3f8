#include "core/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "session/sdp.h"

static struct sdp_stream parsed(const char *text)
{
	struct sdp_stream stream;
	struct gw_error error;

	if (sdp_parse(text, strlen(text), &stream, &error) != 0)
		fail_msg("refused: %s", error.text);
	return stream;
}

static void refused(const char *text, int status, const char *reason)
{
	struct sdp_stream stream;
	struct gw_error error;

	assert_int_equal(sdp_parse(text, strlen(text), &stream, &error), status);
	if (!strstr(error.text, reason))
		fail_msg("%s", error.text);
}

static void a_static_payload_type_is_jpeg(void **state)
{
	const struct sdp_stream stream = parsed("v=0\r\n"
						"o=- 1 1 IN IP4 192.0.2.11\r\n"
						"c=IN IP4 0.0.0.0\r\n"
						"a=control:*\r\n"
						"m=video 0 RTP/AVP 26\r\n"
						"a=control:stream=0\r\n"
						"a=framerate:25.000000\r\n"
						"a=x-dimensions:1280,720\r\n");

	assert_int_equal(stream.payload_type, 26);
	assert_string_equal(stream.control, "stream=0");
	assert_string_equal(stream.session_control, "*");
	assert_int_equal(stream.width, 1280);
	assert_int_equal(stream.height, 720);
	assert_true(stream.rate == 25);
	assert_int_equal(stream.group.family, 0);
}

static void a_map_makes_a_dynamic_type_jpeg(void **state)
{
	const struct sdp_stream stream = parsed("v=0\n"
						"m=audio 0 RTP/AVP 0\n"
						"a=control:audio\n"
						"m=video 0 RTP/AVP 97 96\n"
						"a=rtpmap:97 H264/90000\n"
						"a=rtpmap:96 jpeg/90000\n"
						"a=control:rtsp://192.0.2.11/video\n"
						"a=framesize:97 1920-1080\n"
						"a=framesize:96 640-480\n");

	assert_int_equal(stream.payload_type, 96);
	assert_int_equal(stream.width, 640);
	assert_int_equal(stream.height, 480);
	assert_string_equal(stream.control, "rtsp://192.0.2.11/video");
}

static void a_rectangle_gives_the_size_where_nothing_else_does(void **state)
{
	struct sdp_stream stream = parsed("v=0\na=framerate:30000/1001\n"
					  "m=video 0 RTP/AVP 26\na=cliprect:0,0,480,704\n");

	assert_int_equal(stream.width, 704);
	assert_int_equal(stream.height, 480);
	assert_true(stream.rate > 29.96 && stream.rate < 29.98);
	stream = parsed("v=0\na=cliprect:0,0,480,704\n"
			"m=video 0 RTP/AVP 26\na=x-dimensions:352,288\n");
	assert_int_equal(stream.width, 352);
}

static void a_group_is_taken_from_the_stream_or_from_the_session(void **state)
{
	struct sdp_stream stream = parsed("v=0\nc=IN IP4 239.1.2.3/16\nm=video 5004 RTP/AVP 26\n");

	assert_int_equal(stream.group.family, AF_INET);
	assert_memory_equal(stream.group.bytes, "\xef\1\2\3", 4);
	assert_int_equal(stream.port, 5004);
	stream = parsed("v=0\nm=video 5006 RTP/AVP 26\nc=IN IP6 ff3e::7\n");
	assert_int_equal(stream.group.family, AF_INET6);
	stream = parsed("v=0\nm=video 5006 RTP/AVP 26\nc=IN IP4 192.0.2.11\n");
	assert_int_equal(stream.group.family, 0);
	assert_int_equal(stream.port, 0);
}

static void other_encodings_are_named(void **state)
{
	refused("v=0\nm=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n", -ENOTSUP, "sends H264");
	refused("v=0\nm=audio 0 RTP/AVP 0\n", -ENOTSUP, "no video");
	refused("v=0\nm=video 0 RTP/SAVP 26\n", -ENOTSUP, "encrypted JPEG");
	refused("v=0\nm=video 0 RTP/AVP 96\na=rtpmap:96 JPEG/1000\n", -ENOTSUP, "sends JPEG");
	refused("v=0\nm=video 0 udp 96\na=rtpmap:96 JPEG/90000\n", -ENOTSUP, "no video");
	refused("v=0\nm=video\n", -ENOTSUP, "no video");
}

#define KEY "4fl6DT4Bi+DWT6MsBt5BOQ7Gda1Jiv7rtpYLOqvm"
#define CRYPTO "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "\n"

static void a_key_comes_with_its_stream(void **state)
{
	struct sdp_stream stream = parsed("v=0\nm=video 0 RTP/SAVP 26\n" CRYPTO);

	assert_false(stream.has_idle_key);

	assert_true(stream.srtp_key.is_set);
	assert_int_equal(stream.srtp_key.suite, GW_SRTP_AES_CM_128_HMAC_SHA1_80);
	assert_int_equal(stream.srtp_key.master[0], 0xE1);
	/* The first one that can be used; that of all streams where a stream has none. */
	stream = parsed("v=0\nm=video 0 RTP/SAVP 26\n"
			"a=crypto:1 AEAD_AES_128_GCM inline:" KEY "\n"
			"a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:" KEY "\n" CRYPTO);
	assert_int_equal(stream.srtp_key.suite, GW_SRTP_AES_CM_128_HMAC_SHA1_32);
	stream = parsed("v=0\n" CRYPTO "m=video 0 RTP/SAVPF 26\n");
	assert_true(stream.srtp_key.is_set);
	/* A stream that is not protected has none, and a plain one behind a closed one will do. */
	stream = parsed("v=0\nm=video 0 RTP/AVP 26\n" CRYPTO);
	assert_false(stream.srtp_key.is_set);
	assert_true(stream.has_idle_key);
	stream = parsed("v=0\nm=video 0 RTP/AVP 26\na=crypto:1 AEAD_AES_128_GCM inline:" KEY "\n");
	assert_true(stream.has_idle_key);
	stream = parsed("v=0\nm=video 0 RTP/SAVP 26\nm=video 0 RTP/AVP 26\na=control:b\n");
	assert_string_equal(stream.control, "b");
	assert_false(stream.srtp_key.is_set);
	refused("v=0\nm=video 0 RTP/SAVP 26\na=key-mgmt:mikey AQAF\n", -ENOTSUP, "MIKEY");
	refused("v=0\nm=video 0 RTP/SAVP 26\na=crypto:1 NULL inline:" KEY "\n", -ENOTSUP,
		"suite NULL is not supported");
}

static void what_is_no_description_is_refused(void **state)
{
	refused("", -EINVAL, "without a description");
	refused("\r\n", -EINVAL, "without a description");
	refused("a=control:one\r\n", -EINVAL, "no SDP");
	refused("<html>", -EINVAL, "no SDP");

	char *large = malloc(SDP_SIZE + 2);

	memset(large, 'a', SDP_SIZE + 1);
	large[SDP_SIZE + 1] = '\0';
	memcpy(large, "v=", 2);
	refused(large, -EMSGSIZE, "more than 65536");
	free(large);
}

static void what_stands_around_a_description_is_not_looked_at(void **state)
{
	static const char text[] = "v=0\r\nm=video 0 RTP/AVP 26\r\na=control:one\r\n\0";
	struct sdp_stream stream;
	struct gw_error error;

	/* The end of a string is counted. */
	assert_int_equal(sdp_parse(text, sizeof(text), &stream, &error), 0);
	assert_string_equal(stream.control, "one");
	assert_string_equal(
		parsed("\xEF\xBB\xBF\r\n v=0\nm=video 0 RTP/AVP 26\na=control:one").control, "one");
	assert_int_equal(sdp_parse("v=0\0m=video 0 RTP/AVP 26\r\n", 27, &stream, &error), -EINVAL);
	assert_string_equal(
		parsed("m=video 0 RTP/AVP 96\na=rtpmap:96 JPEG/90000 \na=control:track0 \t\r\n")
			.control,
		"track0");
}

static void numbers_that_make_no_sense_are_as_if_not_said(void **state)
{
	const struct sdp_stream stream = parsed("v=0\nm=video 0 RTP/AVP 26 300 x\n"
						"a=x-dimensions:-1,4\n"
						"a=x-dimensions:70000,4\n"
						"a=x-dimensions:0,4\n"
						"a=framesize:200 4-4\n"
						"a=cliprect:9,9,1,1\n"
						"a=framerate:nan\n"
						"a=framerate:-3\n"
						"a=framerate:1/0\n"
						"a=rtpmap:99999 JPEG/90000\n");

	assert_int_equal(stream.width, 0);
	assert_true(stream.rate == 0);
}

static void a_control_url_that_is_too_long_is_none(void **state)
{
	char text[4096] = "v=0\nm=video 0 RTP/AVP 26\na=control:";

	memset(text + strlen(text), 'x', SDP_CONTROL);
	assert_string_equal(parsed(text).control, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_static_payload_type_is_jpeg),
		cmocka_unit_test(a_map_makes_a_dynamic_type_jpeg),
		cmocka_unit_test(a_rectangle_gives_the_size_where_nothing_else_does),
		cmocka_unit_test(a_group_is_taken_from_the_stream_or_from_the_session),
		cmocka_unit_test(other_encodings_are_named),
		cmocka_unit_test(a_key_comes_with_its_stream),
		cmocka_unit_test(what_is_no_description_is_refused),
		cmocka_unit_test(what_stands_around_a_description_is_not_looked_at),
		cmocka_unit_test(numbers_that_make_no_sense_are_as_if_not_said),
		cmocka_unit_test(a_control_url_that_is_too_long_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
