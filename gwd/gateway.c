#include "gwd/gateway.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "core/api.h"
#include "core/check.h"
#include "core/clock.h"
#include "core/control.h"
#include "core/log.h"
#include "core/thread.h"
#include "core/watch.h"
#include "gwd/last_resort.h"
#include "gwd/service_manager.h"
#include "gwd/start_watch.h"

/* From the signal to the end. A sink may take the last part of it to let go of what its brokers
 * never confirmed. */
#define DRAIN_NS (3500 * GW_NS_PER_MS)
#define GRACE_NS (500 * GW_NS_PER_MS)
/* A change that is being made, of thousands of cameras perhaps, takes its time of that: frames go
 * on meanwhile. */
#define CHANGE_NS (1500 * GW_NS_PER_MS)
/* A lane that was told to end does so between two turns. */
#define JOIN_NS (200 * GW_NS_PER_MS)
#define LAST_RESORT_NS (4700 * GW_NS_PER_MS)
#define TICK_MS 50

static int open_services(struct gw *gw, struct gw_error *error)
{
	int status = 0;

	for (uint32_t i = 0; gw_services[i] && status == 0; i++) {
		if (i == GW_SERVICES)
			return gw_error_set(error, -E2BIG, "gwd: more than %d services", i);
		gw->services[i].ops = gw_services[i];
		gw->service_count = i + 1;
		status = gw_services[i]->open(gw, &gw->services[i].state, error);
	}
	return status;
}

/* Lets requests in: when all are open, and the control thread is there for those that change
 * something. */
static int start_services(struct gw *gw, struct gw_error *error)
{
	int status = 0;

	for (uint32_t i = 0; i < gw->service_count && status == 0; i++)
		if (gw->services[i].state && gw->services[i].ops->start)
			status = gw->services[i].ops->start(gw->services[i].state, error);
	return status;
}

/* False when one is left with somebody in it who still uses the gateway. */
static bool close_services(struct gw *gw)
{
	bool stopped = true;

	for (uint32_t i = gw->service_count; i-- > 0;)
		if (gw->services[i].state && gw->services[i].ops->stop)
			stopped = gw->services[i].ops->stop(gw->services[i].state) && stopped;
	if (!stopped)
		return false;
	while (gw->service_count > 0) {
		struct gw_service *service = &gw->services[--gw->service_count];

		if (service->state)
			service->ops->close(service->state);
		*service = (struct gw_service){0};
	}
	return true;
}

static void signals_of_interest(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

/* Thousands of cameras take more files than a process may have open by habit. */
static void raise_open_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int gw_open(struct gw *gw, struct gw_config *config, const struct gw_replay *replay,
	struct gw_error *error)
{
	sigset_t set;

	/* Signals belong to the main thread: every thread made from here on inherits the block. */
	signals_of_interest(&set);
	gw_inherit_remember();
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	raise_open_files();
	start_watch_begin();
	int status = gw_build(
		gw, config, replay, replay && replay->way ? replay->way : gw_pipeline, error);

	gw->on_reading = service_manager_reading;
	if (status == 0)
		status = gw_check_models(config, replay != NULL, error);
	if (status == 0)
		status = gw_open_stages(gw, error);
	if (status == 0)
		status = open_services(gw, error);
	if (status == 0)
		status = gw_api_check(gw, error);
	start_watch_end();
	if (status != 0)
		gw_close(gw);
	return status;
}

static bool exhausted(struct gw *gw)
{
	static const enum gw_stage_index sources[] = {GW_STAGE_RX, GW_STAGE_SOURCE};
	uint32_t lanes = 0;

	for (size_t k = 0; k < sizeof(sources) / sizeof(sources[0]); k++) {
		const struct gw_stage *stage = &gw->stages[sources[k]];

		for (uint32_t i = 0; i < stage->lane_count; i++)
			if (!atomic_load_explicit(&stage->lanes[i].exhausted, memory_order_acquire))
				return false;
		lanes += stage->lane_count;
	}
	return lanes > 0;
}

/* Returns the signal that says so, or 0 when the source of a replay is exhausted. */
static int wait_for_end(struct gw *gw, int signals)
{
	uint64_t watchdog_us = 0;
	int64_t next_ping = 0;

	sd_watchdog_enabled(0, &watchdog_us);
	while (!exhausted(gw)) {
		struct pollfd waiting = {.fd = signals, .events = POLLIN};
		struct signalfd_siginfo info;
		const int64_t now = gw_now();

		/* Fed only while every lane turns. */
		if (gw_watch_lanes(gw, now) && watchdog_us > 0 && now >= next_ping) {
			sd_notify(0, "WATCHDOG=1");
			next_ping = now + (int64_t)watchdog_us * 500;
		}
		if (poll(&waiting, 1, TICK_MS) <= 0)
			continue;
		if (read(signals, &info, sizeof(info)) != sizeof(info))
			continue;
		if (info.ssi_signo != SIGHUP)
			return (int)info.ssi_signo;
		atomic_store(&gw->hangup_uid, info.ssi_uid);
		gw_control_post(gw, gw_reload);
	}
	return 0;
}

static void count_left_behind(struct gw_frame *frame, void *arg)
{
	struct gw *gw = arg;
	struct gw_stage *sink = &gw->stages[GW_STAGE_SINK];
	struct gw_lane *lane = &sink->lanes[gw_lane_of(frame->camera, sink->lane_count)];

	gw_count_drop(&lane->stats->camera[frame->camera], GW_DROP_SHUTDOWN);
}

/* Whoever waits for the end of a replay may still lose patience. */
static bool told_to_hurry(int signals)
{
	struct signalfd_siginfo info;
	struct pollfd waiting = {.fd = signals, .events = POLLIN};

	return poll(&waiting, 1, 0) > 0 && read(signals, &info, sizeof(info)) == sizeof(info) &&
		info.ssi_signo != SIGHUP;
}

static void drain_patiently(struct gw_stage *stage, int signals, int *reason)
{
	while (*reason == 0 && !gw_stage_drain(stage, gw_now() + TICK_MS * GW_NS_PER_MS, 0))
		if (told_to_hurry(signals))
			*reason = SIGTERM;
}

/* What is being changed comes to its end first, unless it takes too long. A signal that comes
 * meanwhile, to a replay, is the end's beginning. Returns false when it does not end. */
static bool end_changes(struct gw *gw, int signals, int *reason, int64_t *told)
{
	int64_t deadline = *told + (*reason != 0 ? CHANGE_NS : DRAIN_NS), look;

	do {
		if (*reason == 0 && told_to_hurry(signals)) {
			*reason = SIGTERM;
			*told = gw_now();
			last_resort_arm(gw, *told + LAST_RESORT_NS);
			deadline = *told + CHANGE_NS;
		}
		look = gw_now() + TICK_MS * GW_NS_PER_MS;
		if (gw_control_stop(gw, look < deadline ? look : deadline))
			return true;
	} while (gw_now() < deadline);
	return false;
}

/* Lets every stage finish in the order of the way, until `deadline`; the sink has a moment more. A
 * replay has none (0), but all the time it needs, until a signal comes. Returns false when a lane
 * hangs. */
static bool drain(struct gw *gw, int signals, int *reason, int64_t deadline)
{
	bool ended = true;

	for (int i = 0; i < GW_STAGES; i++) {
		/* A sink that is late still has to write down what it gives up. */
		const int64_t grace = i == GW_STAGE_SINK ? GRACE_NS : 0;

		if (*reason == 0)
			drain_patiently(&gw->stages[i], signals, reason);
		if (*reason != 0 && deadline == 0) {
			deadline = gw_now() + DRAIN_NS;
			last_resort_arm(gw, gw_now() + LAST_RESORT_NS);
		}
		if (*reason != 0)
			gw_stage_drain(&gw->stages[i], deadline, grace);
		ended = gw_stage_stop(
				&gw->stages[i], gw_now() + (*reason != 0 ? JOIN_NS : DRAIN_NS)) &&
			ended;
	}
	gw_pool_visit(gw->pool, count_left_behind, gw);
	return ended;
}

static void log_balance(const struct gw *gw)
{
	uint64_t begun = 0, delivered = 0, dropped = 0, spooled = 0;

	for (uint32_t subject = 0; subject < GW_SUBJECTS; subject++) {
		if (subject >= gw_camera_high(gw) && subject < GW_CAMERAS)
			continue;
		begun += gw_total_begun(gw, subject);
		delivered += GW_COUNT(&gw->stages[GW_STAGE_SINK], subject, delivered);
		spooled += GW_COUNT(&gw->stages[GW_STAGE_SINK], subject, results_spooled);
		for (int drop = 1; drop < GW_DROP_COUNT; drop++)
			if (gw_drops[drop].unit == GW_FRAME)
				dropped += gw_total_drops(gw, subject, drop);
	}
	const bool balanced = begun == delivered + dropped + spooled;

	gw_log(balanced ? GW_LOG_INFO : GW_LOG_ERROR, "gwd",
		"stopped: %lu frames received = %lu delivered + %lu dropped + %lu spooled%s", begun,
		delivered, dropped, spooled, balanced ? "" : ": NOT balanced");
}

/* On the control thread. */
static void upkeep(struct gw *gw, int64_t now)
{
	gw_cameras_upkeep(gw);
	gw_commit_upkeep(gw, now);
	service_manager_upkeep(gw, now);
	for (int i = 0; i < GW_STAGES; i++)
		if (gw->stages[i].lane_count > 0 && gw->stages[i].ops->upkeep)
			gw->stages[i].ops->upkeep(&gw->stages[i], now);
}

static int start(struct gw *gw, struct gw_error *error)
{
	int status = 0;

	for (int i = GW_STAGES - 1; i >= 0 && status == 0; i--)
		status = gw_stage_start(&gw->stages[i], error);
	if (status == 0)
		status = gw_control_start(gw, upkeep, error);
	return status == 0 ? start_services(gw, error) : status;
}

int gw_run(struct gw *gw, struct gw_error *error)
{
	sigset_t set;
	int reason = 0;

	signals_of_interest(&set);
	int signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0)
		return gw_error_set(error, -errno, "signals: %s", strerror(errno));

	int status = start(gw, error);
	if (status == 0) {
		atomic_store_explicit(&gw->ready, true, memory_order_release);
		sd_notify(0, "READY=1");
		gw_info("gwd", "running (cameras: %u, models: %u)",
			atomic_load(&gw->cameras->count), gw->model_count);
		reason = wait_for_end(gw, signals);
		atomic_store_explicit(&gw->ready, false, memory_order_release);
		sd_notify(0, "STOPPING=1");
	} else {
		reason = SIGTERM;
	}
	int64_t told = gw_now();

	/* Before anything else, whatever it is, can take its time. */
	if (reason != 0)
		last_resort_arm(gw, told + LAST_RESORT_NS);
	if (reason != 0 && status == 0)
		gw_info("gwd", "%s: draining", strsignal(reason));
	bool ended = end_changes(gw, signals, &reason, &told);

	ended = drain(gw, signals, &reason, reason != 0 ? told + DRAIN_NS : 0) && ended;
	log_balance(gw);
	/* All was done when it came: that is no interruption. */
	if (reason == 0 && told_to_hurry(signals))
		last_resort_arm(gw, gw_now() + LAST_RESORT_NS);
	close(signals);
	if (!ended) {
		char left[320];

		last_resort_tell(gw, left, sizeof(left));
		return gw_error_set(error, -EDEADLK, "stopped at last: %s", left);
	}
	if (status == 0 && gw->replay && reason != 0)
		status = gw_error_set(error, -EINTR, "replay: interrupted before its end");
	return status;
}

static bool take_down(struct gw *gw)
{
	if (!close_services(gw)) {
		gw_warn("gwd", "a request is still at work: leaving without taking down the rest");
		return false;
	}
	last_resort_look_away();
	gw_dismantle(gw);
	last_resort_disarm();
	return true;
}

bool gw_close(struct gw *gw)
{
	sigset_t set;

	if (!gw->replay)
		return take_down(gw);
	/* Nobody asks for them any more: where taking a replay down hangs, they end it. */
	signals_of_interest(&set);
	sigdelset(&set, SIGHUP);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	const bool down = take_down(gw);

	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return down;
}
