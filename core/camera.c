#include "core/camera.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "core/camera_version.h"
#include "core/config/camera.h"
#include "core/config/learned.h"
#include "core/control.h"
#include "core/gateway.h"

struct gw_cameras *gw_cameras_create(void)
{
	/* Slots are large and mostly unused: memory that is not touched. */
	struct gw_cameras *cameras = mmap(NULL, sizeof(*cameras), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (cameras == MAP_FAILED)
		return NULL;
	pthread_rwlock_init(&cameras->lock, NULL);
	return cameras;
}

void gw_cameras_destroy(struct gw *gw)
{
	struct gw_cameras *cameras = gw->cameras;

	if (!cameras)
		return;
	for (uint32_t i = 0; i < gw_camera_high(gw); i++) {
		struct gw_camera *camera = atomic_load(&cameras->slot[i].now);

		if (camera)
			gw_camera_version_free(gw, camera);
	}
	gw_camera_versions_free(gw, true);
	pthread_rwlock_destroy(&cameras->lock);
	munmap(cameras, sizeof(*cameras));
	gw->cameras = NULL;
}

void gw_cameras_hold(const struct gw *gw)
{
	pthread_rwlock_rdlock(&gw->cameras->lock);
}

bool gw_cameras_try_hold(const struct gw *gw)
{
	return pthread_rwlock_tryrdlock(&gw->cameras->lock) == 0;
}

void gw_cameras_release(const struct gw *gw)
{
	pthread_rwlock_unlock(&gw->cameras->lock);
}

const struct gw_camera *gw_camera_now(const struct gw *gw, uint32_t id)
{
	return atomic_load_explicit(&gw->cameras->slot[id].now, memory_order_acquire);
}

uint32_t gw_camera_high(const struct gw *gw)
{
	return atomic_load_explicit(&gw->cameras->high, memory_order_acquire);
}

/* The slot that a camera of that name had last, whether it still has it or not. */
static uint32_t slot_of(const struct gw *gw, const char *name)
{
	for (uint32_t i = 0; i < gw_camera_high(gw); i++)
		if (strcmp(gw->cameras->slot[i].name, name) == 0)
			return i;
	return GW_NO_CAMERA;
}

static enum gw_camera_state state_of(const struct gw *gw, uint32_t id)
{
	return (enum gw_camera_state)atomic_load_explicit(
		&gw->cameras->slot[id].state, memory_order_acquire);
}

uint32_t gw_camera_find(const struct gw *gw, const char *name)
{
	const uint32_t id = slot_of(gw, name);

	return id != GW_NO_CAMERA && state_of(gw, id) == GW_CAMERA_LIVE ? id : GW_NO_CAMERA;
}

bool gw_camera_is_leaving(const struct gw *gw, const char *name)
{
	const uint32_t id = slot_of(gw, name);

	return id != GW_NO_CAMERA && state_of(gw, id) == GW_CAMERA_LEAVING;
}

static void retire_counters(struct gw_lane *lane, void *arg)
{
	const struct gw *gw = lane->stage->gw;
	const uint32_t id = *(uint32_t *)arg;

	gw_lane_stats_retire(lane->stats, id);
	if (lane->stage == &gw->stages[GW_STAGE_SINK])
		gw_latency_retire(gw->latency[lane->index], id);
}

/* Puts the stage's lanes into a list. Returns how many they are. */
static uint32_t add_lanes(struct gw_stage *stage, struct gw_lane **lanes)
{
	for (uint32_t i = 0; i < stage->lane_count; i++)
		lanes[i] = &stage->lanes[i];
	return stage->lane_count;
}

/* Finds a slot for a name that has none: one that was never used, or else the one that was left
 * first, so that a name is remembered for as long as can be. Changes nothing. */
static int find_slot(const struct gw *gw, const char *name, uint32_t *id, struct gw_error *error)
{
	const struct gw_cameras *cameras = gw->cameras;
	const uint32_t high = gw_camera_high(gw);
	uint32_t best = GW_NO_CAMERA;

	if (high < GW_CAMERAS)
		best = high;
	for (uint32_t i = 0; i < GW_CAMERAS && high == GW_CAMERAS; i++)
		if (state_of(gw, i) == GW_CAMERA_FREE &&
			(best == GW_NO_CAMERA || cameras->slot[i].left < cameras->slot[best].left))
			best = i;
	*id = best;
	if (best != GW_NO_CAMERA)
		return 0;
	return gw_error_set(error, -ENOSPC,
		"camera %s: there are %u cameras already, and there can be no more: remove one",
		name, GW_CAMERAS);
}

/* Lets a slot count from 0 for another name. Lanes that answer late are waited for: some have
 * forgotten already. */
static void forget_name(struct gw *gw, uint32_t id)
{
	const uint64_t sequence = gw_counter_get(&gw->cameras->slot[id].next_sequence);
	struct gw_lane *lanes[GW_ASK_MOST];
	uint32_t count = 0;

	for (int i = 0; i < GW_STAGES; i++)
		count += add_lanes(&gw->stages[i], lanes + count);
	while (count > 0)
		count = gw_ask_all(lanes, count, retire_counters, &id);
	if (sequence > gw->cameras->sequence_floor)
		gw->cameras->sequence_floor = sequence;
}

/* Gives a slot that was found to the name. */
static void take_slot(struct gw *gw, uint32_t id, const char *name)
{
	struct gw_cameras *cameras = gw->cameras;
	struct gw_camera_slot *slot = &cameras->slot[id];
	const uint32_t high = gw_camera_high(gw);

	if (id < high)
		forget_name(gw, id);
	gw_counter_set(&slot->next_sequence, cameras->sequence_floor);
	atomic_store_explicit(&slot->route, GW_NO_ROUTE, memory_order_relaxed);
	pthread_rwlock_wrlock(&cameras->lock);
	strcpy(slot->name, name);
	slot->first_sequence = cameras->sequence_floor;
	if (id == high)
		atomic_store_explicit(&cameras->high, high + 1, memory_order_release);
	pthread_rwlock_unlock(&cameras->lock);
}

static int check_against_others(
	const struct gw *gw, const struct gw_camera_config *config, struct gw_error *error)
{
	struct gw_error reason;

	for (uint32_t i = 0; i < gw_camera_high(gw); i++) {
		const struct gw_camera *other = gw_camera_now(gw, i);

		if (other && strcmp(other->config->name, config->name) != 0 &&
			gw_config_camera_conflict(config, other->config, &reason))
			return gw_error_set(
				error, -EEXIST, "camera %s: %s", config->name, reason.text);
	}
	if (!gw_config_decodes(gw->config->decode, config->width, config->height))
		return gw_error_set(error, -ERANGE,
			"camera %s: pictures of %ux%u are larger than `decode.max_width` and "
			"`decode.max_height` allow, %ux%u: raise those in the configuration file, "
			"and restart gwd",
			config->name, config->width, config->height, gw->config->decode->max_width,
			gw->config->decode->max_height);
	if (config->width > 0 && gw->pool && !gw_pool_fits(gw->pool, config->width, config->height))
		return gw_error_set(error, -ERANGE,
			"camera %s: a picture of %ux%u is larger than every frame slot: add a "
			"class "
			"of that size to `frames.classes`, or leave `frames.classes` out",
			config->name, config->width, config->height);
	return 0;
}

struct change {
	const struct gw_camera *is, *was;
};

static void publish_to(struct gw_lane *lane, void *arg)
{
	const struct change *change = arg;

	lane->stage->ops->camera_publish(lane, change->is, change->was);
}

static void nothing(struct gw_lane *lane, void *arg)
{
}

/* A change that reached some lanes and not others could not be taken back: those that will be told
 * must turn. */
static int check_lanes(struct gw *gw, const char *name, bool all, struct gw_error *error)
{
	struct gw_lane *lanes[GW_ASK_MOST];
	uint32_t count = 0;

	for (int i = 0; i < GW_STAGES; i++)
		if (all || (gw->stages[i].ops && gw->stages[i].ops->camera_publish))
			count += add_lanes(&gw->stages[i], lanes + count);
	if (gw_ask_all(lanes, count, nothing, NULL) == 0)
		return 0;
	return gw_error_set(error, -ETIMEDOUT, "camera %s: %s does not turn: nothing was changed",
		name, lanes[0]->name);
}

/* From the end to the beginning: who meets the camera's frames is ready for them. */
static void publish(struct gw *gw, const struct gw_camera *is, const struct gw_camera *was)
{
	struct change change = {is, was};

	for (int i = GW_STAGES - 1; i >= 0; i--) {
		struct gw_stage *stage = &gw->stages[i];
		struct gw_lane *lanes[GW_LANES];
		uint32_t count = 0;

		if (stage->ops && stage->ops->camera_publish)
			count = add_lanes(stage, lanes);
		while (count > 0)
			count = gw_ask_all(lanes, count, publish_to, &change);
	}
}

static void set_now(struct gw *gw, uint32_t id, struct gw_camera *is, enum gw_camera_state state)
{
	struct gw_cameras *cameras = gw->cameras;
	struct gw_camera_slot *slot = &cameras->slot[id];
	struct gw_camera *was = atomic_load(&slot->now);

	pthread_rwlock_wrlock(&cameras->lock);
	atomic_store_explicit(&slot->now, is, memory_order_release);
	atomic_store_explicit(&slot->route, is ? is->route : GW_NO_ROUTE, memory_order_relaxed);
	atomic_store_explicit(&slot->state, (int)state, memory_order_release);
	atomic_store(&cameras->count, atomic_load(&cameras->count) + !!is - !!was);
	pthread_rwlock_unlock(&cameras->lock);
}

void gw_camera_set_sampling(struct gw *gw, uint32_t id)
{
	const struct gw_frames_topic_config *frames = gw->config->kafka->frames;
	struct gw_camera_slot *slot = &gw->cameras->slot[id];

	atomic_store(&slot->sample_every, __atomic_load_n(frames->every, __ATOMIC_RELAXED));
	atomic_store(&slot->sample_seconds, frames->seconds);
	atomic_store(&slot->sample_confidence, frames->confidence);
	atomic_store(&slot->sample_disagreement, frames->disagreement);
	atomic_store(&slot->sample_rate, frames->rate);
}

/* Its session goes on, and so do its packets. */
static bool keep_learned(struct gw_camera *is, const struct gw_camera *was)
{
	return !was || gw_camera_has_media(is->config) || is->config->has_forgotten ||
		!gw_camera_has_media(was->config) ||
		!gw_camera_same_session(is->config, was->config) ||
		gw_camera_keep_learned((struct gw_camera_config *)is->config, was->config) == 0;
}

int gw_camera_check(
	const struct gw *gw, const struct gw_camera_config *config, struct gw_error *error)
{
	if (gw_camera_is_leaving(gw, config->name))
		return gw_error_set(error, -EBUSY,
			"camera %s is being removed, and some of its frames are still on the way: "
			"try again in a moment",
			config->name);
	return check_against_others(gw, config, error);
}

int gw_camera_put(struct gw *gw, const struct gw_camera_config *config, struct gw_error *error)
{
	uint32_t id = slot_of(gw, config->name);
	struct gw_camera *was, *is;

	gw_cameras_upkeep(gw);
	int status = gw_camera_check(gw, config, error);

	const bool is_new = id == GW_NO_CAMERA;

	if (status == 0 && is_new)
		status = find_slot(gw, config->name, &id, error);
	if (status != 0)
		return status;
	was = atomic_load(&gw->cameras->slot[id].now);
	is = gw_camera_version_make(gw, id, config);
	if (is && !keep_learned(is, was)) {
		gw_camera_version_free(gw, is);
		is = NULL;
	}
	if (!is)
		return gw_error_set(error, -ENOMEM, "camera %s: out of memory", config->name);
	status = gw_camera_version_prepare(gw, is, was, error);
	if (status == 0)
		status = check_lanes(gw, config->name, is_new && id < gw_camera_high(gw), error);
	if (status != 0) {
		if (strncmp(error->text, "camera ", 7) != 0)
			gw_error_prefix(error, "camera %s: ", config->name);
		gw_camera_version_free(gw, is);
		return status;
	}
	if (is_new)
		take_slot(gw, id, config->name);
	if (!was)
		gw_camera_set_sampling(gw, id);
	set_now(gw, id, is, GW_CAMERA_LIVE);
	publish(gw, is, was);
	gw_camera_version_retire(gw, was);
	return 0;
}

int gw_camera_remove(struct gw *gw, const char *name, struct gw_error *error)
{
	const uint32_t id = slot_of(gw, name);
	struct gw_camera *was;

	if (id == GW_NO_CAMERA || state_of(gw, id) == GW_CAMERA_FREE)
		return gw_error_set(error, -ENOENT, "there is no camera '%s'", name);
	if (state_of(gw, id) == GW_CAMERA_LEAVING)
		return gw_error_set(error, -EBUSY, "camera %s is being removed already", name);
	const int status = check_lanes(gw, name, false, error);

	if (status != 0)
		return status;
	was = atomic_load(&gw->cameras->slot[id].now);
	set_now(gw, id, NULL, GW_CAMERA_LEAVING);
	publish(gw, NULL, was);
	gw_camera_version_retire(gw, was);
	gw_cameras_upkeep(gw);
	return 0;
}

/* Nothing of the slot's camera is in flight, waiting or held. */
static bool is_empty(const struct gw *gw, uint32_t id, const uint32_t *in_use)
{
	const struct gw_stage *sink = &gw->stages[GW_STAGE_SINK];

	return in_use[id] == 0 && GW_COUNT(sink, id, results_waiting) == 0 &&
		GW_COUNT(sink, id, samples_held) == 0 && GW_COUNT(sink, id, results_spooled) == 0 &&
		GW_COUNT(sink, id, samples_spooled) == 0;
}

void gw_cameras_upkeep(struct gw *gw)
{
	uint32_t in_use[GW_CAMERAS];
	bool counted = false;

	gw_camera_versions_free(gw, false);
	for (uint32_t i = 0; i < gw_camera_high(gw); i++) {
		struct gw_camera_slot *slot = &gw->cameras->slot[i];

		if (state_of(gw, i) != GW_CAMERA_LEAVING)
			continue;
		if (!counted) {
			memset(in_use, 0, sizeof(in_use));
			gw_pool_count(gw->pool, in_use, GW_CAMERAS);
			counted = true;
		}
		if (!is_empty(gw, i, in_use))
			continue;
		slot->left = ++gw->cameras->leavings;
		atomic_store_explicit(&slot->state, GW_CAMERA_FREE, memory_order_release);
	}
}
