#include "core/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session/rtsp.h"
#include "session/secured.h"

#define FINGERPRINT \
	"00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:" \
	"00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00"

/* libcurl as rtsp.c has it, and a port that takes connections and says nothing. */
struct scene {
	struct rtsp_handles handles;
	struct secured secured;
	struct gw_camera_config camera;
	char url[64];
	int port;
};

static int set_up(void **state)
{
	static struct scene scene;
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);

	scene = (struct scene){.camera = {.url = scene.url, .tls_fingerprint = FINGERPRINT}};
	scene.port = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(scene.port, (struct sockaddr *)&address, size) != 0 ||
		listen(scene.port, 8) != 0 ||
		getsockname(scene.port, (struct sockaddr *)&address, &size) != 0)
		return -1;
	snprintf(scene.url, sizeof(scene.url), "rtsps://127.0.0.1:%u/s", ntohs(address.sin_port));
	scene.handles.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!rtsp_handles_open(&scene.handles))
		return -1;
	secured_begin(&scene.secured, &scene.handles, &scene.camera);
	*state = &scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	rtsp_handles_close(&scene->handles);
	secured_reset(&scene->secured);
	close(scene->handles.epoll);
	close(scene->port);
	return 0;
}

/* What comes of a request; the connection is closed by then. */
static CURLcode ask(struct scene *scene)
{
	CURL *curl = scene->handles.curl;

	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 20000L);
	curl_easy_setopt(curl, CURLOPT_RTSP_STREAM_URI, scene->url);
	curl_easy_setopt(curl, CURLOPT_RTSP_REQUEST, CURL_RTSPREQ_DESCRIBE);
	const CURLcode code = curl_easy_perform(curl);

	rtsp_handles_close(&scene->handles);
	return code;
}

/* The camera was connected to, and heard nothing until that was closed. */
static void heard_nothing(const struct scene *scene)
{
	const int camera = accept(scene->port, NULL, NULL);
	char got[256];

	assert_true(camera >= 0);
	assert_int_equal(recv(camera, got, sizeof(got), 0), 0);
	close(camera);
}

static void a_connection_that_we_know_nothing_of_hears_nothing(void **state)
{
	struct scene *scene = *state;
	struct gw_error error;

	assert_int_equal(secured_ready(&scene->secured, &error), 0);
	/* As if libcurl had come by it in a way of its own. */
	curl_easy_setopt(scene->handles.curl, CURLOPT_OPENSOCKETFUNCTION, NULL);
	const CURLcode code = ask(scene);

	assert_int_equal(code, CURLE_ABORTED_BY_CALLBACK);
	assert_int_equal(secured_explain(&scene->secured, code, 20000, &error), -EIO);
	assert_non_null(strstr(error.text, "TLS cannot begin"));
	heard_nothing(scene);
}

static void a_camera_is_not_called_while_nobody_can_be_believed(void **state)
{
	struct scene *scene = *state;
	const struct rtsp_request request = {RTSP_DESCRIBE, scene->url, NULL};
	struct gw_error error;

	scene->camera.tls_fingerprint = NULL;
	scene->camera.tls_ca_file = "/nonexistent";
	struct rtsp *rtsp = rtsp_create(scene->handles.epoll, 0);

	assert_non_null(rtsp);
	rtsp_reset(rtsp, &scene->camera, NULL);
	assert_int_equal(rtsp_send(rtsp, &request, 20000, &error), -EACCES);
	assert_non_null(strstr(error.text, "tls_ca_file /nonexistent"));
	assert_false(rtsp_busy(rtsp));
	rtsp_destroy(rtsp);
}

/* What was good when it was connected. */
static void trust_that_is_lost_meanwhile_is_told_as_such(void **state)
{
	struct scene *scene = *state;
	struct gw_error error;

	scene->camera.tls_fingerprint = NULL;
	scene->camera.tls_ca_file = "/nonexistent";
	const CURLcode code = ask(scene);

	assert_int_equal(code, CURLE_ABORTED_BY_CALLBACK);
	assert_int_equal(secured_explain(&scene->secured, code, 20000, &error), -EACCES);
	heard_nothing(scene);
}

#define SECURED_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SECURED_TEST(a_connection_that_we_know_nothing_of_hears_nothing),
		SECURED_TEST(a_camera_is_not_called_while_nobody_can_be_believed),
		SECURED_TEST(trust_that_is_lost_meanwhile_is_told_as_such),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
