/* Pictures of cameras over the API; the test is the sink's lane. */
#include "core/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/view.h"
#include "mgmt/test_server.h"

#define PICTURE "\xff\xd8not quite a picture\xff\xd9"
#define RECORD "{\"sensorId\":\"cam0\"}"
#define TAG "\"00000000-0000-4000-8000-000000000000-41\""

static void pass_a_frame(struct server_fixture *f)
{
	struct gw_frame *frame = aligned_alloc(64, sizeof(*frame));

	memset(frame, 0, sizeof(*frame));
	frame->sequence = 41;
	frame->jpeg.data = (uint8_t *)PICTURE;
	frame->jpeg.size = sizeof(PICTURE) - 1;
	gw_view_put(f->made.gw.views, frame, "cam0", RECORD, strlen(RECORD), gw_now());
	free(frame);
}

static void before_there_is_a_picture_the_client_hears_when_to_ask_again(void **state)
{
	static const char *const paths[] = {"picture", "findings", "view"};
	struct server_fixture *f = *state;
	char path[64];

	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/api/v1/cameras/cam0/%s", paths[i]);
		assert_int_equal(server_ask(f, "GET", path), 503);
		server_assert_error(f, "unavailable");
		assert_non_null(strstr(f->body, "no picture of camera cam0 yet"));
		assert_string_equal(f->retry, "1");
		assert_string_equal(f->tag, "");
	}
}

/* Asks once more, as a client that has an answer with such a tag. */
static long ask_with_known(struct server_fixture *f, const char *path, const char *known)
{
	char header[128];
	struct curl_slist *headers;
	long status = 0;

	server_ask(f, "GET", path);
	snprintf(header, sizeof(header), "If-None-Match: %s", known);
	headers = curl_slist_append(NULL, header);
	f->size = 0;
	f->body[0] = f->tag[0] = '\0';
	curl_easy_setopt(f->curl, CURLOPT_HTTPHEADER, headers);
	assert_int_equal(curl_easy_perform(f->curl), CURLE_OK);
	curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_setopt(f->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	return status;
}

static void who_has_the_picture_is_not_sent_it_again(void **state)
{
	static const char *const paths[] = {"picture", "findings", "view"};
	static const char *const same[] = {TAG, "W/" TAG, "\"other\", " TAG, "*"};
	static const char *const others[] = {
		"\"other\"", "00000000-0000-4000-8000-000000000000-41", "\"41\""};
	struct server_fixture *f = *state;
	char path[64];

	server_ask(f, "GET", "/api/v1/cameras/cam0/picture");
	pass_a_frame(f);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/api/v1/cameras/cam0/%s", paths[i]);
		for (size_t k = 0; k < sizeof(same) / sizeof(same[0]); k++) {
			assert_int_equal(ask_with_known(f, path, same[k]), 304);
			assert_int_equal(f->size, 0);
			assert_string_equal(f->tag, TAG);
		}
		for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++) {
			assert_int_equal(ask_with_known(f, path, others[k]), 200);
			assert_int_not_equal(f->size, 0);
		}
	}
	/* What has no tag, and what is none, is answered as ever. */
	assert_int_equal(ask_with_known(f, "/api/v1/version", "*"), 200);
	assert_int_equal(ask_with_known(f, "/api/v1/cameras/cam0/nosuch", TAG), 404);
}

static void picture_and_findings_of_a_frame_have_its_tag(void **state)
{
	struct server_fixture *f = *state;

	server_ask(f, "GET", "/api/v1/cameras/cam0/picture");
	pass_a_frame(f);
	assert_int_equal(server_ask(f, "GET", "/api/v1/cameras/cam0/picture"), 200);
	assert_string_equal(f->type, "image/jpeg");
	assert_string_equal(f->tag, TAG);
	assert_string_equal(f->retry, "");
	assert_int_equal(f->size, sizeof(PICTURE) - 1);
	assert_memory_equal(f->body, PICTURE, f->size);
	assert_int_equal(server_ask(f, "GET", "/api/v1/cameras/cam0/findings"), 200);
	assert_string_equal(f->type, "application/json");
	assert_string_equal(f->tag, TAG);
	assert_string_equal(f->body, RECORD);
	assert_int_equal(server_ask(f, "HEAD", "/api/v1/cameras/cam0/picture"), 200);
	assert_int_equal(f->size, 0);
}

static void a_view_has_both(void **state)
{
	struct server_fixture *f = *state;

	server_ask(f, "GET", "/api/v1/cameras/cam0/view");
	pass_a_frame(f);
	assert_int_equal(server_ask(f, "GET", "/api/v1/cameras/cam0/view"), 200);
	assert_string_equal(f->type, GW_VIEW_TYPE);
	assert_string_equal(f->tag, TAG);
	assert_non_null(strstr(f->body, "Content-Length: 19\r\n\r\n" RECORD "\r\n--framegate-"));
	assert_non_null(strstr(f->body, "Content-Length: 23\r\n\r\n" PICTURE "\r\n--framegate-"));
}

static void cameras_that_are_not_there_have_no_pictures(void **state)
{
	assert_int_equal(server_ask(*state, "GET", "/api/v1/cameras/nosuch/picture"), 404);
	server_assert_error(*state, "not_found");
}

static void too_many_cameras_at_a_time_are_told(void **state)
{
	struct server_fixture *f = *state;

	f->made.gw.views->limit = 1000;
	assert_int_equal(server_ask(f, "GET", "/api/v1/cameras/cam0/view"), 503);
	assert_string_equal(f->retry, "1");
	assert_non_null(strstr(f->body, "look at fewer"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SERVER_TEST(before_there_is_a_picture_the_client_hears_when_to_ask_again),
		SERVER_TEST(picture_and_findings_of_a_frame_have_its_tag),
		SERVER_TEST(who_has_the_picture_is_not_sent_it_again),
		SERVER_TEST(a_view_has_both),
		SERVER_TEST(cameras_that_are_not_there_have_no_pictures),
		SERVER_TEST(too_many_cameras_at_a_time_are_told),
	};

	return cmocka_run_group_tests(tests, server_begin, server_end);
}
