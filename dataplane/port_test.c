/* Ports on virtual cables. */
#include "core/test.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dataplane/device.h"
#include "dataplane/test_wire.h"

#define STARTS 12

static const struct gw_interface_config plain = {
	.name = "lan0", .device = "net_af_packet0,iface=gw0", .checksum = GW_CHECKSUM_PORT};

static struct port port;
static struct gw_error error;

/* Listens for so many milliseconds. */
static void listen_for(struct test_wire_heard *heard, int64_t milliseconds)
{
	const int64_t end = gw_now() + milliseconds * GW_NS_PER_MS;

	while (gw_now() < end)
		test_wire_listen(&port, heard);
}

/* A process that sends into an interface as fast as it can. */
static pid_t make_noise(const char *interface)
{
	const int fd = test_wire_socket(interface);
	const pid_t child = fork();

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (uint16_t i = 0;; i++)
			test_wire_send(fd, 'n', i, 200);
	}
	close(fd);
	return child;
}

static void start_beside_a_busy_interface(void)
{
	struct test_wire_heard heard = {0};

	test_wire_make("gw0", "cam0", 1500);
	test_wire_make("busy0", "busy1", 1500);
	const pid_t noise = make_noise("busy1");
	const int fd = test_wire_socket("cam0");

	for (uint32_t i = 0; i < STARTS; i++) {
		MUST(port_open(&port, &plain, 2, &error) == 0);
		test_wire_send(fd, 'c', 1, 100);
		listen_for(&heard, 30);
		port_close(&port);
	}
	kill(noise, SIGKILL);
	waitpid(noise, NULL, 0);
	close(fd);
	MUST(heard.by_mark['n'] == 0);
	MUST(heard.by_mark['c'] == STARTS);
}

static void a_port_says_nothing_of_other_interfaces_when_it_starts(void **state)
{
	test_wire_in_child(start_beside_a_busy_interface);
}

static void spread_over_queues(void)
{
	struct test_wire_heard heard = {0};

	test_wire_make("gw0", "cam0", 1500);
	MUST(port_open(&port, &plain, 2, &error) == 0);
	MUST(port.queues == 2);
	const int fd = test_wire_socket("cam0");

	for (uint16_t i = 0; i < 200; i++)
		MUST(test_wire_send(fd, 'c', i, 100));
	listen_for(&heard, 50);
	MUST(heard.total == 200);
	MUST(heard.in_queue[0] > 20);
	MUST(heard.in_queue[1] > 20);
	memset(&heard, 0, sizeof(heard));
	for (uint16_t i = 0; i < 200; i++)
		MUST(test_wire_send(fd, 'c', 1, 100));
	listen_for(&heard, 50);
	MUST(heard.in_queue[0] == 200 || heard.in_queue[1] == 200);
	close(fd);
	port_close(&port);
}

static void a_port_spreads_flows_over_its_queues(void **state)
{
	test_wire_in_child(spread_over_queues);
}

static void open_named_queues(void)
{
	const struct gw_interface_config named = {
		.name = "lan0", .device = "net_af_packet0,iface=gw0,qpairs=2"};
	const struct gw_interface_config null = {.name = "null", .device = "net_null0"};
	struct test_wire_heard heard = {0};

	test_wire_make("gw0", "cam0", 1500);
	MUST(port_memory_mib(&named, 1) == 2 * PORT_MEMORY_MIB);
	MUST(port_open(&port, &named, 1, &error) == 0);
	MUST(port.queues == 2);
	const int fd = test_wire_socket("cam0");

	for (uint16_t i = 0; i < 200; i++)
		MUST(test_wire_send(fd, 'c', i, 100));
	listen_for(&heard, 50);
	MUST(heard.total == 200);
	close(fd);
	port_close(&port);
	MUST(port_open(&port, &null, 2, &error) == 0);
	MUST(port.queues == 2);
	port_close(&port);
}

static void queues_that_the_device_names_are_all_received_from(void **state)
{
	test_wire_in_child(open_named_queues);
}

static void receive_jumbo(void)
{
	struct test_wire_heard heard = {0};

	test_wire_make("gw0", "cam0", 9000);
	MUST(port_open(&port, &plain, 1, &error) == 0);
	MUST(port.mtu_room >= 9000);
	const int fd = test_wire_socket("cam0");

	for (uint16_t i = 0; i < 100; i++)
		MUST(test_wire_send(fd, 'c', 1, 9014));
	listen_for(&heard, 50);
	MUST(heard.total == 100);
	MUST(heard.longest == 9014);
	/* More than once around the ring. */
	for (uint16_t i = 0; i < 1500; i++) {
		MUST(test_wire_send(fd, 'd', 1, 9014));
		test_wire_listen(&port, &heard);
	}
	listen_for(&heard, 50);
	MUST(heard.by_mark['d'] == 1500);
	close(fd);
	port_close(&port);
}

static void open_with_gaps(void)
{
	const struct gw_interface_config gaps = {
		.name = "lan0", .device = "net_af_packet0,iface=gw0,framesz=3072"};

	test_wire_make("gw0", "cam0", 1500);
	MUST(port_open(&port, &gaps, 1, &error) == -EINVAL);
	MUST(strstr(error.text, "blocksz=4096 is no multiple of framesz=3072"));
}

static void open_on_a_down_interface(void)
{
	/* The kernel refuses a ring of two and a half blocks. */
	const struct gw_interface_config odd = {
		.name = "lan0", .device = "net_af_packet0,iface=gw0,framecnt=5"};
	DIR *dir;
	uint32_t descriptors[2] = {0};

	test_wire_make("gw0", "cam0", 1500);
	test_wire_run("ip link set gw0 down");
	for (uint32_t i = 0; i < 2; i++) {
		MUST(port_open(&port, &odd, 1, &error) != 0);
		test_must(strstr(error.text, "gw0 is down: `ip link set gw0 up`"), error.text);
		dir = opendir("/proc/self/fd");
		while (readdir(dir))
			descriptors[i]++;
		closedir(dir);
	}
	MUST(descriptors[0] == descriptors[1]);
}

static void a_port_that_fails_on_a_down_interface_says_so(void **state)
{
	test_wire_in_child(open_on_a_down_interface);
}

static void frames_that_do_not_fill_their_blocks_are_refused(void **state)
{
	test_wire_in_child(open_with_gaps);
}

static void jumbo_frames_arrive_whole(void **state)
{
	test_wire_in_child(receive_jumbo);
}

static void lose_in_the_ring(void)
{
	struct test_wire_heard heard = {0};
	struct port_facts facts;

	test_wire_make("gw0", "cam0", 1500);
	MUST(port_open(&port, &plain, 1, &error) == 0);
	const int fd = test_wire_socket("cam0");

	for (uint16_t i = 0; i < 2000; i++)
		MUST(test_wire_send(fd, 'c', i, 100));
	usleep(10000);
	port_look(&port, &facts);
	MUST(facts.counts.missed == 2000 - DEVICE_RING_FRAMES);
	listen_for(&heard, 50);
	port_look(&port, &facts);
	MUST(facts.counts.packets == heard.total);
	MUST(facts.counts.packets + facts.counts.missed == 2000);
	/* It goes on over a new opening. */
	MUST(port_reopen(&port, &error) == 0);
	port_look(&port, &facts);
	MUST(facts.counts.packets + facts.counts.missed == 2000);
	close(fd);
	port_close(&port);
}

static void what_the_ring_had_no_room_for_is_counted(void **state)
{
	test_wire_in_child(lose_in_the_ring);
}

static void *free_elsewhere(void *buffer)
{
	rte_pktmbuf_free(buffer);
	return NULL;
}

static void keep_buffers(void)
{
	struct rte_mbuf *packet = NULL;
	pthread_t thread;

	test_wire_make("gw0", "cam0", 1500);
	MUST(port_open(&port, &plain, 1, &error) == 0);
	const uint32_t available = rte_mempool_avail_count(port.buffers);
	const int fd = test_wire_socket("cam0");

	MUST(test_wire_send(fd, 'c', 1, 100));
	for (const int64_t end = gw_now() + GW_NS_PER_S; !packet && gw_now() < end;)
		rte_eth_rx_burst(port.id, 0, &packet, 1);
	MUST(packet != NULL);
	MUST(port_reopen(&port, &error) == 0);
	MUST(rte_pktmbuf_mtod(packet, const uint8_t *)[42] == 'c');
	MUST(pthread_create(&thread, NULL, free_elsewhere, packet) == 0);
	MUST(pthread_join(thread, NULL) == 0);
	MUST(rte_mempool_avail_count(port.buffers) == available);
	close(fd);
	port_close(&port);
}

static void a_buffer_outlives_a_new_opening_and_is_freed_by_any_thread(void **state)
{
	test_wire_in_child(keep_buffers);
}

static int need_namespaces(void **state)
{
	if (test_wire_allowed())
		return 0;
	print_message("left out: virtual cables need root and `ip`\n");
	exit(77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_says_nothing_of_other_interfaces_when_it_starts),
		cmocka_unit_test(a_port_spreads_flows_over_its_queues),
		cmocka_unit_test(queues_that_the_device_names_are_all_received_from),
		cmocka_unit_test(a_port_that_fails_on_a_down_interface_says_so),
		cmocka_unit_test(frames_that_do_not_fill_their_blocks_are_refused),
		cmocka_unit_test(jumbo_frames_arrive_whole),
		cmocka_unit_test(what_the_ring_had_no_room_for_is_counted),
		cmocka_unit_test(a_buffer_outlives_a_new_opening_and_is_freed_by_any_thread),
	};

	return cmocka_run_group_tests(tests, need_namespaces, NULL);
}
