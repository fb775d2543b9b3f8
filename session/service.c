#include "session/service.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/config/learned.h"
#include "core/thread.h"
#include "session/enquiry.h"
#include "session/publish.h"
#include "session/session.h"
#include "session/told.h"

/* How many open at the same time: when a site comes back after a power cut, all cameras do. */
#define OPENING 16
/* The first try of cameras that came together, spread over so much. */
#define SPREAD_NS (500 * GW_NS_PER_MS)
/* Cameras that come, change or go are seen so often. */
#define LOOK_NS (100 * GW_NS_PER_MS)
/* For goodbyes, when the gateway ends. */
#define END_NS (400 * GW_NS_PER_MS)
#define EVENTS 64

struct sessions {
	struct gw *gw;
	struct session_world world;
	int epoll;
	pthread_t thread;
	bool runs;
	_Atomic bool stop;
	struct backoff random; /* for seeds and first tries */
	int64_t looked_at;

	/* Taken by the thread while a session comes, goes or turns, and by who asks how they are.
	 */
	pthread_mutex_t lock;
	struct session *of[GW_CAMERAS]; /* by the camera's slot */
};

/* Without the lock: the control thread may wait for somebody who holds the cameras and asks how we
 * are. Nothing of the sessions changes meanwhile. */
static int publish(void *arg, const struct gw_camera_config *camera,
	const struct gw_learned *learned, struct gw_error *error)
{
	struct sessions *sessions = arg;

	pthread_mutex_unlock(&sessions->lock);
	const int status = session_publish(sessions->gw, camera, learned, error);

	pthread_mutex_lock(&sessions->lock);
	return status;
}

static int forget(void *arg, const struct gw_camera_config *camera, struct gw_error *error)
{
	struct sessions *sessions = arg;

	pthread_mutex_unlock(&sessions->lock);
	const int status = session_take_back(sessions->gw, camera, error);

	pthread_mutex_lock(&sessions->lock);
	return status;
}

static struct session_seen seen(void *arg, uint32_t id)
{
	const struct gw_stage *rx = &((struct sessions *)arg)->gw->stages[GW_STAGE_RX];

	return (struct session_seen){
		.packets = GW_COUNT(rx, id, packets),
		.last_picture = (int64_t)GW_COUNT(rx, id, last_frame),
	};
}

static bool is_of(const struct session *session, const struct gw_camera *camera)
{
	return camera && strcmp(session->camera->name, camera->config->name) == 0 &&
		gw_camera_same_session(session->camera, camera->config);
}

/* Those that came get a session, those that went or changed are told goodbye. */
static void look_at_cameras(struct sessions *sessions, int64_t now)
{
	struct gw *gw = sessions->gw;

	gw_cameras_hold(gw);
	for (uint32_t i = 0; i < gw_camera_high(gw); i++) {
		const struct gw_camera *camera = gw_camera_now(gw, i);
		struct session *session = sessions->of[i];

		if (session && session->state == SESSION_ENDED) {
			session_destroy(session);
			session = sessions->of[i] = NULL;
		}
		if (session && !is_of(session, camera))
			session_end(session, now);
		if (!session && camera && camera->config->url)
			sessions->of[i] =
				session_create(&sessions->world, sessions->epoll, i, camera->config,
					(uint64_t)backoff_random(&sessions->random, INT64_MAX - 1),
					now + backoff_random(&sessions->random, SPREAD_NS));
	}
	gw_cameras_release(gw);
}

static uint32_t count_opening(const struct sessions *sessions, uint32_t high)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < high; i++)
		count += sessions->of[i] && sessions->of[i]->state == SESSION_OPENING;
	return count;
}

/* Returns when the next turn is due. */
static int64_t turn_all(struct sessions *sessions, int64_t now)
{
	const uint32_t high = gw_camera_high(sessions->gw);
	uint32_t opening = count_opening(sessions, high);
	int64_t due = now + LOOK_NS;

	for (uint32_t i = 0; i < high; i++) {
		struct session *session = sessions->of[i];

		if (!session)
			continue;
		const bool was_opening = session->state == SESSION_OPENING;

		session_turn(session, now, opening < OPENING && !atomic_load(&sessions->stop));
		opening += (session->state == SESSION_OPENING) - was_opening;
		/* One that may not begin has no date of its own. */
		if (session->state != SESSION_WAITING && session_due(session) < due)
			due = session_due(session);
	}
	return due;
}

static void wait_for_events(struct sessions *sessions, int64_t until)
{
	struct epoll_event events[EVENTS];
	const int64_t left = until - gw_now();
	const int count = epoll_wait(
		sessions->epoll, events, EVENTS, left <= 0 ? 0 : (int)(left / GW_NS_PER_MS) + 1);

	for (int i = 0; i < count; i++) {
		struct session *session = sessions->of[events[i].data.u64 >> 32];

		if (session)
			rtsp_event(session->rtsp, events[i].data.u64, events[i].events);
	}
}

/* Says goodbye to all that play, and waits a moment until it is said. */
static void end_all(struct sessions *sessions)
{
	const int64_t until = gw_now() + END_NS;
	const uint32_t high = gw_camera_high(sessions->gw);
	bool left = true;

	while (left && gw_now() < until) {
		left = false;
		pthread_mutex_lock(&sessions->lock);
		for (uint32_t i = 0; i < high; i++) {
			struct session *session = sessions->of[i];

			if (session)
				session_end(session, gw_now());
		}
		turn_all(sessions, gw_now());
		for (uint32_t i = 0; i < high; i++)
			left |= sessions->of[i] && sessions->of[i]->state != SESSION_ENDED;
		pthread_mutex_unlock(&sessions->lock);
		if (left)
			wait_for_events(sessions, gw_now() + 10 * GW_NS_PER_MS);
	}
}

static void *serve(void *arg)
{
	struct sessions *sessions = arg;

	while (!atomic_load(&sessions->stop)) {
		const int64_t now = gw_now();
		int64_t due;

		pthread_mutex_lock(&sessions->lock);
		if (now - sessions->looked_at >= LOOK_NS) {
			look_at_cameras(sessions, now);
			sessions->looked_at = now;
		}
		due = turn_all(sessions, now);
		pthread_mutex_unlock(&sessions->lock);
		wait_for_events(sessions, due);
	}
	end_all(sessions);
	return NULL;
}

static int sessions_open(struct gw *gw, void **state, struct gw_error *error)
{
	struct sessions *sessions;
	uint64_t seed = 0;

	/* What a capture holds needs nobody to be asked for it. */
	if (gw->replay)
		return 0;
	const int status = rtsp_global_open(error);

	if (status != 0)
		return status;
	sessions = calloc(1, sizeof(*sessions));
	if (!sessions)
		return gw_error_set(error, -ENOMEM, "session: out of memory");
	*state = sessions;
	sessions->gw = gw;
	sessions->world = (struct session_world){sessions, publish, forget, seen, NULL};
	sessions->epoll = -1;
	pthread_mutex_init(&sessions->lock, NULL);
	(void)!getrandom(&seed, sizeof(seed), GRND_NONBLOCK);
	backoff_init(&sessions->random, seed ^ (uint64_t)gw_now());
	sessions->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (sessions->epoll < 0)
		return gw_error_set(error, -errno, "session: %s", strerror(errno));
	sessions->world.relays = relays_create(gw, error);
	return sessions->world.relays ? 0 : -ENOMEM;
}

static int sessions_start(void *state, struct gw_error *error)
{
	struct sessions *sessions = state;
	int status = relays_start(sessions->world.relays, error);

	if (status != 0)
		return status;
	status = gw_thread_start(&sessions->thread, "session", -1, serve, sessions);
	sessions->runs = status == 0;
	if (status == 0)
		return 0;
	return gw_error_set(error, status, "session: no thread: %s", strerror(-status));
}

static bool sessions_stop(void *state)
{
	struct sessions *sessions = state;
	const int64_t deadline = gw_now() + 500 * GW_NS_PER_MS;

	atomic_store(&sessions->stop, true);
	if (sessions->runs && !gw_thread_join(sessions->thread, deadline))
		return false;
	sessions->runs = false;
	/* Goodbyes go by them. */
	return relays_stop(sessions->world.relays, deadline);
}

static void sessions_close(void *state)
{
	struct sessions *sessions = state;

	for (uint32_t i = 0; i < GW_CAMERAS; i++)
		session_destroy(sessions->of[i]);
	relays_destroy(sessions->world.relays);
	if (sessions->epoll >= 0)
		close(sessions->epoll);
	pthread_mutex_destroy(&sessions->lock);
	free(sessions);
	rtsp_global_close();
}

static void sessions_health(void *state, struct gw_health *health)
{
	struct sessions *sessions = state;
	const uint32_t high = gw_camera_high(sessions->gw);
	const int64_t now = gw_now();

	pthread_mutex_lock(&sessions->lock);
	for (uint32_t i = 0; i < high; i++)
		session_health(sessions->of[i], now, health);
	pthread_mutex_unlock(&sessions->lock);
}

static json_t *sessions_describe(void *state)
{
	struct sessions *sessions = state;
	const uint32_t high = gw_camera_high(sessions->gw);
	json_t *list = json_array();

	pthread_mutex_lock(&sessions->lock);
	for (uint32_t i = 0; i < high; i++)
		if (sessions->of[i])
			json_array_append_new(list, session_describe(sessions->of[i]));
	pthread_mutex_unlock(&sessions->lock);
	return json_pack("{s:o}", "sessions", list);
}

static const struct gw_api_route routes[] = {
	{GW_ROLE_ADMIN, "POST", "camera-probe", "Ask an RTSP camera what it sends",
		.handle = enquiry_answer, .slow = true, .body = true},
	{0},
};

const struct gw_service_ops session_service = {
	.name = "session",
	.open = sessions_open,
	.start = sessions_start,
	.stop = sessions_stop,
	.close = sessions_close,
	.health = sessions_health,
	.describe = sessions_describe,
	.routes = routes,
};
