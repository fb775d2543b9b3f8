#include "mgmt/metrics.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "mgmt/watch.h"

static double processor_seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Of proc(5), statm: all pages, then those in memory. 0: unknown. */
static uint64_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	char line[64];
	unsigned long all, resident = 0;

	if (!file)
		return 0;
	if (!fgets(line, sizeof(line), file) || sscanf(line, "%lu %lu", &all, &resident) != 2)
		resident = 0;
	fclose(file);
	return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Not by the names that a client library gives such figures: a collector of text files has those
 * for itself, and takes no name twice. */
static void add_process(const struct mgmt *mgmt, struct exposition *out)
{
	exposition_begin(out, "framegate_process_start_time_seconds", EXPOSITION_GAUGE,
		"When the gateway started, in seconds since 1970 (UTC).");
	exposition_number(out, NULL, (double)mgmt->started_utc / 1e9);
	exposition_begin(out, "framegate_process_cpu_seconds_total", EXPOSITION_COUNTER,
		"Processor time of all of the gateway's threads.");
	exposition_number(out, NULL, processor_seconds());
	exposition_begin(out, "framegate_process_resident_memory_bytes", EXPOSITION_GAUGE,
		"The gateway's memory that is in RAM; huge pages are not part of it.");
	exposition_count(out, NULL, resident_bytes());
}

static void add_build(const struct gw *gw, struct exposition *out)
{
	exposition_begin(out, "framegate_build_info", EXPOSITION_GAUGE, "1; the labels tell.");
	exposition_count(out, EXPOSITION_LABELS({"version", GW_VERSION}), 1);
	exposition_begin(out, "framegate_gateway_info", EXPOSITION_GAUGE,
		"1; the labels tell. A boot_id is new with every start.");
	exposition_count(out,
		EXPOSITION_LABELS({"name", gw->config->gateway->name}, {"boot_id", gw->boot_id},
			{"mode", gw->lossless ? "lossless" : "realtime"}),
		1);
}

static void add_troubles(const struct gw_health *health, struct exposition *out)
{
	uint64_t count[GW_FAILED + 1] = {0};

	exposition_begin(out, "framegate_trouble", EXPOSITION_GAUGE,
		"1 for each trouble there is now; `gwctl status` says what to do about it.");
	for (uint32_t i = 0; i < health->count; i++) {
		const struct gw_trouble *trouble = &health->trouble[i];

		count[trouble->severity]++;
		exposition_count(out,
			EXPOSITION_LABELS({"id", trouble->id},
				{"severity", gw_severity_name(trouble->severity)}),
			1);
	}
	exposition_begin(out, "framegate_troubles", EXPOSITION_GAUGE,
		"How many troubles there are now. A notice does no harm, degraded is part of the "
		"work not done, failed all of it or all of one kind.");
	for (int i = 0; i <= GW_FAILED; i++)
		exposition_count(out,
			EXPOSITION_LABELS({"severity", gw_severity_name((enum gw_severity)i)}),
			count[i]);
	exposition_begin(out, "framegate_troubles_left_out", EXPOSITION_GAUGE,
		"Troubles that are not told: there are more than are kept.");
	exposition_count(out, NULL, health->left_out);
}

void metrics_process(const struct mgmt *mgmt, struct exposition *out)
{
	const struct gw *gw = mgmt->gw;
	struct gw_health health;

	watch_read(mgmt->watch, &health);
	add_build(gw, out);
	add_process(mgmt, out);
	exposition_begin(out, "framegate_ready", EXPOSITION_GAUGE,
		"1 while all stages run and packets are taken.");
	exposition_count(out, NULL, atomic_load_explicit(&gw->ready, memory_order_acquire));
	exposition_begin(out, "framegate_well", EXPOSITION_GAUGE,
		"1 while there is no trouble worse than a notice.");
	exposition_count(out, NULL, gw_health_worst(&health) == GW_NOTICE && health.left_out == 0);
	add_troubles(&health, out);
	exposition_begin(out, "framegate_log_lines_lost_total", EXPOSITION_COUNTER,
		"Lines of the log that nobody took.");
	exposition_count(out, NULL, gw_log_lost());
	exposition_begin(out, "framegate_api_turned_away_total", EXPOSITION_COUNTER,
		"Connections to the API that were closed at once: too many of users who are in "
		"none of its groups.");
	exposition_count(out, NULL, gw_counter_get(&mgmt->turned_away));
}
