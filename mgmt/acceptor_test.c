/* What clients, cleaners of folders and a lack of descriptors do to the API's socket. */
#include "mgmt/acceptor.h"

#include "core/test.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "mgmt/handmade.h"
#include "mgmt/mgmt.h"

#define PLACES 64
/* More than there are places, also for those who are about to go. */
#define CROWD (2 * PLACES + 16)
#define REQUEST "GET /api/v1/version HTTP/1.1\r\nHost: x\r\n\r\n"

static int set_up(void **state)
{
	struct handmade *made = calloc(1, sizeof(*made));
	struct gw_service *service = &made->gw.services[0];
	struct gw_error error;

	handmade_open(made);
	made->gw.service_count = 1;
	service->ops = &mgmt_service;
	if (mgmt_service.open(&made->gw, &service->state, &error) != 0 ||
		mgmt_service.start(service->state, &error) != 0)
		fail_msg("%s", error.text);
	*state = made;
	return 0;
}

static int tear_down(void **state)
{
	struct handmade *made = *state;
	struct gw_service *service = &made->gw.services[0];

	assert_true(mgmt_service.stop(service->state));
	mgmt_service.close(service->state);
	service->state = NULL;
	assert_int_equal(access(made->socket, F_OK), -1);
	handmade_close(made);
	free(made);
	return 0;
}

static int make_socket(void)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	return fd;
}

static int join(const struct handmade *made, int fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strcpy(address.sun_path, made->socket);
	return connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : -errno;
}

static int client(const struct handmade *made)
{
	const int fd = make_socket();

	assert_int_equal(join(made, fd), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Whether an answer comes within that time. */
static bool is_answered(int fd, int ms)
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	char text[16] = "";

	return poll(&waiting, 1, ms) == 1 && recv(fd, text, 12, MSG_WAITALL) == 12 &&
		strcmp(text, "HTTP/1.1 200") == 0;
}

static void assert_somebody_else_is_answered(const struct handmade *made)
{
	const int fd = client(made);

	say(fd, REQUEST);
	assert_true(is_answered(fd, 2000));
	close(fd);
}

/* Whether the server hung up, within that time. */
static bool was_sent_away(int fd, int ms)
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	char byte;

	return poll(&waiting, 1, ms) == 1 && recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

/* He is in before anybody else comes, and silent from then on. */
static int first_client(const struct handmade *made)
{
	const int fd = client(made);

	say(fd, REQUEST);
	assert_true(is_answered(fd, 2000));
	/* The rest of it. */
	usleep(100000);
	char text[4096];

	assert_true(recv(fd, text, sizeof(text), MSG_DONTWAIT) > 0);
	return fd;
}

static void assert_the_first_had_to_go_and_the_last_had_not(const int fd[CROWD])
{
	assert_true(was_sent_away(fd[0], 2000));
	assert_false(was_sent_away(fd[CROWD - 1], 0));
}

static void silent_clients_keep_nobody_out(void **state)
{
	struct handmade *made = *state;
	int fd[CROWD] = {first_client(made)};

	for (int i = 1; i < CROWD; i++)
		fd[i] = client(made);
	for (int i = 0; i < 3; i++)
		assert_somebody_else_is_answered(made);
	assert_the_first_had_to_go_and_the_last_had_not(fd);
	say(fd[CROWD - 1], REQUEST);
	assert_true(is_answered(fd[CROWD - 1], 2000));
	for (int i = 0; i < CROWD; i++)
		close(fd[i]);
}

static void clients_that_trickle_keep_nobody_out(void **state)
{
	struct handmade *made = *state;
	int fd[CROWD] = {first_client(made)};

	for (int i = 1; i < CROWD; i++) {
		fd[i] = client(made);
		say(fd[i],
			i % 2 ? "GET /api/v1/version HTTP/1.1\r\nX: "
			      : "POST /api/v1/cameras HTTP/1.1\r\nContent-Length: 9\r\n\r\n{");
	}
	for (int i = 0; i < 3; i++)
		assert_somebody_else_is_answered(made);
	assert_the_first_had_to_go_and_the_last_had_not(fd);
	for (int i = 0; i < CROWD; i++)
		close(fd[i]);
}

static void the_file_is_made_again_when_it_is_removed(void **state)
{
	struct handmade *made = *state;

	assert_int_equal(unlink(made->socket), 0);
	for (int i = 0; i < 300 && access(made->socket, F_OK) != 0; i++)
		usleep(10000);
	usleep(20000);
	assert_somebody_else_is_answered(made);
}

/* Lowers the limit so that there are no more descriptors than are open now. */
static void allow_no_more(struct rlimit *before)
{
	const int next = dup(STDERR_FILENO);
	struct rlimit low;

	getrlimit(RLIMIT_NOFILE, before);
	low = *before;
	low.rlim_cur = (rlim_t)next;
	close(next);
	setrlimit(RLIMIT_NOFILE, &low);
}

static int64_t processor_time(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return used.tv_sec * GW_NS_PER_S + used.tv_nsec;
}

static void a_process_without_descriptors_answers_one_and_turns_no_circles(void **state)
{
	struct handmade *made = *state;
	const int first = make_socket(), second = make_socket();
	struct rlimit before;

	allow_no_more(&before);
	assert_int_equal(join(made, first), 0);
	say(first, REQUEST);
	const bool answered = is_answered(first, 2000);

	/* There is none left for this one. */
	assert_int_equal(join(made, second), 0);
	say(second, REQUEST);
	const int64_t begin = processor_time();
	const bool too_early = is_answered(second, 1000);
	const int64_t used = processor_time() - begin;

	setrlimit(RLIMIT_NOFILE, &before);
	assert_true(answered);
	assert_false(too_early);
	assert_true(used < GW_NS_PER_S / 5);
	assert_true(is_answered(second, 2000));
	close(first);
	close(second);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(silent_clients_keep_nobody_out),
		TEST(clients_that_trickle_keep_nobody_out),
		TEST(the_file_is_made_again_when_it_is_removed),
		TEST(a_process_without_descriptors_answers_one_and_turns_no_circles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
