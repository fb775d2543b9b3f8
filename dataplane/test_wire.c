#include "dataplane/test_wire.h"

#include "core/test.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/stage.h"
#include "dataplane/device.h"
#include "dataplane/eal.h"

void test_must(bool truth, const char *what)
{
	if (!truth) {
		fprintf(stderr, "not true: %s\n", what);
		_exit(1);
	}
}

bool test_wire_allowed(void)
{
	const pid_t child = fork();
	int status = -1;

	if (child == 0)
		_exit(unshare(CLONE_NEWNET) != 0 || system("ip link >/dev/null 2>&1") != 0);
	waitpid(child, &status, 0);
	return status == 0;
}

void test_wire_in_child(void (*body)(void))
{
	const pid_t child = fork();
	int status = -1;

	if (child == 0) {
		const struct eal_request request = {.memory_mib = 32 + 2 * PORT_MEMORY_MIB};
		struct gw_error error = {0};

		alarm(100);
		MUST(unshare(CLONE_NEWNET) == 0);
		test_must(eal_open(&request, &error) == 0, error.text);
		body();
		eal_close();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

void test_wire_run(const char *format, ...)
{
	char command[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	test_must(system(command) == 0, command);
}

void test_wire_make(const char *near, const char *far, uint32_t mtu)
{
	test_wire_run("ip link add %s mtu %u type veth peer name %s mtu %u", near, mtu, far, mtu);
	/* No router solicitations: only what tests send shall arrive. */
	test_wire_run(
		"ip link set %s addrgenmode none && ip link set %s addrgenmode none", near, far);
	test_wire_run("ip link set %s up && ip link set %s up", near, far);
}

int test_wire_socket(const char *interface)
{
	const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = (int)if_nametoindex(interface),
	};

	MUST(fd >= 0);
	MUST(bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

bool test_wire_send(int fd, uint8_t mark, uint16_t source, uint32_t size)
{
	static uint8_t frame[65536] = {
		[12] = 0x08, [14] = 0x45, [22] = 64, [23] = 17, [26] = 10, [30] = 10, [33] = 2};
	const uint32_t datagram = size - 14, udp = datagram - 20;

	frame[16] = (uint8_t)(datagram >> 8);
	frame[17] = (uint8_t)datagram;
	frame[34] = (uint8_t)(source >> 8);
	frame[35] = (uint8_t)source;
	frame[36] = 5004 >> 8;
	frame[37] = 5004 & 255;
	frame[38] = (uint8_t)(udp >> 8);
	frame[39] = (uint8_t)udp;
	frame[42] = mark;
	return send(fd, frame, size, 0) == (ssize_t)size;
}

void test_wire_listen(struct port *port, struct test_wire_heard *heard)
{
	for (uint16_t queue = 0; queue < port->queues; queue++) {
		struct rte_mbuf *burst[GW_BURST];
		const uint16_t count = rte_eth_rx_burst(port->id, queue, burst, GW_BURST);

		for (uint16_t i = 0; i < count; i++) {
			heard->by_mark[rte_pktmbuf_mtod(burst[i], const uint8_t *)[42]]++;
			if (burst[i]->data_len > heard->longest)
				heard->longest = burst[i]->data_len;
		}
		heard->in_queue[queue] += count;
		heard->total += count;
		rte_pktmbuf_free_bulk(burst, count);
	}
}
