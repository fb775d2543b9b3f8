/* What is said of machines that tests made out of files. */
#include "mgmt/cli/system/machine.h"

#include "core/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
	char root[64];
	struct machine machine;
	struct machine_finding found[MACHINE_FINDINGS];
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->root, "/tmp/framegate-machine-XXXXXX");
	if (!mkdtemp(f->root))
		return -1;
	f->machine.root = f->root;
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", f->root);
	const int status = system(command);

	free(f);
	return status;
}

/* Makes the folders of a path below the root; what follows the last slash is not made. */
static void place(const struct fixture *f, const char *path, char whole[512])
{
	snprintf(whole, 512, "%s%s", f->root, path);
	for (char *slash = strchr(whole + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(whole, 0755);
		*slash = '/';
	}
}

static void put(const struct fixture *f, const char *path, const char *text)
{
	char whole[512];

	place(f, path, whole);
	FILE *file = fopen(whole, "w");

	assert_non_null(file);
	fprintf(file, "%s\n", text);
	fclose(file);
}

static void put_link(const struct fixture *f, const char *path, const char *target)
{
	char whole[512];

	place(f, path, whole);
	assert_int_equal(symlink(target, whole), 0);
}

#define CARD "/sys/bus/pci/devices/0000:01:00.0"

static void put_good_machine(struct fixture *f)
{
	put(f, "/proc/sys/kernel/osrelease", "6.1.0-40-amd64");
	put(f, "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "512");
	put(f, "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "500");
	put(f, "/sys/kernel/iommu_groups/0/type", "DMA");
	put(f, "/sys/devices/system/cpu/isolated", "2-3");
	put(f, CARD "/class", "0x020000");
	put_link(f, CARD "/driver", "../../../bus/pci/drivers/vfio-pci");
	put(f, "/sys/bus/pci/devices/0000:00:02.0/class", "0x030000");
	put(f, "/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc");
	put(f, "/var/lib/framegate/models", "");
	f->machine.clock_synchronised = true;
}

static const struct machine_finding *finding(struct fixture *f, const char *subject)
{
	machine_check(&f->machine, f->found);
	for (int i = 0; i < MACHINE_FINDINGS; i++)
		if (strcmp(f->found[i].subject, subject) == 0)
			return &f->found[i];
	fail_msg("nothing is said of %s", subject);
	return NULL;
}

static void expect(struct fixture *f, const char *subject, enum machine_verdict verdict,
	const char *found, const char *advice)
{
	const struct machine_finding *said = finding(f, subject);

	if (said->verdict != verdict || !strstr(said->found, found) ||
		!strstr(said->advice, advice))
		fail_msg("%s: %s: %s: %s", subject, machine_verdict_name(said->verdict),
			said->found, said->advice);
	/* Whoever is told that it is not good is told what to do. */
	assert_int_equal(said->verdict == MACHINE_GOOD, said->advice[0] == '\0');
}

static void a_machine_that_suits_is_told_so(void **state)
{
	struct fixture *f = *state;

	put_good_machine(f);
	expect(f, "kernel", MACHINE_GOOD, "Linux 6.1.0", "");
	expect(f, "hugepages", MACHINE_GOOD, "1024 MiB, of which 1000 MiB are free", "");
	expect(f, "iommu", MACHINE_GOOD, "1 groups", "");
	expect(f, "isolated cores", MACHINE_GOOD, "2-3", "");
	expect(f, "network cards", MACHINE_GOOD, "0000:01:00.0 (vfio-pci)", "");
	expect(f, "clock source", MACHINE_GOOD, "tsc", "");
	expect(f, "clock", MACHINE_GOOD, "synchronised", "");
	expect(f, "disk", finding(f, "disk")->verdict, "MiB are free in /var/lib/framegate", "");
	assert_null(strstr(finding(f, "network cards")->found, "00:02.0"));
}

static void what_is_missing_is_told_with_what_to_do(void **state)
{
	struct fixture *f = *state;

	expect(f, "kernel", MACHINE_WRONG, "unknown", "Linux 5.10");
	expect(f, "hugepages", MACHINE_NOTICE, "0 MiB", "vm.nr_hugepages");
	expect(f, "iommu", MACHINE_NOTICE, "0 groups", "intel_iommu=on");
	expect(f, "isolated cores", MACHINE_NOTICE, "no processor", "isolcpus=");
	expect(f, "network cards", MACHINE_NOTICE, "no network card", "net_af_packet");
	expect(f, "clock source", MACHINE_WRONG, "unknown", "clocksource=tsc");
	expect(f, "clock", MACHINE_WRONG, "nothing sets the clock", "chrony");
}

static void an_old_kernel_a_slow_clock_and_a_lost_card_are_told(void **state)
{
	struct fixture *f = *state;

	put_good_machine(f);
	put(f, "/proc/sys/kernel/osrelease", "5.4.0-1");
	put(f, "/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet");
	put(f, "/sys/bus/pci/devices/0000:02:00.0/class", "0x020000");
	expect(f, "kernel", MACHINE_WRONG, "5.4.0", "newer");
	expect(f, "clock source", MACHINE_WRONG, "hpet", "tsc");
	expect(f, "network cards", MACHINE_NOTICE, "0000:02:00.0 (no driver)", "driver");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(a_machine_that_suits_is_told_so),
		TEST(what_is_missing_is_told_with_what_to_do),
		TEST(an_old_kernel_a_slow_clock_and_a_lost_card_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
