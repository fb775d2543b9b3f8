#include "accel/stage.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "accel/accel.h"
#include "accel/engines.h"
#include "core/clock.h"
#include "core/log.h"

#define COMPLAINT_NS (10 * GW_NS_PER_S)

static int accel_camera_prepare(struct gw_stage *stage, struct gw_camera *is,
	const struct gw_camera *was, struct gw_error *error)
{
	int status;
	struct plan *plan = plan_make(stage, is->config, &status, error);

	is->of[GW_STAGE_ACCEL] = plan;
	if (plan) {
		is->wants = plan->wants;
		is->route = plan->wants[0].route;
	}
	return status;
}

static void accel_camera_release(struct gw_stage *stage, struct gw_camera *camera)
{
	plan_free(stage, camera->of[GW_STAGE_ACCEL]);
}

/* Asked before any stage is open: no library has made a thread yet. */
static int accel_check(struct gw_stage *stage, struct gw_error *error)
{
	engines_keep_quiet();
	return 0;
}

static int accel_open(struct gw_stage *stage, struct gw_error *error)
{
	struct accel *accel = stage->state = calloc(1, sizeof(*accel));

	if (!accel)
		return gw_error_set(error, -ENOMEM, "accel: out of memory");
	for (uint32_t i = 0; i < GW_CAMERAS; i++)
		accel->seen[i].route = GW_NO_ROUTE;
	for (uint16_t i = 0; i < GW_ROUTES; i++)
		accel->routes[i].index = i;
	pthread_mutex_init(&accel->opening, NULL);
	pthread_rwlock_init(&accel->shown, NULL);
	stage->gw->pictures = engines_pictures(stage->gw->config);
	accel->rollouts = rollouts_create();
	return accel->rollouts ? 0 : gw_error_set(error, -ENOMEM, "accel: out of memory");
}

static void accel_close(struct gw_stage *stage)
{
	struct accel *accel = stage->state;

	if (!accel)
		return;
	rollouts_end(stage);
	stage->gw->model_count = stage->gw->route_count = 0;
	accel_models_free(accel);
	rollouts_destroy(accel->rollouts);
	pthread_mutex_destroy(&accel->opening);
	pthread_rwlock_destroy(&accel->shown);
	free(accel);
	stage->state = NULL;
}

static int accel_lane_open(struct gw_lane *lane, struct gw_error *error)
{
	struct accel_lane *own = lane->state = calloc(1, sizeof(*own));

	if (own)
		own->visits = visits_create(own->batchers);
	return own && own->visits ? 0 : gw_error_set(error, -ENOMEM, "accel: out of memory");
}

static void accel_lane_close(struct gw_lane *lane)
{
	struct accel_lane *own = lane->state;

	for (uint32_t i = 0; own && i < GW_MODELS; i++)
		batcher_close(own->batchers[i]);
	if (own)
		visits_destroy(own->visits);
	free(own);
	lane->state = NULL;
}

/* Where models are that may have frames: they come and go between two turns. */
static uint32_t models(const struct gw_stage *stage)
{
	return atomic_load_explicit(&stage->gw->model_count, memory_order_acquire);
}

static void wait(struct accel_lane *own, struct gw_frame *frame)
{
	frame->turn_next = NULL;
	if (own->first)
		own->last->turn_next = frame;
	else
		own->first = frame;
	own->last = frame;
}

/* Frames that no model is to see, and those that have failed, have nothing to wait for. */
static uint32_t take_in(struct gw_lane *lane)
{
	struct accel_lane *own = lane->state;
	struct gw_frame *frames[GW_BURST];
	const uint32_t count = gw_lane_take(lane, frames, GW_BURST);

	for (uint32_t i = 0; i < count; i++) {
		struct gw_frame *frame = frames[i];
		const struct gw_want want = gw_frame_want(frame);

		gw_order_add(&own->order, frame);
		if (want.route != GW_NO_ROUTE && !gw_frame_failed(frame)) {
			wait(own, frame);
			continue;
		}
		frame->result.task = GW_TASK_NONE;
		frame->result.model = GW_NO_MODEL;
		frame->result.count = 0;
		gw_order_done(&own->order, frame);
	}
	return count;
}

static void begin_visits(struct gw_lane *lane, int64_t now)
{
	struct accel_lane *own = lane->state;

	while (own->first) {
		struct gw_frame *frame = own->first;
		const struct gw_camera *camera = frame->version;

		if (!visit_begin(own->visits, frame, camera->of[GW_STAGE_ACCEL],
			    camera->config->region, now))
			break;
		own->first = frame->turn_next;
	}
}

static uint32_t turn(struct gw_lane *lane, int64_t now, bool flush)
{
	const struct accel *accel = lane->stage->state;
	struct accel_lane *own = lane->state;
	struct gw_frame *frames[GW_BURST];
	uint32_t work = 0, count;
	struct job *job;

	lane->waits = false;
	begin_visits(lane, now);
	for (uint32_t i = 0; i < models(lane->stage); i++) {
		if (!accel_model(accel, i))
			continue;
		visits_look_after(own->visits, i, now);
		work += batcher_turn(own->batchers[i], now, flush);
		lane->waits = lane->waits || batcher_waits(own->batchers[i]);
		while ((job = batcher_take(own->batchers[i])) != NULL) {
			struct gw_frame *frame = visit_continue(own->visits, job, now);

			if (!frame)
				continue;
			gw_credit_return(frame);
			gw_order_done(&own->order, frame);
		}
	}
	while ((count = gw_order_take(&own->order, frames, GW_BURST)) > 0) {
		/* What comes after has no use for pixels. */
		for (uint32_t k = 0; k < count; k++)
			gw_frame_drop_surface(frames[k]);
		gw_lane_give(lane, frames, count);
		work += count;
	}
	return work;
}

static uint32_t accel_poll(struct gw_lane *lane)
{
	const int64_t now = gw_now();
	const uint32_t taken = take_in(lane);

	return taken + turn(lane, now, false);
}

static bool accel_drain(struct gw_lane *lane)
{
	const struct accel_lane *own = lane->state;

	turn(lane, gw_now(), true);
	return own->order.inside == 0;
}

static void tell_failure(struct gw_lane *lane, uint32_t index)
{
	const struct accel *accel = lane->stage->state;
	const struct accel_lane *own = lane->state;
	const struct gw_device *device;
	const char *why;

	if (!accel_model(accel, index))
		return;
	while ((why = batcher_failure(own->batchers[index], &device)) != NULL)
		gw_warn("accel",
			"device %s rests: it failed with model %s: %s; the other devices do its "
			"work",
			device->name, accel_model(accel, index)->model->name, why);
}

static void complain(struct gw_lane *lane, uint32_t index, int64_t now)
{
	const struct accel *accel = lane->stage->state;
	struct accel_lane *own = lane->state;
	const char *complaint = !accel_model(accel, index) || now < own->next_complaint[index]
		? NULL
		: batcher_complaint(own->batchers[index]);

	if (!complaint)
		return;
	gw_warn("accel", "model %s: frames fail: %s", accel_model(accel, index)->model->name,
		complaint);
	own->next_complaint[index] = now < INT64_MAX ? now + COMPLAINT_NS : now;
}

/* Counts what was turned away since the last look for the route that the camera had then: one that
 * gets another model brings nothing of its past along. */
static void note_refused(struct accel *accel, const struct gw *gw)
{
	for (uint32_t i = 0; i < gw_camera_high(gw); i++) {
		const uint64_t refused = gw_total_drops(gw, i, GW_DROP_OVER_QUOTA);
		const uint32_t route =
			atomic_load_explicit(&gw->cameras->slot[i].route, memory_order_relaxed);

		/* Fewer than before: the slot got another camera. */
		if (refused >= accel->seen[i].refused && accel->seen[i].route != GW_NO_ROUTE)
			accel->routes[accel->seen[i].route].refused +=
				refused - accel->seen[i].refused;
		accel->seen[i].refused = refused;
		accel->seen[i].route = route;
	}
}

static uint32_t routes(const struct gw_stage *stage)
{
	return atomic_load_explicit(&stage->gw->route_count, memory_order_acquire);
}

/* What was not told yet, before nobody is there to tell it. */
static void accel_end(struct gw_lane *lane)
{
	for (uint32_t i = 0; i < models(lane->stage); i++) {
		tell_failure(lane, i);
		complain(lane, i, INT64_MAX);
	}
}

static void accel_housekeeping(struct gw_lane *lane, int64_t now)
{
	const struct gw_stage *stage = lane->stage;
	struct accel *accel = stage->state;

	for (uint32_t i = 0; i < models(stage); i++) {
		tell_failure(lane, i);
		complain(lane, i, now);
	}
	for (uint32_t i = 0; lane->index == 0 && i < routes(stage); i++) {
		struct route *route = &accel->routes[i];

		if (!route_is_there(route) || !overload_is_due(&route->overload, now))
			continue;
		note_refused(accel, stage->gw);
		overload_look(&route->overload, &stage->gw->credits[i], route->refused, now);
	}
}

static void devices_health(const struct gw *gw, struct gw_health *health)
{
	const int64_t now = gw_now();
	uint32_t failing = 0;

	for (uint32_t i = 0; i < gw->device_count; i++)
		failing += gw->devices[i].failing > 0;
	for (uint32_t i = 0; i < gw->device_count; i++) {
		const struct gw_device *device = &gw->devices[i];
		const int64_t rest = device->retry_at - now;

		if (device->failing == 0)
			continue;
		gw_health_add(health, failing == gw->device_count ? GW_FAILED : GW_DEGRADED,
			"accel.%s.failed", device->name,
			"device %s failed and is given no work; it is tried again in %.0f s: see "
			"the log for why",
			device->name, rest > 0 ? (double)rest / 1e9 : 0.0);
	}
}

static void accel_health(struct gw_stage *stage, struct gw_health *health)
{
	struct accel *accel = stage->state;

	devices_health(stage->gw, health);
	rollouts_health(stage, health);
	pthread_mutex_lock(&accel->rollouts->lock);
	for (uint32_t i = 0; i < routes(stage); i++)
		if (route_is_there(&accel->routes[i]))
			overload_health(&accel->routes[i].overload, accel->routes[i].name, health);
	pthread_mutex_unlock(&accel->rollouts->lock);
}

/* One model in all lanes; NULL: there is none. */
static json_t *model_facts(const struct gw_stage *stage, uint32_t index)
{
	const struct accel_model *model = accel_model(stage->state, index);
	uint64_t waiting = 0, batches = 0, frames = 0, failed = 0, again = 0;

	if (!model)
		return NULL;
	for (uint32_t i = 0; i < stage->lane_count; i++) {
		const struct accel_lane *own = stage->lanes[i].state;
		const struct berth_stats *stats = batcher_stats(own->batchers[index]);

		waiting += batcher_waiting(own->batchers[index]);
		batches += gw_counter_get(&stats->batches);
		frames += gw_counter_get(&stats->jobs);
		failed += gw_counter_get(&stats->failed);
		again += gw_counter_get(&stats->again);
	}
	return json_pack("{s:s, s:I, s:s, s:I, s:I, s:I, s:I, s:I}", "name", model->model->name,
		"version", (json_int_t)model->model->version, "backend", model->engine->name,
		"waiting", (json_int_t)waiting, "batches", (json_int_t)batches, "frames",
		(json_int_t)frames, "failed", (json_int_t)failed, "again", (json_int_t)again);
}

static json_t *accel_describe(struct gw_stage *stage)
{
	const struct gw *gw = stage->gw;
	struct accel *accel = stage->state;
	json_t *list = json_array(), *devices = json_array();
	const struct accel_model *any = NULL;

	for (uint32_t i = 0; i < gw->device_count; i++)
		json_array_append_new(devices, gw_device_describe(&gw->devices[i]));

	pthread_rwlock_rdlock(&accel->shown);
	for (uint32_t i = 0; i < models(stage); i++) {
		json_t *facts = model_facts(stage, i);

		if (!facts)
			continue;
		json_array_append_new(list, facts);
		any = any ? any : accel_model(accel, i);
	}
	const char *backend = any ? any->engine->name : NULL;

	pthread_rwlock_unlock(&accel->shown);
	return json_pack(
		"{s:s?, s:o, s:o}", "backend", backend, "devices", devices, "models", list);
}

static void accel_upkeep(struct gw_stage *stage, int64_t now)
{
	rollouts_upkeep(stage, now);
	accel_retire(stage);
}

const struct gw_stage_ops accel_stage = {
	.name = "accel",
	.check = accel_check,
	.open = accel_open,
	.lane_open = accel_lane_open,
	.lane_close = accel_lane_close,
	.close = accel_close,
	.end = accel_end,
	.poll = accel_poll,
	.housekeeping = accel_housekeeping,
	.drain = accel_drain,
	.camera_prepare = accel_camera_prepare,
	.camera_release = accel_camera_release,
	.upkeep = accel_upkeep,
	.health = accel_health,
	.describe = accel_describe,
	.routes = accel_routes,
};
