#include "mgmt/cli/system/machine.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "mgmt/cli/system/card.h"

#define HUGEPAGES "/sys/kernel/mm/hugepages"
#define PCI "/sys/bus/pci/devices"
#define PACKETS_MIB 96 /* what a gateway with one port keeps its packets in */
#define DISK_MIB 1024
#define OLDEST_MAJOR 5 /* 5.10: what DPDK 22.11 is tested with */
#define OLDEST_MINOR 10

__attribute__((format(printf, 3, 4))) static void verdict(
	struct machine_finding *finding, enum machine_verdict verdict, const char *found, ...)
{
	va_list args;

	finding->verdict = verdict;
	va_start(args, found);
	vsnprintf(finding->found, sizeof(finding->found), found, args);
	va_end(args);
}

__attribute__((format(printf, 2, 3))) static void advise(
	struct machine_finding *finding, const char *advice, ...)
{
	va_list args;

	va_start(args, advice);
	vsnprintf(finding->advice, sizeof(finding->advice), advice, args);
	va_end(args);
}

bool machine_line(const struct machine *machine, const char *path, char *line, int size)
{
	char whole[PATH_MAX];

	snprintf(whole, sizeof(whole), "%s%s", machine->root, path);
	FILE *file = fopen(whole, "re");

	if (!file)
		return false;
	if (!fgets(line, size, file))
		line[0] = '\0';
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	return true;
}

static DIR *folder(const struct machine *machine, const char *path)
{
	char whole[PATH_MAX];

	snprintf(whole, sizeof(whole), "%s%s", machine->root, path);
	return opendir(whole);
}

/* The next name in a folder; NULL at its end, or without one. */
static const char *next_name(DIR *dir)
{
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			return entry->d_name;
	return NULL;
}

static uint32_t count_names(const struct machine *machine, const char *path)
{
	DIR *dir = folder(machine, path);
	uint32_t count = 0;

	while (next_name(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

static void check_kernel(const struct machine *machine, struct machine_finding *finding)
{
	int major = 0, minor = 0;
	char line[128] = "unknown";

	machine_line(machine, "/proc/sys/kernel/osrelease", line, sizeof(line));
	sscanf(line, "%d.%d", &major, &minor);
	const bool old = major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR);

	verdict(finding, old ? MACHINE_WRONG : MACHINE_GOOD, "Linux %s", line);
	if (old)
		advise(finding, "use Linux %d.%d or newer", OLDEST_MAJOR, OLDEST_MINOR);
}

static void check_hugepages(const struct machine *machine, struct machine_finding *finding)
{
	DIR *dir = folder(machine, HUGEPAGES);
	uint64_t free_mib = 0, all_mib = 0;
	const char *name;

	while ((name = next_name(dir))) {
		char path[PATH_MAX], line[32];
		uint64_t kib;

		if (sscanf(name, "hugepages-%lukB", &kib) != 1)
			continue;
		snprintf(path, sizeof(path), HUGEPAGES "/%s/nr_hugepages", name);
		if (machine_line(machine, path, line, sizeof(line)))
			all_mib += strtoul(line, NULL, 10) * kib / 1024;
		snprintf(path, sizeof(path), HUGEPAGES "/%s/free_hugepages", name);
		if (machine_line(machine, path, line, sizeof(line)))
			free_mib += strtoul(line, NULL, 10) * kib / 1024;
	}
	if (dir)
		closedir(dir);
	verdict(finding, all_mib < PACKETS_MIB ? MACHINE_NOTICE : MACHINE_GOOD,
		"%lu MiB, of which %lu MiB are free", all_mib, free_mib);
	if (all_mib < PACKETS_MIB)
		advise(finding,
			"cards under vfio-pci need %d MiB for each port: sysctl "
			"vm.nr_hugepages=512, "
			"and the same in a file of /etc/sysctl.d to keep it",
			PACKETS_MIB);
}

static void check_iommu(const struct machine *machine, struct machine_finding *finding)
{
	const uint32_t groups = count_names(machine, "/sys/kernel/iommu_groups");

	verdict(finding, groups > 0 ? MACHINE_GOOD : MACHINE_NOTICE, "%u groups", groups);
	if (groups == 0)
		advise(finding,
			"cards under vfio-pci need it: switch VT-d or AMD-Vi on in the firmware, "
			"and boot with intel_iommu=on iommu=pt");
}

static void check_isolated(const struct machine *machine, struct machine_finding *finding)
{
	char line[128] = "";

	machine_line(machine, "/sys/devices/system/cpu/isolated", line, sizeof(line));
	verdict(finding, line[0] ? MACHINE_GOOD : MACHINE_NOTICE, "%s",
		line[0] ? line : "no processor is kept for the gateway");
	if (!line[0])
		advise(finding,
			"for `idle: spin`, boot with isolcpus= and the processors of `cores`");
}

static void check_cards(const struct machine *machine, struct machine_finding *finding)
{
	DIR *dir = folder(machine, PCI);
	char list[sizeof(finding->found)] = "";
	uint32_t used = 0, lost = 0;
	const char *name;

	while ((name = next_name(dir))) {
		char path[PATH_MAX], line[32], driver[CARD_DRIVER];

		snprintf(path, sizeof(path), PCI "/%s/class", name);
		if (!machine_line(machine, path, line, sizeof(line)) ||
			strncmp(line, "0x02", 4) != 0)
			continue;
		card_driver(machine, name, driver);
		lost += driver[0] == '\0';
		if (used < sizeof(list))
			used += (uint32_t)snprintf(list + used, sizeof(list) - used, "%s%s (%s)",
				used ? ", " : "", name, driver[0] ? driver : "no driver");
	}
	if (dir)
		closedir(dir);
	verdict(finding, lost || !used ? MACHINE_NOTICE : MACHINE_GOOD, "%s",
		used ? list : "no network card on PCI");
	if (lost)
		advise(finding,
			"a card without a driver receives nothing: load its driver, or "
			"gwctl system bind PCI for DPDK");
	else if (!used)
		advise(finding, "ports are net_af_packet then, on interfaces of the kernel's");
}

static void check_clock_source(const struct machine *machine, struct machine_finding *finding)
{
	static const char *const fast[] = {"tsc", "kvm-clock", "hyperv_clocksource_tsc_page"};
	char line[64] = "unknown";
	bool good = false;

	machine_line(machine, "/sys/devices/system/clocksource/clocksource0/current_clocksource",
		line, sizeof(line));
	for (size_t i = 0; i < sizeof(fast) / sizeof(fast[0]); i++)
		good = good || strcmp(line, fast[i]) == 0;
	verdict(finding, good ? MACHINE_GOOD : MACHINE_WRONG, "%s", line);
	if (!good)
		advise(finding,
			"reading it takes a system call for each burst: see the kernel's log "
			"for why tsc was given up, and boot with clocksource=tsc");
}

static void check_clock_synchronisation(
	const struct machine *machine, struct machine_finding *finding)
{
	const bool good = machine->clock_synchronised;

	verdict(finding, good ? MACHINE_GOOD : MACHINE_WRONG, "%s",
		good ? "the clock is synchronised" : "nothing sets the clock");
	if (!good)
		advise(finding,
			"times in records are wrong by as much: install chrony, or enable "
			"systemd-timesyncd");
}

static void check_disk(const struct machine *machine, struct machine_finding *finding)
{
	static const char *const places[] = {"/var/lib/framegate", "/var/lib", "/"};
	struct statvfs disk;
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", machine->root, places[i]);
		if (statvfs(path, &disk) != 0)
			continue;
		const uint64_t mib = disk.f_bavail * disk.f_frsize >> 20;

		verdict(finding, mib < DISK_MIB ? MACHINE_WRONG : MACHINE_GOOD,
			"%lu MiB are free in %s", mib, places[i]);
		if (mib < DISK_MIB)
			advise(finding, "models and the spool need room: %d MiB at least",
				DISK_MIB);
		return;
	}
	verdict(finding, MACHINE_WRONG, "%s: %s", path, strerror(errno));
	advise(finding, "the gateway keeps models and its spool there: let it be read");
}

static const struct {
	const char *subject;
	void (*check)(const struct machine *machine, struct machine_finding *finding);
} checks[MACHINE_FINDINGS] = {
	{"kernel", check_kernel},
	{"hugepages", check_hugepages},
	{"iommu", check_iommu},
	{"isolated cores", check_isolated},
	{"network cards", check_cards},
	{"clock source", check_clock_source},
	{"clock", check_clock_synchronisation},
	{"disk", check_disk},
};

void machine_check(const struct machine *machine, struct machine_finding found[MACHINE_FINDINGS])
{
	for (int i = 0; i < MACHINE_FINDINGS; i++) {
		found[i] = (struct machine_finding){.subject = checks[i].subject};
		checks[i].check(machine, &found[i]);
	}
}

const char *machine_verdict_name(enum machine_verdict verdict)
{
	static const char *const names[] = {
		[MACHINE_GOOD] = "good", [MACHINE_NOTICE] = "notice", [MACHINE_WRONG] = "wrong"};

	return names[verdict];
}
