/* DPDK starts once in a process: every test runs in a child of its own. */
#include "core/test.h"

#include <errno.h>
#include <rte_devargs.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/config/config.h"
#include "dataplane/eal.h"

static char addresses[EAL_PCI_DEVICES + 1][16];
static const char *pci[EAL_PCI_DEVICES + 1];

/* Addresses that no machine of ours has. */
static int make_addresses(void **state)
{
	for (uint32_t i = 0; i <= EAL_PCI_DEVICES; i++) {
		snprintf(addresses[i], sizeof(addresses[i]), "fffe:%02x:1f.7", i);
		pci[i] = addresses[i];
	}
	return 0;
}

static int open_with(uint32_t count, struct gw_error *error)
{
	const struct eal_request request = {.pci = pci, .pci_count = count, .memory_mib = 32};

	return eal_open(&request, error);
}

static void run_in_child(int (*body)(void))
{
	const pid_t child = fork();
	int status = -1;

	if (child == 0)
		_exit(body());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int allow_every_device(void)
{
	struct gw_error error = {0};
	struct rte_devargs *device;
	uint32_t allowed = 0;

	if (open_with(GW_INTERFACES, &error) != 0) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	RTE_EAL_DEVARGS_FOREACH("pci", device)
	allowed++;
	eal_close();
	return allowed == GW_INTERFACES ? 0 : 2;
}

static void every_interface_may_be_a_pci_device(void **state)
{
	run_in_child(allow_every_device);
}

static int ask_for_too_many(void)
{
	struct gw_error error = {0};

	return open_with(EAL_PCI_DEVICES + 1, &error) == -E2BIG &&
			strstr(error.text, "33 PCI devices are configured") &&
			strstr(error.text, "at most 32")
		? 0
		: 1;
}

static void more_devices_than_dpdk_is_given_are_an_error(void **state)
{
	run_in_child(ask_for_too_many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_interface_may_be_a_pci_device),
		cmocka_unit_test(more_devices_than_dpdk_is_given_are_an_error),
	};

	return cmocka_run_group_tests(tests, make_addresses, NULL);
}
