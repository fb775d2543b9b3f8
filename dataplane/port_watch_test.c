/* A port whose interface goes away and comes back, as an operator, a cable or a container manager
 * makes it. One loop stands for the control thread and the receive thread. */
#include "core/test.h"

#include <dirent.h>
#include <rte_malloc.h>
#include <rte_memzone.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/test_log.h"
#include "dataplane/device.h"
#include "dataplane/test_wire.h"

#define ROUNDS 20

/* A second. A machine that is busy with other things looks less often. */
#define LOOKS (GW_NS_PER_S / PORT_WATCH_NS)

static struct scene {
	struct port port;
	struct port_watch watch;
	struct gw_error error;
	int camera; /* sends */
	int64_t looked;
	uint32_t looks;
	uint32_t heard;
} scene;

static const struct gw_interface_config plain = {
	.name = "lan0", .device = "net_af_packet0,iface=gw0", .checksum = GW_CHECKSUM_PORT};

static void scene_open(const struct gw_interface_config *config, uint32_t queues)
{
	test_must(port_open(&scene.port, config, queues, &scene.error) == 0, scene.error.text);
	MUST(port_watch_open(&scene.watch, &scene.port, &scene.error) == 0);
	scene.camera = -1;
}

static void scene_close(void)
{
	if (scene.camera >= 0)
		close(scene.camera);
	port_watch_close(&scene.watch);
	port_close(&scene.port);
}

/* One turn of both threads: the watch's, now and then, and the receiver's. */
static void turn(void)
{
	struct test_wire_heard heard = {0};
	const int64_t now = gw_now();

	if (now - scene.looked >= PORT_WATCH_NS) {
		scene.looked = now;
		scene.looks++;
		if (port_watch_look(&scene.watch, now))
			port_watch_reopen(&scene.watch, now);
	}
	if (scene.port.open)
		test_wire_listen(&scene.port, &heard);
	scene.heard += heard.by_mark['c'];
	usleep(1000);
}

static bool in_state(enum port_state state)
{
	return atomic_load(&scene.watch.state) == (int)state;
}

static void wait_for_state(enum port_state state)
{
	const uint32_t end = scene.looks + LOOKS;

	while (!in_state(state) && scene.looks < end)
		turn();
	MUST(in_state(state));
}

/* The camera sends all the time; its packets must arrive within a second. */
static void must_hear(void)
{
	const uint32_t end = scene.looks + LOOKS;

	if (scene.camera >= 0)
		close(scene.camera);
	scene.camera = test_wire_socket("cam0");
	scene.heard = 0;
	while (scene.heard == 0 && scene.looks < end) {
		test_wire_send(scene.camera, 'c', 1, 100);
		turn();
	}
	MUST(scene.heard > 0);
	wait_for_state(PORT_UP);
}

static void must_have_trouble(const char *id)
{
	static struct gw_health health;

	memset(&health, 0, sizeof(health));
	port_watch_health(&scene.watch, GW_DEGRADED, &health);
	if (!id) {
		MUST(health.count == 0);
		return;
	}
	MUST(health.count == 1);
	test_must(strcmp(health.trouble[0].id, id) == 0, health.trouble[0].id);
}

static void link_down_and_up(void)
{
	test_wire_make("gw0", "cam0", 1500);
	scene_open(&plain, 2);
	must_hear();
	must_have_trouble(NULL);
	for (uint32_t i = 0; i < 3; i++) {
		/* The other end: no carrier. */
		test_wire_run("ip link set cam0 down");
		wait_for_state(PORT_DOWN);
		must_have_trouble("port.lan0.down");
		test_wire_run("ip link set cam0 up");
		must_hear();
		test_wire_run("ip link set gw0 down");
		wait_for_state(PORT_DOWN);
		test_wire_run("ip link set gw0 up");
		must_hear();
		must_have_trouble(NULL);
	}
	/* The driver comes over that by itself. */
	MUST(atomic_load(&scene.watch.reopened) == 0);
	scene_close();
}

static void a_link_that_goes_is_told_and_works_when_it_is_back(void **state)
{
	test_wire_in_child(link_down_and_up);
}

static void count_zone(const struct rte_memzone *zone, void *count)
{
	++*(uint32_t *)count;
}

static void count_pool(struct rte_mempool *pool, void *count)
{
	++*(uint32_t *)count;
}

struct holdings {
	uint32_t zones, pools, descriptors, allocations;
};

static struct holdings take_stock(void)
{
	struct holdings it = {0};
	struct rte_malloc_socket_stats heap;
	DIR *dir = opendir("/proc/self/fd");

	rte_memzone_walk(count_zone, &it.zones);
	rte_mempool_walk(count_pool, &it.pools);
	while (readdir(dir))
		it.descriptors++;
	closedir(dir);
	if (rte_malloc_get_socket_stats(0, &heap) == 0)
		it.allocations = heap.alloc_count;
	return it;
}

static void must_hold_no_more_than(const struct holdings *before)
{
	const struct holdings now = take_stock();

	MUST(before->allocations > 0);
	MUST(now.zones == before->zones);
	MUST(now.pools == before->pools);
	MUST(now.descriptors == before->descriptors);
	MUST(now.allocations == before->allocations);
}

static void delete_and_make_again(void)
{
	struct test_log log;

	test_wire_make("gw0", "cam0", 1500);
	scene_open(&plain, 2);
	must_hear();
	const struct holdings before = take_stock();

	for (uint32_t i = 0; i < ROUNDS; i++) {
		test_wire_run("ip link delete gw0");
		wait_for_state(PORT_GONE);
		must_have_trouble("port.lan0.gone");
		test_wire_make("gw0", "cam0", 1500);
		must_hear();
		must_have_trouble(NULL);
		MUST(atomic_load(&scene.watch.reopened) == i + 1);
		must_hold_no_more_than(&before);
	}
	test_log_begin(&log);
	/* Quicker than anybody looks. */
	test_wire_run("ip link delete gw0");
	test_wire_make("gw0", "cam0", 1500);
	must_hear();
	const char *said = test_log_said(&log);

	test_log_end(&log);
	test_must(strstr(said, "dataplane: interface lan0: opened again, net_af_packet0,iface=gw0"),
		said);
	scene_close();
}

static void an_interface_that_is_made_again_is_received_from(void **state)
{
	test_wire_in_child(delete_and_make_again);
}

/* A process in another namespace. */
static pid_t make_elsewhere(void)
{
	int ready[2];
	char byte;

	MUST(pipe(ready) == 0);
	const pid_t child = fork();

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		MUST(unshare(CLONE_NEWNET) == 0);
		MUST(write(ready[1], "r", 1) == 1);
		for (;;)
			pause();
	}
	MUST(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	close(ready[1]);
	return child;
}

/* What the API's threads do. */
static void *ask_all_the_time(void *end)
{
	static struct gw_health health;
	struct port_facts facts;
	uint64_t packets = 0;

	while (!atomic_load((atomic_bool *)end)) {
		health.count = 0;
		port_watch_health(&scene.watch, GW_DEGRADED, &health);
		port_look(&scene.port, &facts);
		MUST(facts.counts.packets >= packets);
		packets = facts.counts.packets;
	}
	MUST(packets > ROUNDS);
	return NULL;
}

static void move_away_and_back(void)
{
	atomic_bool end = false;
	pthread_t asker;

	test_wire_make("gw0", "cam0", 1500);
	scene_open(&plain, 1);
	must_hear();
	MUST(pthread_create(&asker, NULL, ask_all_the_time, &end) == 0);
	const pid_t elsewhere = make_elsewhere();
	const struct holdings before = take_stock();

	for (uint32_t i = 0; i < ROUNDS + 1; i++) {
		test_wire_run("ip link set gw0 netns %d", elsewhere);
		/* The last time it is back before anybody looks, with the same number. */
		if (i < ROUNDS)
			wait_for_state(PORT_GONE);
		test_wire_run("nsenter -t %d -n ip link set gw0 netns %d", elsewhere, getpid());
		test_wire_run("ip link set gw0 up");
		must_hear();
		MUST(atomic_load(&scene.watch.reopened) == i + 1);
	}
	must_hold_no_more_than(&before);
	atomic_store(&end, true);
	MUST(pthread_join(asker, NULL) == 0);
	kill(elsewhere, SIGKILL);
	waitpid(elsewhere, NULL, 0);
	scene_close();
}

static void an_interface_that_was_elsewhere_is_received_from(void **state)
{
	test_wire_in_child(move_away_and_back);
}

static void come_back_down(void)
{
	test_wire_make("gw0", "cam0", 1500);
	scene_open(&plain, 2);
	must_hear();
	test_wire_run("ip link delete gw0");
	wait_for_state(PORT_GONE);
	test_wire_run("ip link add gw0 type veth peer name cam0 && ip link set cam0 up");
	for (const int64_t end = gw_now() + GW_NS_PER_S; gw_now() < end;)
		turn();
	test_wire_run("ip link set gw0 up");
	must_hear();
	scene_close();
}

static void an_interface_that_comes_back_down_is_waited_for(void **state)
{
	test_wire_in_child(come_back_down);
}

static void fail_to_open_again(void)
{
	test_wire_make("gw0", "cam0", 1500);
	scene_open(&plain, 1);
	must_hear();
	const struct holdings before = take_stock();

	test_wire_run("ip link delete gw0");
	for (uint32_t i = 0; i < 3; i++) {
		MUST(port_watch_reopen(&scene.watch, gw_now()) != 0);
		MUST(!scene.port.open);
	}
	MUST(!port_watch_look(&scene.watch, gw_now()));
	MUST(in_state(PORT_GONE));
	must_have_trouble("port.lan0.gone");
	test_wire_make("gw0", "cam0", 1500);
	/* Not before its time. */
	MUST(!port_watch_look(&scene.watch, gw_now()));
	for (const int64_t end = gw_now() + GW_NS_PER_S; gw_now() < end;)
		turn();
	must_hear();
	must_have_trouble(NULL);
	must_hold_no_more_than(&before);
	scene_close();
}

static void an_opening_that_fails_is_tried_again_later(void **state)
{
	test_wire_in_child(fail_to_open_again);
}

static void grow_the_mtu(void)
{
	const struct gw_interface_config own = {
		.name = "lan0", .device = "net_af_packet0,iface=gw0,framesz=2048,blocksz=4096"};
	struct test_wire_heard heard = {0};

	test_wire_make("gw0", "cam0", 1500);
	scene_open(&plain, 1);
	must_hear();
	test_wire_run("ip link set gw0 mtu 9000 && ip link set cam0 mtu 9000");
	MUST(port_watch_look(&scene.watch, gw_now()));
	MUST(in_state(PORT_UP));
	MUST(port_watch_reopen(&scene.watch, gw_now()) == 0);
	MUST(!port_watch_look(&scene.watch, gw_now()));
	MUST(test_wire_send(scene.camera, 'c', 1, 9014));
	usleep(10000);
	test_wire_listen(&scene.port, &heard);
	MUST(heard.longest == 9014);
	/* More than any buffer takes. */
	test_wire_run("ip link set gw0 mtu 20000");
	MUST(!port_watch_look(&scene.watch, gw_now()));
	must_have_trouble("port.lan0.mtu");
	scene_close();
	/* Frames whose size was asked for stay, and it is told. */
	scene_open(&own, 1);
	MUST(!port_watch_look(&scene.watch, gw_now()));
	must_have_trouble("port.lan0.mtu");
	scene_close();
}

static void a_port_grows_with_the_mtu_or_says_that_it_cannot(void **state)
{
	test_wire_in_child(grow_the_mtu);
}

static void follow_other_drivers(void)
{
	const struct gw_interface_config pcap = {
		.name = "lan0", .device = "net_pcap0,rx_iface=gw0", .checksum = GW_CHECKSUM_PORT};

	test_wire_make("gw0", "cam0", 1500);
	scene_open(&pcap, 1);
	must_hear();
	const struct holdings before = take_stock();

	for (uint32_t i = 0; i < 3; i++) {
		test_wire_run("ip link delete gw0");
		wait_for_state(PORT_GONE);
		test_wire_make("gw0", "cam0", 1500);
		must_hear();
		must_hold_no_more_than(&before);
	}
	scene_close();
}

static void an_interface_under_libpcap_is_watched_too(void **state)
{
	test_wire_in_child(follow_other_drivers);
}

static void watch_others(void)
{
	const struct gw_interface_config null = {.name = "null", .device = "net_null0"};
	const struct gw_interface_config ring = {.name = "ring", .device = "net_ring0"};

	scene_open(&null, 1);
	MUST(!port_watch_look(&scene.watch, gw_now()));
	MUST(in_state(PORT_UP));
	scene_close();
	scene_open(&ring, 1);
	MUST(!port_watch_look(&scene.watch, gw_now()));
	MUST(in_state(PORT_UP));
	scene_close();
}

static void a_port_without_an_interface_is_up(void **state)
{
	test_wire_in_child(watch_others);
}

static void delete_tap(void)
{
	const struct gw_interface_config tap = {
		.name = "tap", .device = "net_tap0,iface=gw0", .checksum = GW_CHECKSUM_PORT};

	scene_open(&tap, 1);
	const struct holdings before = take_stock();

	for (uint32_t i = 0; i < 3; i++) {
		const uint64_t reopened = atomic_load(&scene.watch.reopened);

		test_wire_run("ip link delete gw0");
		for (const uint32_t end = scene.looks + LOOKS;
			atomic_load(&scene.watch.reopened) == reopened && scene.looks < end;)
			turn();
		MUST(atomic_load(&scene.watch.reopened) == reopened + 1);
		MUST(in_state(PORT_UP));
		must_hold_no_more_than(&before);
	}
	scene_close();
}

static void a_tap_that_is_deleted_is_made_again(void **state)
{
	if (access("/dev/net/tun", R_OK | W_OK) != 0)
		skip();
	test_wire_in_child(delete_tap);
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
		cmocka_unit_test(a_link_that_goes_is_told_and_works_when_it_is_back),
		cmocka_unit_test(an_interface_that_is_made_again_is_received_from),
		cmocka_unit_test(an_interface_that_was_elsewhere_is_received_from),
		cmocka_unit_test(an_interface_that_comes_back_down_is_waited_for),
		cmocka_unit_test(an_opening_that_fails_is_tried_again_later),
		cmocka_unit_test(a_port_grows_with_the_mtu_or_says_that_it_cannot),
		cmocka_unit_test(an_interface_under_libpcap_is_watched_too),
		cmocka_unit_test(a_port_without_an_interface_is_up),
		cmocka_unit_test(a_tap_that_is_deleted_is_made_again),
	};

	return cmocka_run_group_tests(tests, need_namespaces, NULL);
}
