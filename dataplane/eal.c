#include "dataplane/eal.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"

#define MAX_ARGUMENTS (16 + 2 * EAL_PCI_DEVICES)
#define HUGEPAGES "/sys/kernel/mm/hugepages"

static struct {
	bool started; /* once in a process, and it stays true */
	bool running;
	bool hugepages;
	FILE *log;
	pthread_mutex_t lock; /* of what follows: EAL has threads of its own */
	char words[256]; /* the first line */
	char answer[256]; /* a copy for who asks */
} eal = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* DPDK logs lines for its own developers; the first one of a failure is often its reason. */
static ssize_t take_log(void *cookie, const char *data, size_t size)
{
	size_t length = size;

	while (length > 0 && isspace((unsigned char)data[length - 1]))
		length--;
	if (length == 0)
		return (ssize_t)size;
	if (length > sizeof(eal.words) - 1)
		length = sizeof(eal.words) - 1;
	pthread_mutex_lock(&eal.lock);
	if (eal.words[0] == '\0') {
		memcpy(eal.words, data, length);
		eal.words[length] = '\0';
	}
	pthread_mutex_unlock(&eal.lock);
	gw_debug("dpdk", "%.*s", (int)length, data);
	return (ssize_t)size;
}

const char *eal_complaint(void)
{
	pthread_mutex_lock(&eal.lock);
	memcpy(eal.answer, eal.words, sizeof(eal.answer));
	pthread_mutex_unlock(&eal.lock);
	/* "EAL: text", "net_x(): text" */
	const char *colon = strstr(eal.answer, ": ");

	return colon ? colon + 2 : eal.answer;
}

void eal_forget_complaint(void)
{
	pthread_mutex_lock(&eal.lock);
	eal.words[0] = '\0';
	pthread_mutex_unlock(&eal.lock);
}

static uint64_t free_hugepage_mib(void)
{
	DIR *dir = opendir(HUGEPAGES);
	struct dirent *entry;
	uint64_t mib = 0;

	while (dir && (entry = readdir(dir))) {
		unsigned long size_kib, count = 0;
		char path[512];
		FILE *file;

		if (sscanf(entry->d_name, "hugepages-%lukB", &size_kib) != 1)
			continue;
		snprintf(path, sizeof(path), HUGEPAGES "/%s/free_hugepages", entry->d_name);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fscanf(file, "%lu", &count) == 1)
			mib += count * size_kib / 1024;
		fclose(file);
	}
	if (dir)
		closedir(dir);
	return mib;
}

/* "0@(0,1,5)": one logical core that may run where the process may. EAL then pins nothing. */
static void describe_cores(char *text, size_t size, const cpu_set_t *cores)
{
	size_t used = (size_t)snprintf(text, size, "--lcores=0@(");
	const char *comma = "";

	for (int i = 0; i < CPU_SETSIZE && used + 8 < size; i++) {
		if (!CPU_ISSET(i, cores))
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%d", comma, i);
		comma = ",";
	}
	snprintf(text + used, size - used, ")");
}

static int start(const struct eal_request *request, const cpu_set_t *cores, struct gw_error *error)
{
	char prefix[48], memory[16], lcores[4096];
	char *arguments[MAX_ARGUMENTS] = {
		"framegate", "--no-telemetry", "--log-level=error", prefix, lcores};
	int count = 5;

	snprintf(prefix, sizeof(prefix), "--file-prefix=framegate-%d", (int)getpid());
	snprintf(memory, sizeof(memory), "%u", request->memory_mib);
	describe_cores(lcores, sizeof(lcores), cores);
	/* Both leave no files behind; --in-memory is refused together with --no-huge. */
	if (eal.hugepages) {
		arguments[count++] = "--in-memory";
	} else {
		arguments[count++] = "--no-shconf";
		arguments[count++] = "--no-huge";
		arguments[count++] = "-m";
		arguments[count++] = memory;
	}
	if (request->pci_count == 0) {
		arguments[count++] = "--no-pci";
		arguments[count++] = "--iova-mode=va";
	}
	for (uint32_t i = 0; i < request->pci_count; i++) {
		arguments[count++] = "-a";
		arguments[count++] = (char *)(uintptr_t)request->pci[i];
	}
	/* net_tap is told of packets by real-time signals. When more wait than the user may queue,
	 * the kernel sends SIGIO instead (fcntl(2), F_SETSIG), which would end the process. */
	signal(SIGIO, SIG_IGN);
	if (rte_eal_init(count, arguments) >= 0)
		return 0;
	const int status = rte_errno > 0 ? -rte_errno : -EIO;

	return gw_error_set(error, status,
		"DPDK did not start: %s (%s); with a PCI device it needs root, hugepages and "
		"the device bound to vfio-pci",
		*eal_complaint() ? eal_complaint() : "no reason given", strerror(-status));
}

int eal_open(const struct eal_request *request, struct gw_error *error)
{
	cookie_io_functions_t functions = {.write = take_log};
	cpu_set_t cores;

	if (eal.started)
		return gw_error_set(error, -EALREADY,
			"DPDK was started before in this process and cannot be started again");
	if (request->pci_count > EAL_PCI_DEVICES)
		return gw_error_set(error, -E2BIG,
			"%u PCI devices are configured: DPDK is given at most %u",
			request->pci_count, EAL_PCI_DEVICES);
	pthread_getaffinity_np(pthread_self(), sizeof(cores), &cores);
	eal.started = true;
	eal.log = fopencookie(NULL, "w", functions);
	if (eal.log) {
		setvbuf(eal.log, NULL, _IOLBF, 0);
		rte_openlog_stream(eal.log);
	}
	eal.hugepages = free_hugepage_mib() >= request->memory_mib;
	const int status = start(request, &cores, error);

	/* EAL makes a folder for what processes share, which is nothing here. Nobody looks for it
	 * later, and a process that is killed would leave it behind. */
	rmdir(rte_eal_get_runtime_dir());
	/* EAL pins the thread that starts it, and every later thread would inherit that. */
	pthread_setaffinity_np(pthread_self(), sizeof(cores), &cores);
	eal.running = status == 0;
	if (status == 0 && !eal.hugepages)
		gw_info("dataplane",
			"no hugepages (%u MiB wanted): packets live in ordinary memory; that "
			"costs TLB misses at high rates and excludes most NICs",
			request->memory_mib);
	return status;
}

void eal_close(void)
{
	if (!eal.running)
		return;
	rte_eal_cleanup();
	eal.running = false;
	rte_openlog_stream(NULL);
	if (eal.log)
		fclose(eal.log);
	eal.log = NULL;
}

bool eal_uses_hugepages(void)
{
	return eal.hugepages;
}
