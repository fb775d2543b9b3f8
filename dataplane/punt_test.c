/* The kernel's share of a port: rates, room, and what is said while the port is away. */
#include "core/test.h"

#include <string.h>

#include "core/clock.h"
#include "dataplane/punt.h"
#include "dataplane/test_wire.h"

static const struct gw_interface_config config = {
	.name = "lan0", .device = "net_null0", .kernel = (char *)"gwk"};

static const uint8_t arp[60] = {[12] = 0x08, [13] = 0x06};
static const uint8_t udp[60] = {[12] = 0x08, [14] = 0x45, [23] = 17, [36] = 40};

static struct port port;
static struct punt punt;
static struct gw_error error;

static void open_both(void)
{
	test_must(port_open(&port, &config, 1, &error) == 0, error.text);
	test_must(punt_open(&punt, &port, 1, &error) == 0, error.text);
}

static void close_both(void)
{
	punt_close(&punt);
	port_close(&port);
}

/* Offers so many at that time; returns how many were taken. */
static uint32_t offer(const uint8_t *bytes, uint32_t count, int64_t now, enum gw_drop otherwise)
{
	uint32_t taken = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct rte_mbuf *packet = rte_pktmbuf_alloc(port.buffers);

		MUST(packet != NULL);
		memcpy(rte_pktmbuf_append(packet, 60), bytes, 60);
		const enum gw_drop drop = punt_offer(&punt, 0, packet, bytes, 60, now);

		MUST(drop == GW_DROP_NONE || drop == otherwise);
		taken += drop == GW_DROP_NONE;
		if (drop != GW_DROP_NONE)
			rte_pktmbuf_free(packet);
	}
	return taken;
}

static void keep_to_rates(void)
{
	const int64_t now = gw_now();
	const uint32_t burst = punt_classes[PUNT_UDP].rate / 10 + 1;
	const struct punt_lane *lane = &punt.lane[0];

	open_both();
	MUST(offer(udp, 10000, now, GW_DROP_KERNEL_RATE) == burst);
	/* Others have rates of their own. */
	MUST(offer(arp, 10, now, GW_DROP_KERNEL_RATE) == 10);
	/* A tenth of a second later there is a tenth of the rate more. */
	MUST(offer(udp, 10000, now + GW_NS_PER_S / 10, GW_DROP_KERNEL_RATE) == burst - 1);
	MUST(gw_counter_get(&lane->over_rate[PUNT_UDP]) == 20000 - 2 * burst + 1);
	MUST(gw_counter_get(&lane->over_rate[PUNT_NEIGHBOUR]) == 0);
	MUST(gw_counter_get(&lane->passed[PUNT_NEIGHBOUR]) == 10);
	close_both();
}

static void a_class_has_its_rate_and_no_other_suffers(void **state)
{
	test_wire_in_child(keep_to_rates);
}

static void run_out_of_room(void)
{
	int64_t now = gw_now();
	uint32_t taken = 0;

	open_both();
	/* Nobody takes them out. */
	for (uint32_t i = 0; i < 20; i++, now += GW_NS_PER_S)
		taken += offer(udp, 100, now, GW_DROP_KERNEL_FULL);
	MUST(taken == 511);
	MUST(gw_counter_get(&punt.lane[0].no_room[PUNT_UDP]) == 2000 - taken);
	MUST(offer(arp, 100, now, GW_DROP_KERNEL_FULL) == 100);
	MUST(rte_mempool_in_use_count(port.buffers) >= taken + 100);
	while (punt_move(&punt) > 0)
		continue;
	/* The tap took all of them. */
	MUST(gw_counter_get(&punt.refused) == 0);
	MUST(offer(udp, 1, now + GW_NS_PER_S, GW_DROP_KERNEL_FULL) == 1);
	close_both();
}

static void packets_that_wait_for_the_kernel_are_bounded(void **state)
{
	test_wire_in_child(run_out_of_room);
}

static void speak_too_early(void)
{
	open_both();
	test_wire_run("ip address add 10.1.1.1/24 dev gwk");
	test_wire_run("ping -c 1 -W 1 10.1.1.2 >/dev/null || true");
	while (punt_move(&punt) > 0)
		continue;
	MUST(gw_counter_get(&punt.unsent) > 0);
	MUST(gw_counter_get(&punt.sent) == 0);
	punt.has_link = true;
	test_wire_run("ping -c 1 -W 1 10.1.1.3 >/dev/null || true");
	while (punt_move(&punt) > 0)
		continue;
	MUST(gw_counter_get(&punt.sent) > 0);
	close_both();
}

static void what_the_kernel_says_before_the_port_has_a_link_is_thrown_away(void **state)
{
	test_wire_in_child(speak_too_early);
}

static void lose_the_tap(void)
{
	int64_t now = gw_now();

	open_both();
	const uint32_t before = punt.tap.index;

	punt_look(&punt);
	MUST(punt.tap.index == before);
	test_wire_run("ip link delete gwk");
	MUST(offer(arp, 1, now, GW_DROP_NONE) == 1);
	(void)punt_move(&punt);
	MUST(gw_counter_get(&punt.refused) == 1);
	punt_look(&punt);
	test_wire_run("ip link show gwk up >/dev/null");
	MUST(punt.tap.index == if_nametoindex("gwk"));
	MUST(offer(arp, 1, now, GW_DROP_NONE) == 1);
	(void)punt_move(&punt);
	MUST(gw_counter_get(&punt.refused) == 1);
	close_both();
	test_wire_run("! ip link show gwk >/dev/null 2>&1");
}

static void a_tap_that_somebody_deleted_is_made_again(void **state)
{
	test_wire_in_child(lose_the_tap);
}

static void take_a_taken_name(void)
{
	test_wire_run("ip link add gwk type veth peer name other");
	test_must(port_open(&port, &config, 1, &error) == 0, error.text);
	MUST(punt_open(&punt, &port, 1, &error) != 0);
	test_must(strstr(error.text, "choose another") != NULL, error.text);
	close_both();
}

static void a_name_that_is_taken_is_said(void **state)
{
	test_wire_in_child(take_a_taken_name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_class_has_its_rate_and_no_other_suffers),
		cmocka_unit_test(packets_that_wait_for_the_kernel_are_bounded),
		cmocka_unit_test(what_the_kernel_says_before_the_port_has_a_link_is_thrown_away),
		cmocka_unit_test(a_tap_that_somebody_deleted_is_made_again),
		cmocka_unit_test(a_name_that_is_taken_is_said),
	};

	if (!test_wire_allowed()) {
		print_message("left out: network namespaces need root and `ip`\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
