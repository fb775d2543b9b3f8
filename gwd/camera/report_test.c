#include "core/test.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "gwd/camera/report.h"

static struct gw_srtp_config srtp = {.suite = GW_SRTP_AES_CM_128_HMAC_SHA1_32, .key_file = "/k"};
static struct gw_camera_config camera;
static struct probe probe;
static char *printed;

static int begin(void **state)
{
	camera = (struct gw_camera_config){.url = "rtsp://192.0.2.11/stream"};
	probe = (struct probe){.camera = &camera, .seconds = 5, .plays = true};
	probe.dialogue.learned.source.family = AF_INET;
	probe.dialogue.learned.destination.family = AF_INET;
	probe.dialogue.learned.port = 40000;
	return 0;
}

static int end(void **state)
{
	free(printed);
	printed = NULL;
	return 0;
}

/* What a person reads of it. */
static const char *read_it(void)
{
	size_t size;
	FILE *to = open_memstream(&printed, &size);

	assert_non_null(to);
	probe_print(to, &probe);
	assert_int_equal(fclose(to), 0);
	return printed;
}

static json_t *read_json(void)
{
	size_t size;
	FILE *to = open_memstream(&printed, &size);

	assert_non_null(to);
	assert_true(probe_json(to, &probe));
	assert_int_equal(fclose(to), 0);
	return json_loads(printed, 0, NULL);
}

static void says(const char *text)
{
	free(printed);
	printed = NULL;
	if (!strstr(read_it(), text))
		fail_msg("no '%s' in:\n%s", text, printed);
}

static void firewalls_are_named_where_they_can_be_in_the_way(void **state)
{
	probe.dialogue.way = TRANSPORT_UDP;
	says("UDP port 40000");
	says("let UDP through (firewalls)");
	probe.dialogue.way = TRANSPORT_MULTICAST;
	says("let UDP through (firewalls, and switches");
	probe.dialogue.way = TRANSPORT_TCP;
	says("within the RTSP connection (TCP)");
	says("no packet came within the connection");
	assert_null(strstr(printed, "UDP"));
	assert_null(strstr(printed, "firewall"));
}

static void losses_within_a_connection_are_the_camera_s(void **state)
{
	probe.measure.pictures = probe.measure.packets = 9;
	probe.measure.lost = 1;
	says("look at the network");
	probe.dialogue.way = TRANSPORT_TCP;
	says("TCP loses none");
	assert_null(strstr(printed, "look at the network"));
}

static void a_key_that_opens_nothing_is_not_taken_for_another_codec(void **state)
{
	camera.srtp = &srtp;
	probe.measure.refused[GW_DROP_SRTP_AUTH] = 1;
	says("correct suite and key");
	says("refused         1 packet: ");
	assert_null(strstr(printed, "is this stream JPEG"));
	camera.srtp = NULL;
	probe.measure.packets = 1;
	says("needs its key: --srtp");
}

static void what_is_encrypted_is_said(void **state)
{
	json_t *json = read_json();
	const json_t *sends = json_object_get(json, "sends");

	assert_string_equal(json_string_value(json_object_get(sends, "transport")), "udp");
	assert_true(json_is_false(json_object_get(sends, "encrypted")));
	json_decref(json);
	end(state);

	camera.srtp = &srtp;
	says("SRTP with the key that is given");
	end(state);
	json = read_json();
	assert_true(json_is_true(json_object_get(json_object_get(json, "sends"), "encrypted")));
	/* The entry works as the probe did. */
	assert_non_null(strstr(json_string_value(json_object_get(json, "yaml")),
		"srtp: {suite: AES_CM_128_HMAC_SHA1_32, key_file: '/k'}"));
	json_decref(json);
	probe.dialogue.learned.srtp_key.is_set = true;
	says("SRTP with the key of its description");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			firewalls_are_named_where_they_can_be_in_the_way, begin, end),
		cmocka_unit_test_setup_teardown(
			losses_within_a_connection_are_the_camera_s, begin, end),
		cmocka_unit_test_setup_teardown(
			a_key_that_opens_nothing_is_not_taken_for_another_codec, begin, end),
		cmocka_unit_test_setup_teardown(what_is_encrypted_is_said, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
