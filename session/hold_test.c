#include "core/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session/hold.h"

static struct gw_address loopback(void)
{
	struct gw_address address = {.family = AF_INET};

	inet_pton(AF_INET, "127.0.0.1", address.bytes);
	return address;
}

/* Sends to the port; returns what the kernel says of it afterwards. */
static int send_to(uint16_t port)
{
	const int file = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct pollfd waiting = {.fd = file, .events = POLLIN};
	int error = 0;
	socklen_t size = sizeof(error);

	inet_pton(AF_INET, "127.0.0.1", &name.sin_addr);
	assert_int_equal(connect(file, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(send(file, "x", 1, 0), 1);
	poll(&waiting, 1, 200);
	getsockopt(file, SOL_SOCKET, SO_ERROR, &error, &size);
	close(file);
	return error;
}

static void a_held_port_is_neither_read_nor_unreachable(void **state)
{
	const struct gw_address address = loopback();
	struct hold hold = HOLD_NONE;
	char byte;

	assert_int_equal(hold_ports(&hold, &address, NULL), 0);
	const uint16_t port = hold.port;

	assert_int_equal(port % 2, 0);
	assert_int_equal(send_to(port), 0);
	assert_int_equal(send_to(port + 1), 0);
	assert_int_equal(recv(hold.rtp, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(hold_ports(&hold, &address, NULL), 0);
	assert_int_equal(hold.port, port);
	hold_release(&hold);
	/* What would have stopped the camera. */
	assert_int_equal(send_to(port), ECONNREFUSED);
	hold_release(&hold);
}

static void an_address_that_is_not_ours_cannot_be_held(void **state)
{
	struct gw_address address = loopback();
	struct hold hold = HOLD_NONE;
	struct gw_error error;

	inet_pton(AF_INET, "192.0.2.77", address.bytes);
	assert_true(hold_ports(&hold, &address, &error) < 0);
	assert_non_null(strstr(error.text, "no UDP port"));
	assert_int_equal(hold.rtp, -1);
}

static void a_group_is_joined(void **state)
{
	struct gw_address address = loopback(), group = {.family = AF_INET};
	struct hold hold = HOLD_NONE;

	inet_pton(AF_INET, "239.1.2.3", group.bytes);
	assert_int_equal(hold_group(&hold, &address, &group, NULL), 0);
	assert_int_equal(hold_ports(&hold, &address, NULL), 0);
	assert_true(hold.port > 0);
	hold_release(&hold);
	inet_pton(AF_INET, "10.1.2.3", group.bytes);
	assert_true(hold_group(&hold, &address, &group, NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_held_port_is_neither_read_nor_unreachable),
		cmocka_unit_test(an_address_that_is_not_ours_cannot_be_held),
		cmocka_unit_test(a_group_is_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
