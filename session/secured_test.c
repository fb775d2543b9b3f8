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

static int on_close(void *arg, curl_socket_t file)
{
	secured_forget(arg, file);
	return close(file);
}

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
	curl_easy_setopt(scene.handles.curl, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(scene.handles.curl, CURLOPT_CLOSESOCKETDATA, &scene.secured);
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

static void say_what_to_ask(struct scene *scene)
{
	CURL *curl = scene->handles.curl;

	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 20000L);
	curl_easy_setopt(curl, CURLOPT_RTSP_STREAM_URI, scene->url);
	curl_easy_setopt(curl, CURLOPT_RTSP_REQUEST, CURL_RTSPREQ_DESCRIBE);
}

/* What comes of a request; the connection is closed by then. */
static CURLcode ask(struct scene *scene)
{
	say_what_to_ask(scene);
	const CURLcode code = curl_easy_perform(scene->handles.curl);

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

/* As of a try before: another has its number by now. */
static void a_socket_that_was_closed_is_forgotten(void **state)
{
	struct scene *scene = *state;

	close(scene->port);
	scene->port = -1;
	assert_int_equal(ask(scene), CURLE_COULDNT_CONNECT);
	assert_int_equal(scene->secured.opened_count, 0);
}

/* One that is connected from the same port, but not to the camera. */
static void only_the_connection_to_the_camera_is_taken(void **state)
{
	struct scene *scene = *state;
	struct sockaddr_in elsewhere = {.sin_family = AF_INET,
				   .sin_addr.s_addr = inet_addr("127.0.0.3")},
			   from = {.sin_family = AF_INET,
				   .sin_addr.s_addr = inet_addr("127.0.0.2")},
			   peer = {0};
	socklen_t size = sizeof(elsewhere);
	const int listener = socket(AF_INET, SOCK_STREAM, 0);
	const int other = socket(AF_INET, SOCK_STREAM, 0);
	CURL *curl = scene->handles.curl;
	uint8_t first = 0;
	int running = 1;

	assert_int_equal(bind(listener, (struct sockaddr *)&elsewhere, size), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&elsewhere, &size), 0);
	assert_int_equal(bind(other, (struct sockaddr *)&from, size), 0);
	assert_int_equal(getsockname(other, (struct sockaddr *)&from, &size), 0);
	assert_int_equal(connect(other, (struct sockaddr *)&elsewhere, size), 0);
	say_what_to_ask(scene);
	curl_easy_setopt(curl, CURLOPT_INTERFACE, "host!127.0.0.1");
	curl_easy_setopt(curl, CURLOPT_LOCALPORT, (long)ntohs(from.sin_port));
	curl_multi_add_handle(scene->handles.multi, curl);
	scene->secured.opened[scene->secured.opened_count++] = other;
	while (running > 0 && !scene->secured.has_begun) {
		curl_multi_perform(scene->handles.multi, &running);
		curl_multi_poll(scene->handles.multi, NULL, 0, 10, NULL);
	}
	assert_true(scene->secured.has_begun);
	assert_int_equal(scene->secured.peer_port, scene->secured.url.port);
	/* The camera hears the first of TLS, and the other one is still who it was. */
	const int camera = accept(scene->port, NULL, NULL);

	assert_int_equal(recv(camera, &first, 1, 0), 1);
	assert_int_equal(first, 0x16);
	assert_int_equal(getpeername(other, (struct sockaddr *)&peer, &size), 0);
	assert_int_equal(peer.sin_port, elsewhere.sin_port);
	close(camera);
	close(other);
	close(listener);
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
		SECURED_TEST(a_socket_that_was_closed_is_forgotten),
		SECURED_TEST(only_the_connection_to_the_camera_is_taken),
		SECURED_TEST(trust_that_is_lost_meanwhile_is_told_as_such),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
