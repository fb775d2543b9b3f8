/* Memberships in multicast groups, in a network namespace of the test's own. */
#include "core/test.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "dataplane/groups.h"
#include "dataplane/test_wire.h"

static const struct gw_address source = {AF_INET, {10, 0, 0, 1}};

static struct group in_group(const char *interface, uint8_t third, uint8_t fourth)
{
	const struct gw_address address = {AF_INET, {239, 1, third, fourth}};

	return group_of(if_nametoindex(interface), &address, &source);
}

/* Whether the kernel has the group and the source on gw0. */
static bool is_member(uint8_t third, uint8_t fourth)
{
	char wanted[16], line[256];
	FILE *file = fopen("/proc/net/mcfilter", "re");
	bool found = false;

	snprintf(wanted, sizeof(wanted), "0xef01%02x%02x", third, fourth);
	while (file && fgets(line, sizeof(line), file))
		found |= strstr(line, wanted) && strstr(line, "0x0a000001");
	if (file)
		fclose(file);
	return found;
}

static void join_and_leave(void)
{
	struct groups *groups = groups_create();
	struct group wanted[3];
	uint32_t joined, failed;
	int reason;

	test_wire_make("gw0", "cam0", 1500);
	wanted[0] = in_group("gw0", 0, 2);
	wanted[1] = in_group("gw0", 0, 1);
	wanted[2] = wanted[0];
	MUST(groups_set(groups, wanted, 3) == 0);
	groups_count(groups, if_nametoindex("gw0"), &joined, &failed, &reason);
	MUST(joined == 2 && failed == 0 && reason == 0);
	MUST(is_member(0, 1) && is_member(0, 2));
	wanted[0] = in_group("gw0", 0, 2);
	wanted[1] = in_group("gw0", 0, 3);
	MUST(groups_set(groups, wanted, 2) == 0);
	MUST(!is_member(0, 1) && is_member(0, 2) && is_member(0, 3));
	groups_leave(groups, if_nametoindex("gw0"));
	MUST(!is_member(0, 2) && !is_member(0, 3));
	MUST(groups_set(groups, wanted, 2) == 0);
	MUST(is_member(0, 2) && is_member(0, 3));
	groups_destroy(groups);
	MUST(!is_member(0, 2) && !is_member(0, 3));
}

static void groups_are_joined_and_left(void **state)
{
	test_wire_in_child(join_and_leave);
}

/* More than a socket may have, and more sources of one group than that. */
static void join_many(void)
{
	static struct group wanted[700];
	struct groups *groups = groups_create();
	uint32_t joined, failed;
	int reason;

	test_wire_make("gw0", "cam0", 1500);
	for (uint32_t i = 0; i < 600; i++)
		wanted[i] = in_group("gw0", (uint8_t)(i / 200), (uint8_t)(i % 200));
	for (uint32_t i = 600; i < 700; i++) {
		wanted[i] = in_group("gw0", 9, 9);
		wanted[i].source[3] = (uint8_t)(i - 500);
	}
	MUST(groups_set(groups, wanted, 700) == 0);
	groups_count(groups, if_nametoindex("gw0"), &joined, &failed, &reason);
	test_must(joined == 700 && failed == 0, strerror(reason));
	MUST(is_member(0, 0) && is_member(2, 199));
	groups_destroy(groups);
	MUST(!is_member(0, 0) && !is_member(2, 199));
}

static void there_may_be_more_than_a_socket_takes(void **state)
{
	test_wire_in_child(join_many);
}

static void join_ipv6(void)
{
	const struct gw_address group = {AF_INET6, {0xFF, 0x3E, [15] = 7}};
	const struct gw_address from = {AF_INET6, {0xFD, [15] = 1}};
	struct groups *groups = groups_create();
	struct group wanted;
	uint32_t joined, failed;
	int reason;

	test_wire_make("gw0", "cam0", 1500);
	wanted = group_of(if_nametoindex("gw0"), &group, &from);
	MUST(groups_set(groups, &wanted, 1) == 0);
	groups_count(groups, if_nametoindex("gw0"), &joined, &failed, &reason);
	test_must(joined == 1, strerror(reason));
	test_wire_run("grep -q ff3e0000000000000000000000000007 /proc/net/mcfilter6");
	groups_destroy(groups);
	test_wire_run("! grep -q ff3e0000000000000000000000000007 /proc/net/mcfilter6");
}

static void ipv6_groups_are_joined_too(void **state)
{
	test_wire_in_child(join_ipv6);
}

static void lose_the_interface(void)
{
	struct groups *groups = groups_create();
	struct group wanted;
	uint32_t joined, failed;
	int reason;

	test_wire_make("gw0", "cam0", 1500);
	wanted = in_group("gw0", 0, 1);
	const uint32_t old = wanted.interface;

	MUST(groups_set(groups, &wanted, 1) == 0);
	test_wire_run("ip link delete gw0");
	groups_leave(groups, old);
	MUST(groups_set(groups, &wanted, 1) == 0);
	groups_count(groups, old, &joined, &failed, &reason);
	MUST(joined == 0 && failed == 1 && reason == ENODEV);
	test_wire_make("gw0", "cam0", 1500);
	wanted = in_group("gw0", 0, 1);
	MUST(groups_set(groups, &wanted, 1) == 0);
	MUST(is_member(0, 1));
	groups_destroy(groups);
}

static void an_interface_may_go_and_come_back(void **state)
{
	test_wire_in_child(lose_the_interface);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_are_joined_and_left),
		cmocka_unit_test(there_may_be_more_than_a_socket_takes),
		cmocka_unit_test(ipv6_groups_are_joined_too),
		cmocka_unit_test(an_interface_may_go_and_come_back),
	};

	if (!test_wire_allowed()) {
		print_message("left out: network namespaces need root and `ip`\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
