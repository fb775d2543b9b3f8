#include "kafka/cameras.h"

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
#define BUSY_NS (10 * GW_NS_PER_MS)

enum wish { WISH_NONE, WISH_ASKED, WISH_DONE };

struct cameras {
	struct gw *gw;
	const struct gw_camera *place[PLACES];
	uint32_t made; /* live ones without media of their own */
	int64_t full_until; /* gw_now(): the gateway has no place for one more */
	int64_t retry_at;

	/* Who has what follows is said by `wish`: the lane, between ASKED and DONE the thread. */
	_Atomic int wish; /* enum wish */
	char name[GW_NAME];
	int status;

	pthread_t thread;
	bool runs;
	sem_t asked;
	_Atomic bool stop;
	pthread_mutex_t lock; /* of what follows */
	bool failed;
	struct gw_error error;
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

static uint32_t find_place(const struct cameras *cameras, const char *name, size_t size)
{
	uint32_t i = hash(name, size) & MASK;

	while (cameras->place[i] && !is_called(cameras->place[i], name, size))
		i = (i + 1) & MASK;
	return i;
}

/* Empties a place and moves up those behind it that were pushed away from theirs. */
static void empty_place(struct cameras *cameras, uint32_t hole)
{
	for (uint32_t i = (hole + 1) & MASK; cameras->place[i]; i = (i + 1) & MASK) {
		const char *name = cameras->place[i]->config->name;
		const uint32_t home = hash(name, strlen(name)) & MASK;

		if (((i - home) & MASK) < ((i - hole) & MASK))
			continue;
		cameras->place[hole] = cameras->place[i];
		hole = i;
	}
	cameras->place[hole] = NULL;
}

void cameras_publish(
	struct cameras *cameras, const struct gw_camera *is, const struct gw_camera *was)
{
	const char *name = (is ? is : was)->config->name;
	const uint32_t place = find_place(cameras, name, strlen(name));

	if (was && !gw_camera_has_media(was->config))
		cameras->made--;
	if (is && !gw_camera_has_media(is->config))
		cameras->made++;
	if (is) {
		cameras->place[place] = is;
	} else if (cameras->place[place]) {
		empty_place(cameras, place);
		cameras->full_until = 0;
	}
}

const struct gw_camera *cameras_find(const struct cameras *cameras, const char *name, size_t size)
{
	return cameras->place[find_place(cameras, name, size)];
}

static void set_error(struct cameras *cameras, const struct gw_error *error)
{
	pthread_mutex_lock(&cameras->lock);
	cameras->failed = error != NULL;
	if (error)
		cameras->error = *error;
	pthread_mutex_unlock(&cameras->lock);
}

bool cameras_error(struct cameras *cameras, struct gw_error *error)
{
	pthread_mutex_lock(&cameras->lock);
	const bool failed = cameras->failed;

	*error = cameras->error;
	pthread_mutex_unlock(&cameras->lock);
	return failed;
}

/* On the control thread: whoever else adds or removes cameras has done so, or begins after it. */
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
		.region = template->region,
		.quota = template->quota,
		.width = template->width,
		.height = template->height,
	};

	/* Somebody else added it since it was wished for: it is theirs, media and all. */
	if (gw_camera_find(gw, config.name) != GW_NO_CAMERA)
		return 0;
	const int status = gw_camera_put(gw, &config, error);

	if (status == 0)
		gw_info("source", "camera %s: made for the key of a record", config.name);
	return status;
}

/* Another change, or one that ends soon, is in the way for a moment. */
static int put_patiently(struct cameras *cameras, struct gw_error *error)
{
	static const struct timespec pause = {.tv_nsec = BUSY_NS};
	int status;

	for (;;) {
		status = gw_control_call(
			cameras->gw, "making a camera for a record", put, cameras->name, error);
		if (status != -EBUSY || atomic_load(&cameras->stop))
			return status;
		nanosleep(&pause, NULL);
	}
}

static void *make_cameras(void *arg)
{
	struct cameras *cameras = arg;
	struct gw_error error;

	for (;;) {
		while (sem_wait(&cameras->asked) != 0)
			;
		if (atomic_load(&cameras->stop))
			return NULL;
		cameras->status = put_patiently(cameras, &error);
		set_error(cameras,
			cameras->status == 0 || cameras->status == -ESHUTDOWN ? NULL : &error);
		atomic_store_explicit(&cameras->wish, WISH_DONE, memory_order_release);
	}
}

/* What became of the last wish. */
static void hear(struct cameras *cameras, int64_t now)
{
	if (atomic_load_explicit(&cameras->wish, memory_order_acquire) != WISH_DONE)
		return;
	if (cameras->status == -ENOSPC)
		cameras->full_until = now + RETRY_NS;
	else if (cameras->status != 0)
		cameras->retry_at = now + RETRY_NS;
	atomic_store_explicit(&cameras->wish, WISH_NONE, memory_order_relaxed);
}

bool cameras_want(struct cameras *cameras, const char *name, size_t size, int64_t now)
{
	hear(cameras, now);
	if (cameras->made >= cameras->gw->config->kafka->source->most || now < cameras->full_until)
		return false;
	if (now < cameras->retry_at ||
		atomic_load_explicit(&cameras->wish, memory_order_relaxed) != WISH_NONE)
		return true;
	memcpy(cameras->name, name, size);
	cameras->name[size] = '\0';
	atomic_store_explicit(&cameras->wish, WISH_ASKED, memory_order_release);
	sem_post(&cameras->asked);
	return true;
}

struct cameras *cameras_open(struct gw *gw, struct gw_error *error)
{
	struct cameras *cameras = calloc(1, sizeof(*cameras));

	if (!cameras) {
		gw_error_set(error, -ENOMEM, "source: out of memory");
		return NULL;
	}
	cameras->gw = gw;
	pthread_mutex_init(&cameras->lock, NULL);
	sem_init(&cameras->asked, 0, 0);
	cameras->runs =
		gw_thread_start(&cameras->thread, "source-cameras", -1, make_cameras, cameras) == 0;
	if (cameras->runs)
		return cameras;
	gw_error_set(error, -EAGAIN, "source: no thread");
	cameras_close(cameras);
	return NULL;
}

void cameras_stop(struct cameras *cameras)
{
	if (!cameras->runs)
		return;
	atomic_store(&cameras->stop, true);
	sem_post(&cameras->asked);
	pthread_join(cameras->thread, NULL);
	cameras->runs = false;
}

void cameras_close(struct cameras *cameras)
{
	if (!cameras)
		return;
	cameras_stop(cameras);
	sem_destroy(&cameras->asked);
	pthread_mutex_destroy(&cameras->lock);
	free(cameras);
}
