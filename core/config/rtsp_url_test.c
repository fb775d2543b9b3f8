#include "core/test.h"

#include <stdio.h>
#include <string.h>

#include "core/config/rtsp_url.h"

static void taken(const char *text, const char *host, uint16_t port)
{
	struct gw_rtsp_url url;
	struct gw_error error;

	if (gw_rtsp_url_parse(text, &url, &error) != 0)
		fail_msg("%s: %s", text, error.text);
	assert_string_equal(url.host, host);
	assert_int_equal(url.port, port);
}

static void refused(const char *text, const char *reason)
{
	struct gw_rtsp_url url;
	struct gw_error error;

	assert_int_not_equal(gw_rtsp_url_parse(text, &url, &error), 0);
	if (!strstr(error.text, reason))
		fail_msg("%s: %s", text, error.text);
}

static void host_and_port_are_found(void **state)
{
	taken("rtsp://192.0.2.11/stream1", "192.0.2.11", 554);
	taken("RTSP://camera-1.example:8554/a/b?c=d:e", "camera-1.example", 8554);
	taken("rtsp://door", "door", 554);
	taken("rtsp://[2001:db8::7]:8554/x", "2001:db8::7", 8554);
	taken("rtsp://[::1]", "::1", 554);
	taken("rtsp://h/a@b", "h", 554);
	taken("rtsps://192.0.2.11/stream1", "192.0.2.11", 322);
	taken("RTSPS://door:8322/x", "door", 8322);
}

static void what_is_no_address_of_a_camera_is_refused(void **state)
{
	char long_host[400];

	refused("http://192.0.2.11/", "must begin with rtsp://");
	refused("rtspss://a/", "must begin with rtsp://");
	refused("rtsps:///x", "names no host");
	refused("rtsp:///x", "names no host");
	refused("rtsp://", "names no host");
	refused("rtsp://a b/", "space");
	refused("rtsp://a/x\r\nTEARDOWN", "space");
	refused("rtsp://a:0/", "port");
	refused("rtsp://a:65536/", "port");
	refused("rtsp://a:12x/", "port");
	refused("rtsp://a:/", "port");
	refused("rtsp://[::1/", "names no host");
	refused("rtsp://[x]/", "names no host");
	refused("rtsp://[::1]x/", "port");
	refused("rtsp://a/#x", "'#'");
	snprintf(long_host, sizeof(long_host), "rtsp://%0300d/", 1);
	refused(long_host, "names no host");
}

static void a_password_in_it_is_refused_and_not_repeated(void **state)
{
	struct gw_rtsp_url url;
	struct gw_error error;
	char shown[GW_URL];

	assert_int_not_equal(gw_rtsp_url_parse("rtsp://anna:hunter2@h/x", &url, &error), 0);
	assert_non_null(strstr(error.text, "password_file"));
	assert_null(strstr(error.text, "hunter2"));
	gw_rtsp_url_show("rtsp://h/x?pwd=hunter2", shown);
	assert_string_equal(shown, "rtsp://h/x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_and_port_are_found),
		cmocka_unit_test(what_is_no_address_of_a_camera_is_refused),
		cmocka_unit_test(a_password_in_it_is_refused_and_not_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
