#include "core/test.h"

#include <stdio.h>
#include <string.h>

#include "dataplane/device.h"

static void pci_addresses_are_told_from_virtual_devices(void **state)
{
	char name[DEVICE_NAME];

	assert_true(device_is_pci("0000:01:00.0"));
	assert_true(device_is_pci("01:00.0"));
	assert_false(device_is_pci("01:00.0,x=1"));
	assert_false(device_is_pci("net_null0"));
	device_name("01:00.0", name);
	assert_string_equal(name, "0000:01:00.0");
	device_name("net_af_packet0,iface=eth0", name);
	assert_string_equal(name, "net_af_packet0");
}

static void the_interface_is_found_where_the_driver_has_one(void **state)
{
	char name[16];

	assert_true(device_interface("net_af_packet0,qpairs=2,iface=eth0", name, sizeof(name)));
	assert_string_equal(name, "eth0");
	assert_true(device_interface("net_pcap0,rx_iface=eth1", name, sizeof(name)));
	assert_string_equal(name, "eth1");
	assert_false(device_interface("net_pcap0,rx_pcap=a.pcap", name, sizeof(name)));
	assert_false(device_interface("net_tap0", name, sizeof(name)));
	assert_false(device_interface("0000:01:00.0", name, sizeof(name)));
}

static void queues_are_those_that_are_wanted_or_named(void **state)
{
	assert_int_equal(device_queues("net_null0", 0), 1);
	assert_int_equal(device_queues("net_null0", 3), 3);
	assert_int_equal(device_queues("net_null0", 100), DEVICE_QUEUES);
	assert_int_equal(device_queues("net_af_packet0,iface=a,qpairs=4", 1), 4);
	assert_int_equal(device_queues("net_af_packet0,iface=a,qpairs=1", 4), 1);
	assert_int_equal(device_queues("net_pcap0,rx_pcap=a,rx_pcap=b", 1), 2);
	assert_int_equal(device_queues("net_pcap0,rx_pcap=a", 4), 1);
}

static void an_ordinary_mtu_changes_no_argument(void **state)
{
	char arguments[DEVICE_ARGUMENTS];
	uint32_t framesz;

	device_arguments("net_af_packet0,iface=a", 1, 1500, 9216, arguments, &framesz);
	assert_string_equal(arguments, "iface=a");
	assert_int_equal(framesz, DEVICE_RING_FRAME);
	assert_true(device_ring_mtu(framesz) >= 1500);
	device_arguments("net_null0", 2, 0, 9216, arguments, &framesz);
	assert_string_equal(arguments, "");
	assert_int_equal(framesz, 0);
}

static void a_large_mtu_gets_frames_that_hold_it(void **state)
{
	char arguments[DEVICE_ARGUMENTS], device[DEVICE_ARGUMENTS + 16];
	uint32_t framesz, blocksz;

	device_arguments("net_af_packet0,iface=a", 2, 9000, 9216, arguments, &framesz);
	assert_string_equal(arguments, "iface=a,qpairs=2,framesz=9216,blocksz=36864");
	assert_true(device_ring_mtu(framesz) >= 9000);
	/* No larger than a packet buffer takes. */
	device_arguments("net_af_packet0,iface=a", 1, 65536, 9216, arguments, &framesz);
	assert_int_equal(framesz, 9216);
	for (uint32_t mtu = 68; mtu <= 9132; mtu++) {
		device_arguments("net_af_packet0,iface=a", 1, mtu, 9216, arguments, &framesz);
		assert_true(device_ring_mtu(framesz) >= mtu);
		snprintf(device, sizeof(device), "net_af_packet0,%s", arguments);
		assert_true(device_ring_fits(device, &framesz, &blocksz));
	}
}

static void frames_must_fill_their_blocks(void **state)
{
	uint32_t framesz, blocksz;

	assert_true(device_ring_fits("net_af_packet0,iface=a", &framesz, &blocksz));
	assert_true(device_ring_fits("net_af_packet0,iface=a,framesz=4096", &framesz, &blocksz));
	assert_false(device_ring_fits("net_af_packet0,iface=a,framesz=3072", &framesz, &blocksz));
	assert_int_equal(framesz, 3072);
	assert_int_equal(blocksz, 4096);
	assert_true(device_ring_fits("net_null0,framesz=3", &framesz, &blocksz));
}

static void what_the_user_says_of_frames_holds(void **state)
{
	char arguments[DEVICE_ARGUMENTS];
	uint32_t framesz;

	device_arguments("net_af_packet0,iface=a,framesz=4096,blocksz=4096,qpairs=2", 1, 9000, 9216,
		arguments, &framesz);
	assert_string_equal(arguments, "iface=a,framesz=4096,blocksz=4096,qpairs=2");
	assert_int_equal(framesz, 4096);
	device_arguments(
		"net_af_packet0,iface=a,framecnt=4096", 1, 9000, 9216, arguments, &framesz);
	assert_string_equal(arguments, "iface=a,framecnt=4096,framesz=9216,blocksz=36864");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pci_addresses_are_told_from_virtual_devices),
		cmocka_unit_test(the_interface_is_found_where_the_driver_has_one),
		cmocka_unit_test(queues_are_those_that_are_wanted_or_named),
		cmocka_unit_test(an_ordinary_mtu_changes_no_argument),
		cmocka_unit_test(a_large_mtu_gets_frames_that_hold_it),
		cmocka_unit_test(frames_must_fill_their_blocks),
		cmocka_unit_test(what_the_user_says_of_frames_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
