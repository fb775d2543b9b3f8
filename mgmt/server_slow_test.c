/* Requests that take their time hold up nobody. */
#include "core/test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/clock.h"
#include "mgmt/jobs.h"
#include "mgmt/mgmt.h"
#include "mgmt/test_server.h"

/* A client of its own thread: what it asked for, and what it heard. */
struct asking {
	struct server_fixture f;
	const char *path, *body;
	long status;
	pthread_t thread;
};

static void *ask_in_thread(void *arg)
{
	struct asking *asking = arg;

	asking->status = server_try(&asking->f, "PUT", asking->path, asking->body);
	return NULL;
}

static struct asking *begin_asking(struct server_fixture *f, const char *path, const char *body)
{
	struct asking *asking = calloc(1, sizeof(*asking));

	strcpy(asking->f.made.socket, f->made.socket);
	asking->f.curl = curl_easy_init();
	asking->path = path;
	asking->body = body;
	assert_int_equal(pthread_create(&asking->thread, NULL, ask_in_thread, asking), 0);
	return asking;
}

static long finish_asking(struct asking *asking, const char *words)
{
	pthread_join(asking->thread, NULL);
	long status = asking->status;

	assert_non_null(strstr(asking->f.body, words));
	curl_easy_cleanup(asking->f.curl);
	free(asking);
	return status;
}

static void wait_for_slow(struct server_fixture *f, int waiting, int running)
{
	int64_t end = gw_now() + 5 * GW_NS_PER_S;
	json_int_t is_waiting = -1, is_running = -1;

	while (is_waiting != waiting || is_running != running) {
		assert_true(gw_now() < end);
		json_t *facts = mgmt_service.describe(f->made.gw.services[0].state);

		json_unpack(facts, "{s:I, s:I}", "slow_waiting", &is_waiting, "slow_running",
			&is_running);
		json_decref(facts);
		usleep(2000);
	}
}

static void a_slow_route_holds_up_nobody(void **state)
{
	struct server_fixture *f = *state;
	struct asking *slow = begin_asking(f, "/api/v1/slow/2000", "{}");
	int64_t worst = 0, begin = gw_now();

	wait_for_slow(f, 0, 1);
	for (int i = 0; i < 200; i++) {
		int64_t before = gw_now();

		json_decref(server_get(f, "/api/v1/version"));
		if (gw_now() - before > worst)
			worst = gw_now() - before;
	}
	wait_for_slow(f, 0, 1);
	print_message("worst of 200 beside a slow one: %.2f ms\n", (double)worst / 1e6);
	assert_true(worst < 500 * GW_NS_PER_MS);
	assert_int_equal(finish_asking(slow, "\"slept\":\"2000\""), 200);
	assert_true(gw_now() - begin >= 2 * GW_NS_PER_S);
}

static void one_slow_request_too_many_is_refused(void **state)
{
	struct server_fixture *f = *state;
	struct asking *asking[JOBS_THREADS + JOBS_WAITING];

	for (int i = 0; i < JOBS_THREADS; i++)
		asking[i] = begin_asking(f, "/api/v1/slow/700", NULL);
	wait_for_slow(f, 0, JOBS_THREADS);
	for (int i = JOBS_THREADS; i < JOBS_THREADS + JOBS_WAITING; i++)
		asking[i] = begin_asking(f, "/api/v1/slow/1", NULL);
	wait_for_slow(f, JOBS_WAITING, JOBS_THREADS);
	assert_int_equal(server_ask(f, "PUT", "/api/v1/slow/1"), 503);
	server_assert_error(f, "unavailable");
	for (int i = 0; i < JOBS_THREADS + JOBS_WAITING; i++)
		assert_int_equal(finish_asking(asking[i], "slept"), 200);
	assert_int_equal(server_ask(f, "PUT", "/api/v1/slow/1"), 200);
}

static void a_client_that_goes_away_takes_nothing_with_it(void **state)
{
	static const char text[] = "PUT /api/v1/slow/300 HTTP/1.1\r\nHost: gw\r\n"
				   "Content-Length: 0\r\n\r\n";
	struct server_fixture *f = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, f->made.socket);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	wait_for_slow(f, 0, 1);
	close(fd);
	wait_for_slow(f, 0, 0);
	json_decref(server_get(f, "/api/v1/version"));
	assert_int_equal(server_ask(f, "PUT", "/api/v1/slow/1"), 200);
}

static void a_slow_request_that_listens_ends_with_the_gateway(void **state)
{
	struct server_fixture *f = *state;
	struct asking *slow = begin_asking(f, "/api/v1/slow/4000", NULL);
	int64_t begin = gw_now();

	wait_for_slow(f, 0, 1);
	assert_true(server_close(&f->made.gw));
	assert_true(gw_now() - begin < GW_NS_PER_S);
	/* Whether its answer still got through is a matter of luck. */
	pthread_join(slow->thread, NULL);
	curl_easy_cleanup(slow->f.curl);
	free(slow);
}

static void one_that_does_not_is_left_behind_in_time(void **state)
{
	struct server_fixture *f = *state;
	struct asking *slow = begin_asking(f, "/api/v1/slow/1500", "{\"deaf\": true}");
	int64_t begin = gw_now();

	wait_for_slow(f, 0, 1);
	/* Nothing may be taken down while it is at work. */
	assert_false(mgmt_service.stop(f->made.gw.services[0].state));
	assert_true(gw_now() - begin < 1200 * GW_NS_PER_MS);
	assert_int_equal(access(f->made.socket, F_OK), -1);
	pthread_join(slow->thread, NULL);
	curl_easy_cleanup(slow->f.curl);
	free(slow);
	wait_for_slow(f, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SERVER_TEST(a_slow_route_holds_up_nobody),
		SERVER_TEST(one_slow_request_too_many_is_refused),
		SERVER_TEST(a_client_that_goes_away_takes_nothing_with_it),
		SERVER_TEST(a_slow_request_that_listens_ends_with_the_gateway),
		SERVER_TEST(one_that_does_not_is_left_behind_in_time),
	};

	return cmocka_run_group_tests(tests, server_begin, server_end);
}
