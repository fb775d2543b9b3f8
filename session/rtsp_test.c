#include "core/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "session/rtsp.h"

#define PATIENCE_MS 20000

/* A camera of which the test says every answer. */
struct scene {
	struct rtsp *rtsp;
	struct gw_camera_config camera;
	int epoll, port, connection;
	char url[64], heard[4096]; /* of the last request */
	struct gw_error error;
	const char *before; /* what stands before an answer */
};

static int set_up(void **state)
{
	static struct scene scene;
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);

	scene = (struct scene){.connection = -1, .epoll = epoll_create1(EPOLL_CLOEXEC)};
	scene.port = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (bind(scene.port, (struct sockaddr *)&address, size) != 0 ||
		listen(scene.port, 8) != 0 ||
		getsockname(scene.port, (struct sockaddr *)&address, &size) != 0)
		return -1;
	snprintf(scene.url, sizeof(scene.url), "rtsp://127.0.0.1:%u/s", ntohs(address.sin_port));
	scene.camera.url = scene.url;
	scene.camera.user = "anna";
	scene.rtsp = rtsp_create(scene.epoll, 0);
	if (!scene.rtsp)
		return -1;
	rtsp_reset(scene.rtsp, &scene.camera, "secret");
	*state = &scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	rtsp_destroy(scene->rtsp);
	close(scene->connection);
	close(scene->port);
	close(scene->epoll);
	return 0;
}

static void serve(struct scene *scene)
{
	struct epoll_event event;

	if (epoll_wait(scene->epoll, &event, 1, 1) > 0)
		rtsp_event(scene->rtsp, event.data.u64, event.events);
	rtsp_turn(scene->rtsp, gw_now());
}

/* Hears a whole request. */
static void hear(struct scene *scene)
{
	const int64_t until = gw_now() + PATIENCE_MS * GW_NS_PER_MS;
	size_t size = 0;

	scene->heard[0] = '\0';
	while (!strstr(scene->heard, "\r\n\r\n")) {
		assert_true(gw_now() < until && rtsp_busy(scene->rtsp));
		serve(scene);
		if (scene->connection < 0)
			scene->connection = accept(scene->port, NULL, NULL);
		if (scene->connection < 0)
			continue;
		const ssize_t came = recv(scene->connection, scene->heard + size,
			sizeof(scene->heard) - 1 - size, MSG_DONTWAIT);

		size += came > 0 ? (size_t)came : 0;
		scene->heard[size] = '\0';
	}
}

/* And answers it: `more` are lines of the header. */
static void answer(struct scene *scene, int status, const char *more)
{
	char text[1024];

	hear(scene);
	const char *number = strstr(scene->heard, "CSeq: ");

	assert_non_null(number);
	const int length = snprintf(text, sizeof(text), "%sRTSP/1.0 %d Said\r\nCSeq: %d\r\n%s\r\n",
		scene->before ? scene->before : "", status, atoi(number + 6), more);

	assert_int_equal(write(scene->connection, text, (size_t)length), length);
}

static void ask(struct scene *scene, enum rtsp_method method, const char *transport)
{
	const struct rtsp_request request = {method, scene->url, transport};

	assert_int_equal(rtsp_send(scene->rtsp, &request, PATIENCE_MS, &scene->error), 0);
}

/* The answer to what was asked came whole, and says so. */
static void takes(struct scene *scene, int status)
{
	const int64_t until = gw_now() + PATIENCE_MS * GW_NS_PER_MS;
	const struct rtsp_answer *it;

	while (rtsp_busy(scene->rtsp) && gw_now() < until)
		serve(scene);
	if (rtsp_take(scene->rtsp, &it, &scene->error) != 0)
		fail_msg("%s", scene->error.text);
	assert_int_equal(it->status, status);
}

static void set_up_session(struct scene *scene, const char *more)
{
	ask(scene, RTSP_SETUP, "RTP/AVP;unicast;client_port=50000-50001");
	answer(scene, 200, more);
	takes(scene, 200);
}

static void a_session_is_asked_by_the_name_that_it_was_given(void **state)
{
	struct scene *scene = *state;

	set_up_session(scene, "Session: 12ab;timeout=60\r\n");
	ask(scene, RTSP_PLAY, NULL);
	answer(scene, 200, "Session: 12ab\r\n");
	assert_non_null(strstr(scene->heard, "Session: 12ab\r\n"));
	takes(scene, 200);
}

static void one_without_a_name_is_asked_all_the_same(void **state)
{
	struct scene *scene = *state;

	set_up_session(scene, "");
	ask(scene, RTSP_PLAY, NULL);
	answer(scene, 200, "");
	assert_non_null(strstr(scene->heard, "Session: 0\r\n"));
	takes(scene, 200);
	ask(scene, RTSP_OPTIONS, NULL);
	answer(scene, 200, "");
	takes(scene, 200);
	ask(scene, RTSP_TEARDOWN, NULL);
	answer(scene, 200, "");
	assert_non_null(strstr(scene->heard, "Session: 0\r\n"));
	takes(scene, 200);
}

static void a_name_that_comes_late_is_taken(void **state)
{
	struct scene *scene = *state;

	set_up_session(scene, "");
	ask(scene, RTSP_PLAY, NULL);
	answer(scene, 200, "Session: 77\r\n");
	takes(scene, 200);
	ask(scene, RTSP_TEARDOWN, NULL);
	answer(scene, 200, "");
	assert_non_null(strstr(scene->heard, "Session: 77\r\n"));
	takes(scene, 200);
}

static void one_without_a_name_may_ask_who_we_are(void **state)
{
	struct scene *scene = *state;

	set_up_session(scene, "");
	ask(scene, RTSP_PLAY, NULL);
	answer(scene, 401, "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n");
	answer(scene, 200, "Session: 77\r\n");
	assert_non_null(strstr(scene->heard, "Session: 0\r\n"));
	assert_non_null(strstr(scene->heard, "Authorization: Digest"));
	takes(scene, 200);
}

/* Before the request, and with the answer to it. */
static void empty_lines_before_an_answer_are_no_answer(void **state)
{
	struct scene *scene = *state;

	set_up_session(scene, "Session: 12ab\r\n");
	assert_int_equal(write(scene->connection, "\r\n", 2), 2);
	ask(scene, RTSP_PLAY, NULL);
	scene->before = "\r\n\r\n";
	answer(scene, 200, "Session: 12ab\r\n");
	takes(scene, 200);
}

static void ends_of_lines_within_an_answer_stay(void **state)
{
	static const char *const pieces[] = {
		"RTSP/1.0 200 Said", "\r\n", "CSeq: 2", "\r\n", "Session: 12ab", "\r\n\r\n"};
	struct scene *scene = *state;

	set_up_session(scene, "Session: 12ab\r\n");
	ask(scene, RTSP_PLAY, NULL);
	hear(scene);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		const size_t size = strlen(pieces[i]);

		assert_int_equal(write(scene->connection, pieces[i], size), size);
		serve(scene);
	}
	takes(scene, 200);
}

#define RTSP_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RTSP_TEST(a_session_is_asked_by_the_name_that_it_was_given),
		RTSP_TEST(one_without_a_name_is_asked_all_the_same),
		RTSP_TEST(a_name_that_comes_late_is_taken),
		RTSP_TEST(one_without_a_name_may_ask_who_we_are),
		RTSP_TEST(empty_lines_before_an_answer_are_no_answer),
		RTSP_TEST(ends_of_lines_within_an_answer_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
