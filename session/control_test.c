#include "core/test.h"

#include <string.h>

#include "session/control.h"

static void resolved(const char *base, const char *control, const char *wanted)
{
	char url[GW_URL];

	assert_true(control_resolve(base, control, url));
	assert_string_equal(url, wanted);
}

static void controls_are_resolved_as_cameras_expect(void **state)
{
	resolved("rtsp://h/s/", "stream=0", "rtsp://h/s/stream=0");
	resolved("rtsp://h/s", "trackID=1", "rtsp://h/s/trackID=1");
	resolved("rtsp://h:8554/s?x=1", "trackID=1", "rtsp://h:8554/s?x=1/trackID=1");
	resolved("rtsp://h:8554/s", "/other", "rtsp://h:8554/other");
	resolved("rtsp://h", "/other", "rtsp://h/other");
	resolved("rtsp://h/s/", "*", "rtsp://h/s/");
	resolved("rtsp://h/s/", "", "rtsp://h/s/");
	resolved("rtsp://h/s/", "RTSP://h/v", "RTSP://h/v");
}

static void what_would_be_no_url_is_refused(void **state)
{
	char url[GW_URL], text[GW_URL + 1];

	assert_false(control_resolve("rtsp://h/s", "a b", url));
	assert_false(control_resolve("rtsp://h/s", "a\rb", url));
	memset(text, 'x', GW_URL);
	text[GW_URL] = '\0';
	assert_false(control_resolve("rtsp://h/s", text, url));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(controls_are_resolved_as_cameras_expect),
		cmocka_unit_test(what_would_be_no_url_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
