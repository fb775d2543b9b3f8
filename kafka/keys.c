#include "kafka/keys.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/control.h"
#include "core/log.h"
#include "core/thread.h"

/* Open addressing, at most half full. */
#define PLACES (2 * GW_CAMERAS)
#define MASK (PLACES - 1)
/* Until the same is tried again that did not go. */
#define RETRY_NS GW_NS_PER_S
/* ... and a name that is leaving: control looks about so often for those that have left. */
#define LEAVING_NS (100 * GW_NS_PER_MS)
/* Another change may be in the way for so long, and is looked after so often. */
#define PATIENCE_NS (2 * GW_NS_PER_S)
#define BUSY_NS (10 * GW_NS_PER_MS)
/* A trouble is over when nobody met it for so long: longer than two tries are apart. */
#define TROUBLE_NS (5 * GW_NS_PER_S)
/* Names that must wait are told apart by so much of their hash. */
#define WAITING 4096

enum wish { WISH_NONE, WISH_ASKED, WISH_DONE };

/* Why records wait. */
struct trouble {
	int64_t until; /* gw_now() */
	char name[GW_NAME]; /* that it was met with */
	struct gw_error error;
};

struct keys {
	struct gw *gw;
	const struct gw_camera *place[PLACES];
	uint32_t made; /* live ones without media of their own */
	int64_t full_until; /* gw_now(): the gateway has no place for one more */
	bool came_free; /* one did, since the last wish */
	int64_t retry_at;
	/* The same for the names that share a hash: one that cannot be made holds up no other. */
	int64_t retry_name_at[WAITING];

	/* Who has what follows is said by `wish`: the lane, between ASKED and DONE the thread. */
	_Atomic int wish; /* enum wish */
	char name[GW_NAME];
	int status;

	pthread_t thread;
	bool runs;
	sem_t asked;
	_Atomic bool stop;
	pthread_mutex_t lock; /* of what follows */
	struct trouble all; /* no name gets a camera */
	struct trouble one; /* the last name that does not, whatever others do */
};

static uint32_t hash(const char *name, size_t size)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < size; i++)
		h = (h ^ (uint8_t)name[i]) * 16777619u;
	return h ^ h >> 15;
}

static bool is_called(const struct gw_camera *camera, const char *name, size_t size)
{
	return strlen(camera->config->name) == size &&
		memcmp(camera->config->name, name, size) == 0;
}

static uint32_t find_place(const struct keys *keys, const char *name, size_t size)
{
	uint32_t i = hash(name, size) & MASK;

	while (keys->place[i] && !is_called(keys->place[i], name, size))
		i = (i + 1) & MASK;
	return i;
}

/* Empties a place and moves up those behind it that were pushed away from theirs. */
static void empty_place(struct keys *keys, uint32_t hole)
{
	for (uint32_t i = (hole + 1) & MASK; keys->place[i]; i = (i + 1) & MASK) {
		const char *name = keys->place[i]->config->name;
		const uint32_t home = hash(name, strlen(name)) & MASK;

		if (((i - home) & MASK) < ((i - hole) & MASK))
			continue;
		keys->place[hole] = keys->place[i];
		hole = i;
	}
	keys->place[hole] = NULL;
}

void keys_publish(struct keys *keys, const struct gw_camera *is, const struct gw_camera *was)
{
	const char *name = (is ? is : was)->config->name;
	const uint32_t place = find_place(keys, name, strlen(name));

	if (was && gw_camera_is_of_records(was->config))
		keys->made--;
	if (is && gw_camera_is_of_records(is->config))
		keys->made++;
	if (is) {
		keys->place[place] = is;
	} else if (keys->place[place]) {
		empty_place(keys, place);
		keys->full_until = 0;
		keys->came_free = true;
	}
}

const struct gw_camera *keys_find(const struct keys *keys, const char *name, size_t size)
{
	return keys->place[find_place(keys, name, size)];
}

/* What is in the way of every name: lanes that do not turn, another change, want of memory, want of
 * a place. */
static bool concerns_all(int status)
{
	return status == -ETIMEDOUT || status == -EBUSY || status == -ESHUTDOWN ||
		status == -ENOMEM || status == -ENOSPC;
}

/* `status` is what became of a wish. */
static void note(struct keys *keys, int status, const struct gw_error *error)
{
	struct trouble met = {
		.until = gw_now() + (status == -EALREADY ? RETRY_NS : TROUBLE_NS), .error = *error};

	strcpy(met.name, keys->name);
	pthread_mutex_lock(&keys->lock);
	if (status == -ESHUTDOWN || status == 0)
		keys->all.until = 0;
	else if (concerns_all(status))
		keys->all = met;
	else if (status < 0)
		keys->one = met;
	if (status >= 0 && strcmp(keys->one.name, keys->name) == 0)
		keys->one.until = 0;
	pthread_mutex_unlock(&keys->lock);
}

void keys_health(struct keys *keys, struct gw_health *health)
{
	const char *topic = keys->gw->config->kafka->source->topic;
	const int64_t now = gw_now();

	pthread_mutex_lock(&keys->lock);
	const struct trouble all = keys->all, one = keys->one;

	pthread_mutex_unlock(&keys->lock);
	if (now < all.until)
		gw_health_add(health, GW_FAILED, "source.%s.camera", topic,
			"no camera can be made for the keys of records: %s", all.error.text);
	else if (now < one.until)
		gw_health_add(health, GW_DEGRADED, "source.%s.camera", topic,
			"the records of a key wait for its camera: %s", one.error.text);
}

/* On the control thread: whoever else adds or removes cameras has done so, or begins after it.
 * Returns 0, or 1 when there was nothing to do. -EALREADY: the name is leaving; -ENOSPC: there are
 * as many cameras as there can be. */
static int put(struct gw *gw, void *arg, struct gw_error *error)
{
	const struct gw_source_config *source = gw->config->kafka->source;
	const struct gw_template_config *template = source->template;
	char nowhere[] = "";
	const struct gw_camera_config config = {
		.name = arg,
		.source = source->topic,
		.destination = nowhere,
		.model = template->model,
		.plan = template->plan,
		.plan_count = template->plan_count,
		.region = template->region,
		.quota = template->quota,
		.width = template->width,
		.height = template->height,
		.orientation = template->orientation,
		.rotate = template->rotate,
		.range = template->range,
	};

	/* Somebody else added it since it was wished for: it is theirs, media and all. */
	if (gw_camera_find(gw, config.name) != GW_NO_CAMERA)
		return 1;
	const int status = gw_camera_put(gw, &config, error);

	if (gw_camera_is_leaving(gw, config.name))
		return gw_error_set(error, -EALREADY,
			"camera %s is being removed, and some of its frames are still on the way: "
			"it is made when they have arrived",
			config.name);
	if (status == 0)
		gw_info("source", "camera %s: made for the key of a record", config.name);
	/* A disk is full, or somebody is leaving a place: that passes, and the record can wait. */
	if (status == -ENOSPC && atomic_load(&gw->cameras->count) < GW_CAMERAS)
		return -EAGAIN;
	return status;
}

/* Another change is in the way for a moment. */
static int put_patiently(struct keys *keys, struct gw_error *error)
{
	static const struct timespec pause = {.tv_nsec = BUSY_NS};
	const int64_t deadline = gw_now() + PATIENCE_NS;
	int status;

	for (;;) {
		status = gw_control_call(
			keys->gw, "making a camera for a record", put, keys->name, error);
		if (status != -EBUSY || gw_now() >= deadline || atomic_load(&keys->stop))
			return status;
		nanosleep(&pause, NULL);
	}
}

static void *make_cameras(void *arg)
{
	struct keys *keys = arg;
	struct gw_error error = {{0}};

	for (;;) {
		while (sem_wait(&keys->asked) != 0)
			;
		if (atomic_load(&keys->stop))
			return NULL;
		keys->status = put_patiently(keys, &error);
		note(keys, keys->status, &error);
		atomic_store_explicit(&keys->wish, WISH_DONE, memory_order_release);
	}
}

static int64_t *retry_name_at(struct keys *keys, const char *name, size_t size)
{
	return &keys->retry_name_at[hash(name, size) % WAITING];
}

/* What became of the last wish. */
static void hear(struct keys *keys, int64_t now)
{
	if (atomic_load_explicit(&keys->wish, memory_order_acquire) != WISH_DONE)
		return;
	if (keys->status == -ENOSPC)
		keys->full_until = keys->came_free ? 0 : now + RETRY_NS;
	else if (concerns_all(keys->status))
		keys->retry_at = now + RETRY_NS;
	else if (keys->status < 0)
		*retry_name_at(keys, keys->name, strlen(keys->name)) =
			now + (keys->status == -EALREADY ? LEAVING_NS : RETRY_NS);
	atomic_store_explicit(&keys->wish, WISH_NONE, memory_order_relaxed);
}

bool keys_want(struct keys *keys, const char *name, size_t size, int64_t now)
{
	hear(keys, now);
	if (keys->made >= keys->gw->config->kafka->source->most || now < keys->full_until)
		return false;
	/* Before the control thread runs, changes would not be made one at a time; when the gateway
	 * ends none is to begin. */
	if (!atomic_load_explicit(&keys->gw->ready, memory_order_acquire) ||
		atomic_load_explicit(&keys->wish, memory_order_relaxed) != WISH_NONE ||
		now < keys->retry_at || now < *retry_name_at(keys, name, size))
		return true;
	memcpy(keys->name, name, size);
	keys->name[size] = '\0';
	keys->came_free = false;
	atomic_store_explicit(&keys->wish, WISH_ASKED, memory_order_release);
	sem_post(&keys->asked);
	return true;
}

struct keys *keys_open(struct gw *gw, struct gw_error *error)
{
	struct keys *keys = calloc(1, sizeof(*keys));

	if (!keys) {
		gw_error_set(error, -ENOMEM, "source: out of memory");
		errno = ENOMEM;
		return NULL;
	}
	keys->gw = gw;
	pthread_mutex_init(&keys->lock, NULL);
	sem_init(&keys->asked, 0, 0);
	const int status = gw_thread_start(&keys->thread, "source-cameras", -1, make_cameras, keys);

	keys->runs = status == 0;
	if (keys->runs)
		return keys;
	gw_error_set(error, status,
		"source: no thread for its cameras: %s: raise TasksMax= of the service, or `ulimit "
		"-u`",
		strerror(-status));
	keys_close(keys);
	errno = -status;
	return NULL;
}

void keys_stop(struct keys *keys)
{
	atomic_store(&keys->stop, true);
	sem_post(&keys->asked);
}

void keys_close(struct keys *keys)
{
	if (!keys)
		return;
	keys_stop(keys);
	if (keys->runs)
		pthread_join(keys->thread, NULL);
	sem_destroy(&keys->asked);
	pthread_mutex_destroy(&keys->lock);
	free(keys);
}
