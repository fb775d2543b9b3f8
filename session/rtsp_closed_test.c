/* A connection that was closed: its number is another file's from then on, which nobody but its
 * owner reads. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/config/fingerprint.h"
#include "core/test.h"
#include "session/rtsp.h"
#include "session/test_tls.h"

#define PATIENCE_MS 20000
#define TAKEN 16

/* Another's file, which gets every number that is closed; -1: none does. */
static int others = -1;
static int taken[TAKEN];
static uint32_t taken_count;

int __real_close(int file);
int __wrap_close(int file);

int __wrap_close(int file)
{
	const int status = __real_close(file);

	if (others >= 0 && taken_count < TAKEN && dup2(others, file) == file)
		taken[taken_count++] = file;
	return status;
}

struct scene {
	struct rtsp *rtsp;
	struct gw_camera_config camera;
	struct test_certificate certificate;
	struct test_tls tls;
	int epoll, port, connection;
	bool is_secured;
	char url[64], fingerprint[GW_FINGERPRINT_TEXT];
};

static void begin(struct scene *scene, bool is_secured)
{
	const struct test_certificate_kind kind = {.name = "door"};
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);

	*scene = (struct scene){
		.connection = -1, .epoll = epoll_create1(EPOLL_CLOEXEC), .is_secured = is_secured};
	scene->port = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(scene->port, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(scene->port, 8), 0);
	assert_int_equal(getsockname(scene->port, (struct sockaddr *)&address, &size), 0);
	snprintf(scene->url, sizeof(scene->url), "rtsp%s://127.0.0.1:%u/s", is_secured ? "s" : "",
		ntohs(address.sin_port));
	test_certificate_make(&scene->certificate, &kind, NULL);
	gw_fingerprint_show(scene->certificate.fingerprint, scene->fingerprint);
	scene->camera.url = scene->url;
	scene->camera.tls_fingerprint = scene->fingerprint;
	scene->rtsp = rtsp_create(scene->epoll, 0);
	assert_non_null(scene->rtsp);
	rtsp_reset(scene->rtsp, &scene->camera, NULL);
}

static void serve(struct scene *scene)
{
	struct epoll_event event;

	if (epoll_wait(scene->epoll, &event, 1, 1) > 0)
		rtsp_event(scene->rtsp, event.data.u64, event.events);
	rtsp_turn(scene->rtsp, gw_now());
}

static void take_connection(struct scene *scene)
{
	scene->connection = accept4(scene->port, NULL, NULL, SOCK_NONBLOCK);
	if (scene->connection >= 0 && scene->is_secured)
		test_tls_begin(&scene->tls, scene->connection, &scene->certificate, "NORMAL");
}

static ssize_t hear(struct scene *scene, char *text, size_t size)
{
	if (!scene->is_secured)
		return recv(scene->connection, text, size, 0);
	test_tls_turn(&scene->tls);
	return scene->tls.is_open ? gnutls_record_recv(scene->tls.session, text, size) : 0;
}

static void ask(struct scene *scene)
{
	const struct rtsp_request request = {RTSP_OPTIONS, scene->url, NULL};
	struct gw_error error = {""};

	if (rtsp_send(scene->rtsp, &request, PATIENCE_MS, &error) != 0)
		fail_msg("%s", error.text);
}

/* One request and its answer. */
static void talk(struct scene *scene)
{
	static const char said[] = "RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: OPTIONS\r\n\r\n";
	const int64_t until = gw_now() + PATIENCE_MS * GW_NS_PER_MS;
	const struct rtsp_answer *answer;
	char heard[1024];
	struct gw_error error = {""};
	bool is_answered = false;

	ask(scene);
	while (rtsp_busy(scene->rtsp) && gw_now() < until) {
		serve(scene);
		if (scene->connection < 0)
			take_connection(scene);
		if (scene->connection < 0 || is_answered || hear(scene, heard, sizeof(heard)) <= 0)
			continue;
		is_answered = true;
		if (scene->is_secured)
			assert_true(gnutls_record_send(scene->tls.session, said, strlen(said)) > 0);
		else
			assert_true(write(scene->connection, said, strlen(said)) > 0);
	}
	if (rtsp_take(scene->rtsp, &answer, &error) != 0)
		fail_msg("%s", error.text);
	assert_int_equal(answer->status, 200);
}

/* It is noticed with the next request: until that is answered, empty lines are passed over. */
static void is_read_no_more(bool is_secured)
{
	struct scene scene;
	char left[16];
	int pair[2];

	begin(&scene, is_secured);
	talk(&scene);
	assert_int_equal(shutdown(scene.connection, SHUT_RDWR), 0);
	for (int i = 0; i < 10; i++)
		serve(&scene);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	assert_int_equal(write(pair[1], "\r\n\r\n", 4), 4);
	others = pair[0];
	ask(&scene);
	for (int i = 0; i < 10; i++)
		rtsp_turn(scene.rtsp, INT64_MAX);
	others = -1;
	assert_true(taken_count > 0);
	assert_int_equal(recv(pair[0], left, sizeof(left), MSG_DONTWAIT), 4);
	while (taken_count > 0)
		close(taken[--taken_count]);
	rtsp_destroy(scene.rtsp);
	if (is_secured)
		test_tls_end(&scene.tls);
	test_certificate_free(&scene.certificate);
	close(pair[0]);
	close(pair[1]);
	close(scene.connection);
	close(scene.port);
	close(scene.epoll);
}

static void a_connection_that_was_closed_is_read_no_more(void **state)
{
	is_read_no_more(false);
}

static void a_connection_by_tls_that_was_closed_is_read_no_more(void **state)
{
	is_read_no_more(true);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_that_was_closed_is_read_no_more),
		cmocka_unit_test(a_connection_by_tls_that_was_closed_is_read_no_more),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
