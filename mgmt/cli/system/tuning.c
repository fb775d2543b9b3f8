#include "mgmt/cli/system/tuning.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mgmt/cli/system/card.h"

#define HUGEPAGES "/proc/sys/vm/nr_hugepages"
#define HUGEPAGES_KEPT "/etc/sysctl.d/50-framegate.conf"
#define HUGEPAGES_WANTED 512u /* of 2 MiB: ten ports */
#define MEMORY_SHARE 8 /* at most so much of the memory is taken away from all else */
#define PAGE_KIB 2048
#define CPUS "/sys/devices/system/cpu"

struct plan {
	struct tuning_step *steps;
	uint32_t count;
};

__attribute__((format(printf, 4, 5))) static void add(
	struct plan *plan, enum tuning_kind kind, const char *path, const char *text, ...)
{
	va_list args;

	if (plan->count == TUNING_STEPS)
		return;
	struct tuning_step *step = &plan->steps[plan->count++];

	step->kind = kind;
	snprintf(step->path, sizeof(step->path), "%s", path);
	va_start(args, text);
	vsnprintf(step->text, sizeof(step->text), text, args);
	va_end(args);
}

static FILE *open_below(const struct machine *machine, const char *path, const char *mode)
{
	char whole[PATH_MAX];

	snprintf(whole, sizeof(whole), "%s%s", machine->root, path);
	return fopen(whole, mode);
}

/* 0 when the kernel does not tell. */
static uint64_t memory_kib(const struct machine *machine)
{
	char line[128];
	uint64_t kib = 0;
	FILE *file = open_below(machine, "/proc/meminfo", "re");

	while (file && fgets(line, sizeof(line), file) && sscanf(line, "MemTotal: %lu", &kib) != 1)
		;
	if (file)
		fclose(file);
	return kib;
}

static void plan_hugepages(const struct machine *machine, struct plan *plan)
{
	const uint64_t share = memory_kib(machine) / MEMORY_SHARE / PAGE_KIB;
	const unsigned long pages = share < HUGEPAGES_WANTED ? share : HUGEPAGES_WANTED;
	char line[32], kept[32];

	if (pages == 0 || !machine_line(machine, HUGEPAGES, line, sizeof(line)))
		return;
	if (strtoul(line, NULL, 10) < pages)
		add(plan, TUNING_WRITE, HUGEPAGES, "%lu", pages);
	if (!machine_line(machine, HUGEPAGES_KEPT, kept, sizeof(kept)))
		add(plan, TUNING_KEEP, HUGEPAGES_KEPT, "vm.nr_hugepages = %lu\n", pages);
}

/* The governor that lets a processor run slower costs the first frames after a pause. */
static void plan_governors(const struct machine *machine, struct plan *plan)
{
	char whole[PATH_MAX], path[128], line[32];
	struct dirent *entry;

	snprintf(whole, sizeof(whole), "%s" CPUS, machine->root);
	DIR *dir = opendir(whole);

	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "cpu", 3) != 0 ||
			!isdigit((unsigned char)entry->d_name[3]))
			continue;
		snprintf(path, sizeof(path), CPUS "/%.32s/cpufreq/scaling_governor", entry->d_name);
		if (machine_line(machine, path, line, sizeof(line)) &&
			strcmp(line, "performance") != 0)
			add(plan, TUNING_WRITE, path, "performance");
	}
	if (dir)
		closedir(dir);
}

/* The PCI address, with its domain, that a line such as `device: "0000:01:00.0"` names. False:
 * none. */
static bool named_card(char *line, char card[CARD_DRIVER])
{
	unsigned domain, bus, slot, function;

	line[strcspn(line, "#")] = '\0';
	const char *at = strstr(line, "device:");

	if (!at || (at > line && (isalnum((unsigned char)at[-1]) || at[-1] == '_')))
		return false;
	at += strlen("device:");
	at += strspn(at, " \"'");
	if (sscanf(at, "%4x:%2x:%2x.%1u", &domain, &bus, &slot, &function) != 4) {
		domain = 0;
		if (sscanf(at, "%2x:%2x.%1u", &bus, &slot, &function) != 3)
			return false;
	}
	snprintf(card, CARD_DRIVER, "%04x:%02x:%02x.%x", domain, bus, slot, function);
	return true;
}

static void plan_cards(const struct machine *machine, const char *config, struct plan *plan)
{
	char line[512], card[CARD_DRIVER], driver[CARD_DRIVER];
	FILE *file = open_below(machine, config, "re");

	while (file && fgets(line, sizeof(line), file)) {
		if (!named_card(line, card))
			continue;
		card_driver(machine, card, driver);
		if (strcmp(driver, "vfio-pci") != 0)
			add(plan, TUNING_BIND, card, "from %s", driver[0] ? driver : "no driver");
	}
	if (file)
		fclose(file);
}

/* What only the kernel's command line can: it is the boot loader's, and each has a way of its own.
 */
static void plan_command_line(const struct machine *machine, struct plan *plan)
{
	char line[128] = "", online[128] = "";

	machine_line(machine, CPUS "/isolated", line, sizeof(line));
	machine_line(machine, CPUS "/online", online, sizeof(online));
	if (!line[0] && strchr(online, '-'))
		add(plan, TUNING_ADVICE, "the kernel's command line",
			"isolcpus= with the processors of `cores`, where `idle: spin` is "
			"configured "
			"(of %s)",
			online);
}

uint32_t tuning_plan(
	const struct machine *machine, const char *config, struct tuning_step steps[TUNING_STEPS])
{
	struct plan plan = {.steps = steps};

	plan_hugepages(machine, &plan);
	plan_governors(machine, &plan);
	plan_cards(machine, config, &plan);
	plan_command_line(machine, &plan);
	return plan.count;
}

static int write_text(
	const struct machine *machine, const struct tuning_step *step, struct gw_error *error)
{
	FILE *file = open_below(machine, step->path, "we");
	int status = 0;

	if (!file)
		status = -errno;
	else {
		if (fputs(step->text, file) < 0)
			status = -EIO;
		if (fclose(file) != 0 && status == 0)
			status = -errno;
	}
	if (status == 0)
		return 0;
	return gw_error_set(error, status, "%s: %s%s", step->path, strerror(-status),
		status == -EACCES || status == -EPERM ? ": use sudo" : "");
}

int tuning_do(const struct machine *machine, const struct tuning_step *step, struct gw_error *error)
{
	switch (step->kind) {
	case TUNING_WRITE:
	case TUNING_KEEP:
		return write_text(machine, step, error);
	case TUNING_BIND:
		return card_bind(machine, step->path, error);
	case TUNING_ADVICE:
		break;
	}
	return 0;
}
