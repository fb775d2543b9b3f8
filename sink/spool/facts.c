#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/health.h"
#include "sink/spool/spool_state.h"

#define MUCH 80 /* percent of the quota */

static const char *const durabilities[] = {
	[GW_DURABILITY_INTERVAL] = "interval",
	[GW_DURABILITY_STRICT] = "strict",
	[GW_DURABILITY_NONE] = "none",
};

static uint64_t used(const struct spool *spool)
{
	return gw_counter_get(&spool->bytes[SINK_RESULT]) +
		gw_counter_get(&spool->bytes[SINK_SAMPLE]);
}

static void read_trouble(const struct spool *spool, char *text, size_t size)
{
	pthread_mutex_t *lock = (pthread_mutex_t *)&spool->trouble.lock;

	pthread_mutex_lock(lock);
	snprintf(text, size, "%s", spool->trouble.text);
	pthread_mutex_unlock(lock);
}

void spool_health(const struct spool *spool, struct gw_health *health)
{
	const char *directory = spool->gw->config->kafka->spool->directory;
	const unsigned long percent = used(spool) * 100 / spool->most;
	const unsigned long unsure = gw_counter_get(&spool->unsure_records);
	const struct spool_unread unread = spool_unread(spool);
	const int unremoved = atomic_load_explicit(&spool->unremoved, memory_order_relaxed);
	char text[sizeof(spool->trouble.text)];

	if (spool->read_only)
		gw_health_add(health, GW_DEGRADED, "kafka.spool.read_only", NULL,
			"%s cannot be written: results wait in memory only: make it writable and "
			"restart gwd",
			directory);
	if (atomic_load_explicit(&spool->failing, memory_order_relaxed)) {
		read_trouble(spool, text, sizeof(text));
		gw_health_add(health, GW_DEGRADED, "kafka.spool.failing", NULL,
			"%s: %s: results wait in memory only: look at the disk", directory, text);
	} else if (atomic_load_explicit(&spool->unsynced, memory_order_relaxed)) {
		read_trouble(spool, text, sizeof(text));
		gw_health_add(health, GW_DEGRADED, "kafka.spool.failing", NULL,
			"%s: %s: a power cut may take results that wait: look at the disk",
			directory, text);
	} else if (unremoved != 0) {
		gw_health_add(health, GW_DEGRADED, "kafka.spool.failing", NULL,
			"%s: a file that is to go cannot be removed: %s: it takes room, and when "
			"all is used, results wait in memory only: look at the disk",
			directory, strerror(-unremoved));
	} else if (unsure > 0) {
		gw_health_add(health, GW_DEGRADED, "kafka.spool.failing", NULL,
			"%s: a sync failed, and is well again: until the brokers have them, a "
			"power cut may take %lu records that were written before: look at the disk",
			directory, unsure);
	}
	if (unread.files > 0)
		gw_health_add(health, GW_DEGRADED, "kafka.spool.unreadable", NULL,
			"%s: %s%s: %s: %s: look at the disk", directory, unread.name,
			unread.files > 1 ? " and others" : "", strerror(unread.error),
			unread.partial ? "what is there and cannot be read waits for the next start"
				       : "what waits there is not sent");
	if (percent >= MUCH)
		gw_health_add(health, GW_DEGRADED, "kafka.spool.filling", NULL,
			"%lu %% of kafka.spool.size is used: when it is full, the oldest give way: "
			"look at the brokers",
			percent);
}

static uint64_t sum(const struct spool *spool, size_t counter)
{
	uint64_t all = 0;

	for (int kind = 0; kind < 2; kind++)
		for (uint32_t i = 0; i < spool->lanes; i++)
			all += gw_counter_get(
				(const struct gw_counter *)((const char *)&spool->flows[kind][i] +
					counter));
	return all;
}

static json_t *former(const struct spool *spool)
{
	const uint64_t found = gw_counter_get(&spool->former_found);
	const uint64_t delivered = sum(spool, offsetof(struct flow, former_delivered));
	const uint64_t lost = sum(spool, offsetof(struct flow, former_lost));
	const uint64_t given_up = gw_counter_get(&spool->former_given_up);
	const uint64_t damaged = gw_counter_get(&spool->former_damaged);
	const uint64_t over = delivered + lost + given_up + damaged;

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "found", (json_int_t)found,
		"delivered", (json_int_t)delivered, "refused", (json_int_t)lost, "given_up",
		(json_int_t)given_up, "damaged", (json_int_t)damaged, "spooled",
		(json_int_t)(found > over ? found - over : 0), "unreadable",
		(json_int_t)gw_counter_get(&spool->former_missed));
}

json_t *spool_describe(const struct spool *spool)
{
	const struct gw_spool_config *config = spool->gw->config->kafka->spool;
	const struct spool_unread unread = spool_unread(spool);
	char text[sizeof(spool->trouble.text)];
	const char *state = "writing";

	if (spool->read_only)
		state = "read-only";
	else if (atomic_load_explicit(&spool->failing, memory_order_relaxed) ||
		atomic_load_explicit(&spool->unsynced, memory_order_relaxed) ||
		atomic_load_explicit(&spool->unremoved, memory_order_relaxed) != 0 ||
		unread.files > 0)
		state = "failing";
	read_trouble(spool, text, sizeof(text));
	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
			 "s:I, s:o, s:s?}",
		"directory", config->directory, "state", state, "durability",
		durabilities[config->durability], "size", (json_int_t)spool->most, "used",
		(json_int_t)used(spool), "used_by_pictures",
		(json_int_t)gw_counter_get(&spool->bytes[SINK_SAMPLE]), "written_bytes",
		(json_int_t)gw_counter_get(&spool->written_bytes), "syncs",
		(json_int_t)gw_counter_get(&spool->syncs_done), "last_sync_us",
		(json_int_t)gw_counter_get(&spool->sync_us), "given_up",
		(json_int_t)(gw_counter_get(&spool->given_up[SINK_RESULT]) +
			gw_counter_get(&spool->given_up[SINK_SAMPLE])),
		"passed_by", (json_int_t)gw_counter_get(&spool->passed_by), "failures",
		(json_int_t)gw_counter_get(&spool->failures), "unsure",
		(json_int_t)gw_counter_get(&spool->unsure_records), "unreadable_files",
		(json_int_t)unread.files, "unreadable_bytes", (json_int_t)unread.bytes, "former",
		former(spool), "last_error", text[0] ? text : NULL);
}
