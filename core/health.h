/* What keeps the gateway from doing its work, as everybody is to hear it: the same list stands in
 * the API's status, in gwctl's exit code, in the log and in the metrics.
 *
 * Whoever knows of a trouble adds it when asked (health() of a stage, a service or a back-end), as
 * long as it lasts. Nothing is announced or taken back: what is not said any more is over.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct gw;

#define GW_TROUBLES 64
#define GW_TROUBLE_ID 96
#define GW_TROUBLE_TEXT 256

enum gw_severity {
	GW_NOTICE, /* worth knowing: the gateway does all that is asked of it */
	GW_DEGRADED, /* part of the work is not done */
	GW_FAILED, /* nothing, or nothing of one kind, gets through */
};

struct gw_trouble {
	/* Stable, for scripts and metrics, with the thing it is about: "kafka.results.unconfirmed",
	 * "port.lan0.down", "lane.rx-1.stuck". */
	char id[GW_TROUBLE_ID];
	enum gw_severity severity;
	/* One line: what is wrong, in figures, and what to do. The figures may change from one
	 * asking to the next, the trouble is the same while its id is. */
	char text[GW_TROUBLE_TEXT];
	int64_t since; /* gw_now() when it was first heard; set by gw_health_watch() */
};

/* Filled anew at each asking. What does not fit is counted. */
struct gw_health {
	uint32_t count, left_out;
	struct gw_trouble trouble[GW_TROUBLES];
};

/* Adds one trouble; `id` is printed with the thing's name put in place of its one "%s". */
__attribute__((format(printf, 5, 6))) void gw_health_add(struct gw_health *health,
	enum gw_severity severity, const char *id, const char *name, const char *text, ...);

/* Asks every stage and every service; what was in `health` before is forgotten. Any thread, from
 * when the services are open until they are closed. */
void gw_health_collect(struct gw *gw, struct gw_health *health);

/* The worst severity; GW_NOTICE when there is nothing. */
enum gw_severity gw_health_worst(const struct gw_health *health);

/* "notice", "degraded", "failed". */
const char *gw_severity_name(enum gw_severity severity);

/* Remembers what was wrong at the last look, to tell what began and what is over. */
struct gw_health_log;

/* NULL when out of memory. */
struct gw_health_log *gw_health_log_create(void);
void gw_health_log_destroy(struct gw_health_log *log);

/* Logs what began and what is over, one line each, and sets `since`. A trouble that comes and goes
 * is told once in 10 s at most; the next line says how many changes were not. One thread. */
void gw_health_watch(struct gw_health_log *log, struct gw_health *health, int64_t now);
