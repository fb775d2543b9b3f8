#include "gwd/gateway.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/inherit.h"
#include "core/log.h"

/* From the signal to the end. A sink may take the last part of it to let go of what its brokers
 * never confirmed. */
#define DRAIN_NS (3500 * GW_NS_PER_MS)
#define GRACE_NS (500 * GW_NS_PER_MS)
#define TICK_MS 50

/* A version 4 UUID (RFC 9562). */
static void make_boot_id(char text[37])
{
	uint8_t b[16];

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		memset(b, 0, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	for (int i = 0, at = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[at++] = '-';
		at += snprintf(text + at, 3, "%02x", b[i]);
	}
}

static int open_cameras(struct gw *gw, struct gw_error *error)
{
	gw->camera_count = gw->config->cameras_count;
	gw->cameras = calloc(gw->camera_count ? gw->camera_count : 1, sizeof(struct gw_camera));
	gw->latency = gw_latency_create(gw->camera_count);
	if (!gw->cameras || !gw->latency)
		return gw_error_set(error, -ENOMEM, "cameras: out of memory");
	for (uint32_t i = 0; i < gw->camera_count; i++) {
		gw->cameras[i].config = &gw->config->cameras[i];
		gw->cameras[i].model = GW_NO_MODEL;
		atomic_init(&gw->cameras[i].sample_every, *gw->config->kafka->frames->every);
	}
	return 0;
}

static int open_pool(struct gw *gw, struct gw_error *error)
{
	struct gw_size_class_config wanted[GW_FRAME_CLASSES];
	struct gw_size_class classes[GW_FRAME_CLASSES];
	const uint32_t count = gw_config_classes(gw->config, wanted);

	for (uint32_t i = 0; i < count; i++)
		classes[i] =
			(struct gw_size_class){wanted[i].width, wanted[i].height, wanted[i].count};
	gw->pool = gw_pool_create(classes, count, gw->config->frames->populate, error);
	return gw->pool ? 0 : -errno;
}

static int open_stages(struct gw *gw, struct gw_error *error)
{
	for (int i = 0; i < GW_STAGES; i++) {
		struct gw_stage *stage = &gw->stages[i];

		stage->ops = gw_pipeline[i];
		stage->gw = gw;
		stage->core = gw_lanes_processor(gw_config_lanes(gw->config, stage->ops->name), 0);
		stage->stats = gw_stage_stats_create(stage->ops->name, gw->camera_count);
		if (!stage->stats)
			return gw_error_set(error, -ENOMEM, "%s: out of memory", stage->ops->name);
		if (i == GW_STAGES - 1)
			break;
		gw->links[i] = gw_link_create(stage->ops->name, gw_pool_size(gw->pool));
		if (!gw->links[i])
			return gw_error_set(error, -ENOMEM, "%s: out of memory", stage->ops->name);
	}
	for (int i = 0; i < GW_STAGES; i++) {
		gw->stages[i].in = i > 0 ? gw->links[i - 1] : NULL;
		gw->stages[i].out = i < GW_STAGES - 1 ? gw->links[i] : NULL;
	}
	for (int i = 0; i < GW_STAGES; i++) {
		const struct gw_stage_ops *ops = gw->stages[i].ops;
		const int status = ops->check ? ops->check(&gw->stages[i], error) : 0;

		if (status != 0)
			return status;
	}
	/* From the end to the beginning: no packet is taken before there is somewhere to go with
	 * it. */
	for (int i = GW_STAGES - 1; i >= 0; i--) {
		int status = gw->stages[i].ops->open(&gw->stages[i], error);

		if (status != 0)
			return status;
	}
	return 0;
}

/* None lets a request in before all are open. */
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

int gw_open(struct gw *gw, struct gw_config *config, const struct gw_replay *replay,
	struct gw_error *error)
{
	sigset_t set;

	memset(gw, 0, sizeof(*gw));
	gw->config = config;
	gw->replay = replay;
	gw->lossless = replay || config->gateway->mode == GW_MODE_LOSSLESS;
	gw->start = gw_now();
	make_boot_id(gw->boot_id);
	/* Signals belong to the main thread: every thread made from here on inherits the block. */
	signals_of_interest(&set);
	gw_inherit_remember();
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);

	int status = open_cameras(gw, error);
	if (status == 0)
		status = open_pool(gw, error);
	if (status == 0)
		status = open_stages(gw, error);
	if (status == 0)
		status = open_services(gw, error);
	if (status != 0)
		gw_close(gw);
	return status;
}

static bool exhausted(struct gw *gw)
{
	return atomic_load_explicit(&gw->stages[GW_STAGE_RX].exhausted, memory_order_acquire);
}

/* Returns when a signal says so, or the source of a replay is exhausted. */
static int wait_for_end(struct gw *gw, int signals)
{
	uint64_t watchdog_us = 0;
	int64_t next_ping = 0;

	sd_watchdog_enabled(0, &watchdog_us);
	while (!exhausted(gw)) {
		struct pollfd waiting = {.fd = signals, .events = POLLIN};
		struct signalfd_siginfo info;

		if (watchdog_us > 0 && gw_now() >= next_ping) {
			sd_notify(0, "WATCHDOG=1");
			next_ping = gw_now() + (int64_t)watchdog_us * 500;
		}
		if (poll(&waiting, 1, TICK_MS) <= 0)
			continue;
		if (read(signals, &info, sizeof(info)) != sizeof(info))
			continue;
		if (info.ssi_signo != SIGHUP)
			return (int)info.ssi_signo;
		gw_reload(gw);
	}
	return 0;
}

static void count_left_behind(struct gw_frame *frame, void *arg)
{
	struct gw *gw = arg;

	gw_count_drop(&gw->stages[GW_STAGE_SINK].stats->camera[frame->camera], GW_DROP_SHUTDOWN);
}

/* Lets every stage finish in the order of the way. A replay has all the time it needs. */
static void drain(struct gw *gw, bool hurry)
{
	int64_t deadline = hurry ? gw_now() + DRAIN_NS : INT64_MAX;

	for (int i = 0; i < GW_STAGES; i++) {
		/* A sink that is late still has to write down what it gives up. */
		const int64_t grace = hurry && i == GW_STAGE_SINK ? GRACE_NS : 0;

		gw_stage_drain(&gw->stages[i], deadline, grace);
		gw_stage_stop(&gw->stages[i]);
	}
	gw_pool_visit(gw->pool, count_left_behind, gw);
}

static void log_balance(const struct gw *gw)
{
	uint64_t begun = 0, delivered = 0, dropped = 0;

	for (uint32_t camera = 0; camera < gw->camera_count; camera++) {
		begun += gw_counter_get(&gw->stages[GW_STAGE_RX].stats->camera[camera].frames_in);
		delivered +=
			gw_counter_get(&gw->stages[GW_STAGE_SINK].stats->camera[camera].delivered);
		for (int drop = 1; drop < GW_DROP_COUNT; drop++)
			if (gw_drops[drop].unit == GW_FRAME)
				dropped += gw_total_drops(gw, camera, drop);
	}
	gw_log(begun == delivered + dropped ? GW_LOG_INFO : GW_LOG_ERROR, "gwd",
		"stopped: %lu frames received = %lu delivered + %lu dropped%s", begun, delivered,
		dropped, begun == delivered + dropped ? "" : ": NOT balanced");
}

int gw_run(struct gw *gw, struct gw_error *error)
{
	sigset_t set;

	signals_of_interest(&set);
	int signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0)
		return gw_error_set(error, -errno, "signals: %s", strerror(errno));

	int status = 0;
	for (int i = GW_STAGES - 1; i >= 0 && status == 0; i--)
		status = gw_stage_start(&gw->stages[i], error);
	int reason = 0;
	if (status == 0) {
		atomic_store_explicit(&gw->ready, true, memory_order_release);
		sd_notify(0, "READY=1");
		gw_info("gwd", "running (cameras: %u, models: %u)", gw->camera_count,
			gw->model_count);
		reason = wait_for_end(gw, signals);
		atomic_store_explicit(&gw->ready, false, memory_order_release);
		sd_notify(0, "STOPPING=1");
		if (reason != 0)
			gw_info("gwd", "%s: draining", strsignal(reason));
	}
	drain(gw, status != 0 || reason != 0);
	log_balance(gw);
	close(signals);
	if (status == 0 && gw->replay && reason != 0)
		status = gw_error_set(error, -EINTR, "replay: interrupted before its end");
	return status;
}

bool gw_close(struct gw *gw)
{
	if (!close_services(gw)) {
		gw_warn("gwd", "a request is still at work: leaving without taking down the rest");
		return false;
	}
	/* Clients of accelerators and brokers go before the packet framework that is opened last.
	 */
	for (int i = GW_STAGES - 1; i >= 0; i--) {
		struct gw_stage *stage = &gw->stages[i];

		if (stage->gw)
			stage->ops->close(stage);
		stage->gw = NULL;
	}
	for (int i = 0; i < GW_STAGES; i++)
		gw_stage_stats_destroy(gw->stages[i].stats);
	for (int i = 0; i < GW_STAGES - 1; i++)
		gw_link_destroy(gw->links[i]);
	gw_pool_destroy(gw->pool);
	gw_latency_destroy(gw->latency);
	free(gw->cameras);
	gw_config_free(gw->config);
	memset(gw, 0, sizeof(*gw));
	return true;
}
