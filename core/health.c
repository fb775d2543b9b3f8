#include "core/health.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/gateway.h"
#include "core/log.h"
#include "core/utf8.h"
#include "core/watch.h"

/* Between two lines about one trouble. */
#define QUIET_NS (10 * GW_NS_PER_S)
/* Troubles that were heard of lately, also those that are over. */
#define REMEMBERED (2 * GW_TROUBLES)

struct remembered {
	char id[GW_TROUBLE_ID]; /* empty: free */
	bool present;
	int64_t since, changed, told_at;
	uint32_t untold; /* changes since the last line */
};

struct gw_health_log {
	struct remembered entry[REMEMBERED];
};

void gw_health_add(struct gw_health *health, enum gw_severity severity, const char *id,
	const char *name, const char *text, ...)
{
	struct gw_trouble trouble = {.severity = severity};
	/* Longer than what is kept of it, which ends with a whole character then. */
	char whole[2 * sizeof(trouble.text)];
	const char *place = strstr(id, "%s");
	va_list args;

	if (place)
		snprintf(whole, sizeof(whole), "%.*s%s%s", (int)(place - id), id, name ? name : "",
			place + 2);
	else
		snprintf(whole, sizeof(whole), "%s", id);
	gw_utf8_copy(trouble.id, sizeof(trouble.id), whole);
	va_start(args, text);
	vsnprintf(whole, sizeof(whole), text, args);
	va_end(args);
	gw_utf8_copy(trouble.text, sizeof(trouble.text), whole);
	/* Several lanes may have the same one: the worst is told. */
	for (uint32_t i = 0; i < health->count; i++) {
		if (strcmp(health->trouble[i].id, trouble.id) != 0)
			continue;
		if (severity > health->trouble[i].severity)
			health->trouble[i] = trouble;
		return;
	}
	if (health->count == GW_TROUBLES)
		health->left_out++;
	else
		health->trouble[health->count++] = trouble;
}

void gw_health_collect(struct gw *gw, struct gw_health *health)
{
	health->count = health->left_out = 0;
	gw_watch_health(gw, health);
	for (int i = 0; i < GW_STAGES; i++) {
		struct gw_stage *stage = &gw->stages[i];

		if (stage->ops && stage->ops->health)
			stage->ops->health(stage, health);
	}
	for (uint32_t i = 0; i < gw->service_count; i++) {
		const struct gw_service *service = &gw->services[i];

		if (service->state && service->ops->health)
			service->ops->health(service->state, health);
	}
}

enum gw_severity gw_health_worst(const struct gw_health *health)
{
	enum gw_severity worst = GW_NOTICE;

	for (uint32_t i = 0; i < health->count; i++)
		if (health->trouble[i].severity > worst)
			worst = health->trouble[i].severity;
	return worst;
}

const char *gw_severity_name(enum gw_severity severity)
{
	static const char *const names[] = {
		[GW_NOTICE] = "notice",
		[GW_DEGRADED] = "degraded",
		[GW_FAILED] = "failed",
	};

	return names[severity];
}

struct gw_health_log *gw_health_log_create(void)
{
	return calloc(1, sizeof(struct gw_health_log));
}

void gw_health_log_destroy(struct gw_health_log *log)
{
	free(log);
}

/* The entry with that id, or else a new one in a free place or in that of the trouble that has been
 * over for longest. NULL when all are present. */
static struct remembered *recall(struct gw_health_log *log, const char *id)
{
	struct remembered *best = NULL;

	for (int i = 0; i < REMEMBERED; i++) {
		struct remembered *entry = &log->entry[i];

		if (strcmp(entry->id, id) == 0)
			return entry;
		if (!entry->present && (!best || entry->changed < best->changed))
			best = entry;
	}
	if (best) {
		*best = (struct remembered){0};
		snprintf(best->id, sizeof(best->id), "%s", id);
	}
	return best;
}

static void tell(struct remembered *entry, const struct gw_trouble *trouble, int64_t now)
{
	char suppressed[64] = "";

	if (entry->untold > 1)
		snprintf(suppressed, sizeof(suppressed), " (%u change%s not told)",
			entry->untold - 1, entry->untold == 2 ? " was" : "s were");
	if (trouble)
		gw_log(trouble->severity == GW_NOTICE ? GW_LOG_INFO : GW_LOG_WARNING, "health",
			"%s: %s%s", entry->id, trouble->text, suppressed);
	else
		gw_info("health", "%s: over after %.1f s%s", entry->id,
			(double)(entry->changed - entry->since) / GW_NS_PER_S, suppressed);
	entry->told_at = now;
	entry->untold = 0;
}

static const struct gw_trouble *find(const struct gw_health *health, const char *id)
{
	for (uint32_t i = 0; i < health->count; i++)
		if (strcmp(health->trouble[i].id, id) == 0)
			return &health->trouble[i];
	return NULL;
}

void gw_health_watch(struct gw_health_log *log, struct gw_health *health, int64_t now)
{
	for (uint32_t i = 0; i < health->count; i++) {
		struct gw_trouble *trouble = &health->trouble[i];
		struct remembered *entry = recall(log, trouble->id);

		trouble->since = now;
		if (!entry)
			continue;
		if (!entry->present) {
			entry->present = true;
			entry->since = entry->changed = now;
			entry->untold++;
		}
		trouble->since = entry->since;
	}
	for (int i = 0; i < REMEMBERED; i++) {
		struct remembered *entry = &log->entry[i];
		const struct gw_trouble *trouble = find(health, entry->id);

		if (entry->id[0] == '\0')
			continue;
		if (entry->present && !trouble) {
			entry->present = false;
			entry->changed = now;
			entry->untold++;
		}
		if (entry->untold > 0 && (entry->told_at == 0 || now - entry->told_at >= QUIET_NS))
			tell(entry, trouble, now);
	}
}
