#include "gwd/bench/kafka/load.h"

#include <dirent.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"

#define FIELD_UTIME 14 /* of /proc/PID/task/TID/stat; the next one is the kernel's time */
#define MEGABIT 125000.0 /* bytes */

static double number_in(const char *interface, const char *name)
{
	char path[128];
	double number = 0;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", interface, name);
	FILE *file = fopen(path, "re");

	if (!file)
		return 0;
	if (fscanf(file, "%lf", &number) != 1)
		number = 0;
	fclose(file);
	return number;
}

static bool same_host(const struct sockaddr *a, const struct sockaddr *b)
{
	if (!a || a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
			((const struct sockaddr_in *)b)->sin_addr.s_addr;
	return a->sa_family == AF_INET6 &&
		memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
			&((const struct sockaddr_in6 *)b)->sin6_addr, sizeof(struct in6_addr)) == 0;
}

/* Our own address on the way to `to`: a datagram socket that is connected sends nothing. */
static bool own_address(const struct addrinfo *to, struct sockaddr_storage *own)
{
	const int fd = socket(to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*own);

	if (fd < 0)
		return false;
	const bool known = connect(fd, to->ai_addr, to->ai_addrlen) == 0 &&
		getsockname(fd, (struct sockaddr *)own, &size) == 0;

	close(fd);
	return known;
}

static void name_interface(struct load_link *link, const struct sockaddr_storage *own)
{
	struct ifaddrs *all, *one;

	if (getifaddrs(&all) != 0)
		return;
	for (one = all; one && link->interface[0] == '\0'; one = one->ifa_next)
		if (same_host(one->ifa_addr, (const struct sockaddr *)own))
			snprintf(link->interface, sizeof(link->interface), "%s", one->ifa_name);
	freeifaddrs(all);
}

void load_link_find(struct load_link *link, const char *brokers)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
	char host[256];
	struct addrinfo *to = NULL;
	struct sockaddr_storage own = {0};

	*link = (struct load_link){0};
	const char *scheme = strstr(brokers, "://");

	snprintf(host, sizeof(host), "%s", scheme ? scheme + 3 : brokers);
	host[strcspn(host, ",")] = '\0';
	char *colon = strrchr(host, ':');

	if (colon)
		*colon = '\0';
	if (getaddrinfo(host, colon ? colon + 1 : "9092", &hints, &to) != 0)
		return;
	if (own_address(to, &own))
		name_interface(link, &own);
	freeaddrinfo(to);
	const double speed = link->interface[0] ? number_in(link->interface, "speed") : 0;

	/* A virtual interface says any number, or -1. */
	if (speed > 0)
		link->bytes_s = speed * MEGABIT;
}

static double seconds_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* user nice system idle iowait irq softirq steal */
static void mark_machine(struct load_mark *mark)
{
	FILE *file = fopen("/proc/stat", "re");
	double field[8] = {0};

	mark->machine_busy = mark->machine_all = 0;
	if (!file)
		return;
	if (fscanf(file, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &field[0], &field[1], &field[2],
		    &field[3], &field[4], &field[5], &field[6], &field[7]) == 8) {
		for (int i = 0; i < 8; i++)
			mark->machine_all += field[i];
		mark->machine_busy = mark->machine_all - field[3] - field[4];
	}
	fclose(file);
}

void load_mark(struct load_mark *mark, const struct load_link *link)
{
	mark->at = gw_now();
	mark->thread_s = seconds_of(CLOCK_THREAD_CPUTIME_ID);
	mark->process_s = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
	mark_machine(mark);
	mark->network_bytes = 0;
	if (link->bytes_s > 0) {
		const double in = number_in(link->interface, "statistics/rx_bytes");
		const double out = number_in(link->interface, "statistics/tx_bytes");

		mark->network_bytes = (uint64_t)(in > out ? in : out);
	}
}

struct load load_between(
	const struct load_mark *from, const struct load_mark *to, const struct load_link *link)
{
	const double seconds = (double)(to->at - from->at) / GW_NS_PER_S;
	const double ticks = to->machine_all - from->machine_all;

	return (struct load){
		.thread = seconds > 0 ? (to->thread_s - from->thread_s) / seconds : 0,
		.process = seconds > 0 ? (to->process_s - from->process_s) / seconds : 0,
		.machine = ticks > 0 ? (to->machine_busy - from->machine_busy) / ticks : 0,
		.network = link->bytes_s > 0 && seconds > 0
			? (double)(to->network_bytes - from->network_bytes) / seconds /
				link->bytes_s
			: -1,
	};
}

static double thread_seconds(const char *id, char name[16])
{
	unsigned long user = 0, system = 0;
	char path[64], line[512] = "";

	snprintf(path, sizeof(path), "/proc/self/task/%.20s/stat", id);
	FILE *file = fopen(path, "re");

	if (!file)
		return 0;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	const char *open = strchr(line, '('), *end = strrchr(line, ')');

	if (!open || !end)
		return 0;
	snprintf(name, 16, "%.*s", (int)(end - open - 1), open + 1);
	/* The field behind the name is the third. */
	for (int field = 2; end && field < FIELD_UTIME; field++)
		end = strchr(end + 1, ' ');
	if (!end || sscanf(end, "%lu %lu", &user, &system) != 2)
		return 0;
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

double load_busiest(char name[16])
{
	DIR *folder = opendir("/proc/self/task");
	struct dirent *entry;
	double most = 0;

	name[0] = '\0';
	while (folder && (entry = readdir(folder))) {
		char words[16] = "";
		const double seconds = thread_seconds(entry->d_name, words);

		if (strncmp(words, "rdk:", 4) != 0 || seconds < most)
			continue;
		most = seconds;
		memcpy(name, words, sizeof(words));
	}
	if (folder)
		closedir(folder);
	return most;
}
