#include "dataplane/wait_set.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/bell.h"
#include "core/clock.h"
#include "core/test.h"
#include "dataplane/port.h"

#define LONG_NS (20 * GW_NS_PER_S)

/* A lane with one port, whose driver's sockets are the second ends of pairs. */
struct fixture {
	struct gw_bell bell;
	struct wait_set set;
	struct port port;
	int far[2];
};

static void open_fixture(struct fixture *f)
{
	*f = (struct fixture){0};
	assert_int_equal(wait_set_open(&f->set, &f->bell), 0);
	for (int i = 0; i < 2; i++) {
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
		f->far[i] = pair[0];
		f->port.sockets.fd[f->port.sockets.count++] = pair[1];
	}
	f->port.queues = 2;
	for (uint16_t queue = 0; queue < 2; queue++)
		wait_set_add_queue(&f->set, &f->port, queue);
	gw_bell_listen(&f->bell);
}

static void close_fixture(struct fixture *f)
{
	for (int i = 0; i < 2; i++) {
		close(f->far[i]);
		close(f->port.sockets.fd[i]);
	}
	wait_set_close(&f->bell);
	assert_int_equal(f->bell.fd, 0);
}

static void a_packet_ends_the_rest_and_silence_does_not(void **state)
{
	struct fixture f;

	open_fixture(&f);
	assert_false(f.set.blind);
	assert_false(wait_set_wait(&f.set, GW_NS_PER_MS, false));
	for (int i = 0; i < 2; i++) {
		char byte = 1;

		assert_int_equal(send(f.far[i], &byte, 1, 0), 1);
		assert_true(wait_set_wait(&f.set, LONG_NS, false));
		assert_int_equal(recv(f.port.sockets.fd[i], &byte, 1, 0), 1);
		assert_false(wait_set_wait(&f.set, GW_NS_PER_MS, false));
	}
	close_fixture(&f);
}

static void the_bell_ends_it_once(void **state)
{
	struct fixture f;

	open_fixture(&f);
	gw_bell_ring(&f.bell);
	gw_bell_ring(&f.bell);
	assert_true(wait_set_wait(&f.set, LONG_NS, false));
	assert_false(wait_set_wait(&f.set, GW_NS_PER_MS, false));
	close_fixture(&f);
}

static void a_port_is_added_once_and_taken_away(void **state)
{
	struct fixture f;
	const char byte = 1;

	open_fixture(&f);
	wait_set_add_queue(&f.set, &f.port, 0);
	assert_int_equal(f.set.count, 3);
	wait_set_without_ports(&f.set);
	assert_int_equal(send(f.far[0], &byte, 1, 0), 1);
	assert_false(wait_set_wait(&f.set, GW_NS_PER_MS, false));
	close_fixture(&f);
}

/* Each packet would wake every lane otherwise, and those that have none of it for nothing. */
static void a_lane_hears_the_queues_that_it_takes_from(void **state)
{
	struct fixture f;
	const char byte = 1;

	open_fixture(&f);
	wait_set_without_ports(&f.set);
	wait_set_add_queue(&f.set, &f.port, 1);
	assert_int_equal(send(f.far[0], &byte, 1, 0), 1);
	assert_false(wait_set_wait(&f.set, GW_NS_PER_MS, false));
	assert_int_equal(send(f.far[1], &byte, 1, 0), 1);
	assert_true(wait_set_wait(&f.set, LONG_NS, false));
	/* Which socket is whose is not known any more. */
	f.port.was_reopened = true;
	wait_set_without_ports(&f.set);
	wait_set_add_queue(&f.set, &f.port, 1);
	assert_int_equal(f.set.count, 3);
	assert_false(f.set.blind);
	/* ... nor whether there is one for each. */
	f.port.queues = 3;
	wait_set_add_queue(&f.set, &f.port, 0);
	assert_true(f.set.blind);
	close_fixture(&f);
}

static void one_that_is_deaf_hears_the_bell_alone(void **state)
{
	struct fixture f;
	const char byte = 1;

	open_fixture(&f);
	assert_int_equal(send(f.far[0], &byte, 1, 0), 1);
	assert_false(wait_set_wait(&f.set, GW_NS_PER_MS, true));
	gw_bell_ring(&f.bell);
	assert_true(wait_set_wait(&f.set, LONG_NS, true));
	close_fixture(&f);
}

static void what_cannot_be_waited_for_makes_it_blind(void **state)
{
	struct fixture f;

	open_fixture(&f);
	f.set.fds[1].fd = 1 << 20;
	assert_false(wait_set_wait(&f.set, LONG_NS, false));
	assert_true(f.set.blind);
	close_fixture(&f);
}

static void a_lane_with_a_port_that_shows_nothing_is_blind(void **state)
{
	struct fixture f;
	const struct port none = {.queues = 1};

	open_fixture(&f);
	wait_set_add_queue(&f.set, &none, 0);
	assert_true(f.set.blind);
	wait_set_without_ports(&f.set);
	assert_false(f.set.blind);
	close_fixture(&f);
}

/* As of an interface that went down: it must not end every wait from then on. */
static void an_error_of_a_socket_is_no_packet_and_is_told_once(void **state)
{
	struct gw_bell bell = {0};
	struct port port = {.queues = 1, .sockets = {.count = 1}};
	struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(nobody);
	struct wait_set set;
	const char byte = 1;
	const int taken = socket(AF_INET, SOCK_DGRAM, 0);
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);

	/* A port that was somebody's a moment ago, and is nobody's. */
	assert_int_equal(bind(taken, (struct sockaddr *)&nobody, size), 0);
	assert_int_equal(getsockname(taken, (struct sockaddr *)&nobody, &size), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&nobody, size), 0);
	close(taken);
	port.sockets.fd[0] = fd;
	assert_int_equal(wait_set_open(&set, &bell), 0);
	wait_set_add_queue(&set, &port, 0);
	assert_int_equal(send(fd, &byte, 1, 0), 1);
	assert_false(wait_set_wait(&set, LONG_NS, false));
	assert_int_equal(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0), 0);
	wait_set_close(&bell);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_ends_the_rest_and_silence_does_not),
		cmocka_unit_test(the_bell_ends_it_once),
		cmocka_unit_test(a_port_is_added_once_and_taken_away),
		cmocka_unit_test(a_lane_hears_the_queues_that_it_takes_from),
		cmocka_unit_test(one_that_is_deaf_hears_the_bell_alone),
		cmocka_unit_test(what_cannot_be_waited_for_makes_it_blind),
		cmocka_unit_test(a_lane_with_a_port_that_shows_nothing_is_blind),
		cmocka_unit_test(an_error_of_a_socket_is_no_packet_and_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
