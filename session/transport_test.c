#include "core/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "session/transport.h"

static struct transport parsed(const char *text)
{
	struct transport transport;

	assert_int_equal(transport_parse(text, &transport), 0);
	return transport;
}

static void what_is_asked_for(void **state)
{
	char text[TRANSPORT_TEXT];

	transport_write(TRANSPORT_UDP, false, 50000, text);
	assert_string_equal(text, "RTP/AVP;unicast;client_port=50000-50001");
	transport_write(TRANSPORT_MULTICAST, false, 5004, text);
	assert_string_equal(text, "RTP/AVP;multicast;port=5004-5005");
	transport_write(TRANSPORT_MULTICAST, false, 0, text);
	assert_string_equal(text, "RTP/AVP;multicast");
	transport_write(TRANSPORT_TCP, false, 0, text);
	assert_string_equal(text, "RTP/AVP/TCP;unicast;interleaved=0-1");
	transport_write(TRANSPORT_UDP, true, 50000, text);
	assert_string_equal(text, "RTP/SAVP;unicast;client_port=50000-50001");
	transport_write(TRANSPORT_TCP, true, 0, text);
	assert_string_equal(text, "RTP/SAVP/TCP;unicast;interleaved=0-1");
}

static void an_answer_says_how_packets_come(void **state)
{
	struct transport it = parsed("RTP/AVP;unicast;client_port=50000-50001;"
				     "server_port=6000-6001;source=192.0.2.11;ssrc=1A2B3C4D;"
				     "mode=\"PLAY\"");

	assert_false(it.is_multicast);
	assert_false(it.is_tcp);
	assert_int_equal(it.client_port, 50000);
	assert_memory_equal(it.source.bytes, "\xc0\0\2\x0b", 4);
	assert_int_equal(it.destination.family, 0);
	it = parsed("rtp/avp/udp; multicast; destination=239.1.2.3; port=5004-5005; ttl=16");
	assert_true(it.is_multicast);
	assert_int_equal(it.port, 5004);
	assert_int_equal(it.destination.family, AF_INET);
	it = parsed("RTP/AVP;unicast;source=\"2001:db8::7\"");
	assert_int_equal(it.source.family, AF_INET6);
	it = parsed("RTP/AVP/TCP;unicast;interleaved=0-1");
	assert_true(it.is_tcp);
	it = parsed("RTP/AVP;unicast;client_port=70000;source=camera.example,RTP/AVP/TCP");
	assert_int_equal(it.client_port, 0);
	assert_int_equal(it.source.family, 0);
	assert_false(it.is_tcp);
}

static void an_address_that_nothing_comes_from_is_as_if_not_said(void **state)
{
	static const char *const addresses[] = {"0.0.0.0", "127.0.0.1", "::", "\"::1\""};

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		char text[TRANSPORT_TEXT];

		snprintf(text, sizeof(text), "RTP/AVP;unicast;source=%s;destination=%s",
			addresses[i], addresses[i]);
		const struct transport it = parsed(text);

		assert_int_equal(it.source.family, 0);
		assert_int_equal(it.destination.family, 0);
	}
	assert_int_equal(parsed("RTP/AVP;unicast;source=2001::1").source.family, AF_INET6);
}

static void what_is_no_transport_is_refused(void **state)
{
	struct transport transport;
	char text[TRANSPORT_TEXT + 8] = "RTP/AVP;";

	assert_int_equal(transport_parse("", &transport), -EINVAL);
	assert_int_equal(transport_parse("RAW/RAW/UDP;unicast", &transport), -EINVAL);
	memset(text + 8, 'x', TRANSPORT_TEXT - 8);
	assert_int_equal(transport_parse(text, &transport), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked_for),
		cmocka_unit_test(an_answer_says_how_packets_come),
		cmocka_unit_test(an_address_that_nothing_comes_from_is_as_if_not_said),
		cmocka_unit_test(what_is_no_transport_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
