#include "session/relays.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/gateway.h"
#include "core/thread.h"

#define EVENTS 64
#define ROUNDS 8 /* of one relay, until the others have their turn */
#define FULL_MS 1 /* until one whose packets found no room tries again */
#define REPORTS_MS 100 /* how long a report waits at most */
#define WAKE UINT64_MAX

/* A relay, and the events that its files are watched for. */
struct place {
	struct relay *relay; /* NULL: none */
	short camera, speaker;
	bool is_due; /* turns are, though no event will tell: it is in the list */
};

struct relays {
	struct gw *gw;
	int epoll, wake;
	pthread_t thread;
	bool runs;
	_Atomic bool stop;

	pthread_mutex_t lock; /* of what follows */
	uint32_t high, count; /* slots in use are below; how many they are */
	struct place of[GW_CAMERAS]; /* by the camera's slot; see also relays_seen() */
	/* Slots of those that are due. They are few, and nobody looks for them among all. */
	uint32_t due[GW_CAMERAS], due_count;
	bool has_put; /* packets that their lane was not told of yet */
};

/* EPOLLIN and EPOLLOUT are POLLIN and POLLOUT. What is to be told of nothing is not watched: it
 * would be told that it ended, again and again. */
static void watch(struct relays *relays, uint32_t slot, int file, short events)
{
	struct epoll_event event = {.events = (uint32_t)events, .data.u64 = slot};

	if (events == 0)
		epoll_ctl(relays->epoll, EPOLL_CTL_DEL, file, NULL);
	else if (epoll_ctl(relays->epoll, EPOLL_CTL_MOD, file, &event) != 0 &&
		epoll_ctl(relays->epoll, EPOLL_CTL_ADD, file, &event) != 0)
		relay_end(relays->of[slot].relay, -errno);
}

static bool has_ended(const struct relay *relay)
{
	return atomic_load_explicit(&relay->ended, memory_order_relaxed) != 0;
}

static void watch_both(struct relays *relays, uint32_t slot)
{
	struct place *place = &relays->of[slot];
	const bool ended = has_ended(place->relay);
	const short camera = ended ? 0 : relay_camera_events(place->relay);
	const short speaker = ended ? 0 : relay_speaker_events(place->relay);

	if (camera != place->camera)
		watch(relays, slot, place->relay->camera.file, camera);
	if (speaker != place->speaker)
		watch(relays, slot, place->relay->speaker, speaker);
	place->camera = camera;
	place->speaker = speaker;
	/* One of them could not be watched: the other one is not to be, either. */
	if (!ended && has_ended(place->relay))
		watch_both(relays, slot);
}

static void set_due(struct relays *relays, uint32_t slot, bool is_due)
{
	struct place *place = &relays->of[slot];

	if (place->is_due == is_due)
		return;
	place->is_due = is_due;
	if (is_due) {
		relays->due[relays->due_count++] = slot;
		return;
	}
	/* The last one, which has had its turn where all have theirs, takes its place. */
	for (uint32_t i = 0; i < relays->due_count; i++)
		if (relays->due[i] == slot)
			relays->due[i] = relays->due[--relays->due_count];
}

/* After whatever may have changed it. */
static void look_for_more(struct relays *relays, uint32_t slot)
{
	const struct relay *relay = relays->of[slot].relay;

	set_due(relays, slot, !has_ended(relay) && (relay->is_full || relay_has_more(relay)));
}

/* One turn of a relay. A lane that rests is woken once for all packets of it: until it runs, each
 * ring would be a system call. */
static bool turn_once(struct relays *relays, uint32_t slot)
{
	struct gw_stage *rx = &relays->gw->stages[GW_STAGE_RX];
	const bool goes_on = relay_turn(relays->of[slot].relay);

	if (relays->has_put)
		rx->ops->put_end(rx, slot);
	relays->has_put = false;
	return goes_on;
}

static void turn(struct relays *relays, uint32_t slot)
{
	struct relay *relay = relays->of[slot].relay;

	if (!relay)
		return;
	if (!has_ended(relay)) {
		for (uint32_t i = 0; i < ROUNDS && turn_once(relays, slot); i++)
			continue;
		watch_both(relays, slot);
	}
	look_for_more(relays, slot);
}

/* Those that no event will tell of. Returns how long the next events may be waited for. */
static int turn_rest(struct relays *relays)
{
	int wait_ms = relays->count > 0 ? REPORTS_MS : -1;

	/* From the last: see set_due(). */
	for (uint32_t i = relays->due_count; i-- > 0;) {
		const uint32_t slot = relays->due[i];

		turn(relays, slot);
		if (!relays->of[slot].is_due)
			continue;
		if (!relays->of[slot].relay->is_full)
			wait_ms = 0;
		else if (wait_ms != 0)
			wait_ms = FULL_MS;
	}
	return wait_ms;
}

static void send_reports(struct relays *relays)
{
	struct gw_report report;

	/* One that finds no room is left out: the next one tells of its interval, too. */
	while (gw_reports_take(&relays->gw->reports, &report)) {
		struct relay *relay = relays->of[report.camera].relay;

		if (!relay || !relay_report(relay, report.bytes, report.size))
			gw_reports_leave_out(&relays->gw->reports, report.camera);
		if (relay)
			watch_both(relays, report.camera);
	}
}

static void *serve(void *arg)
{
	struct relays *relays = arg;
	struct epoll_event events[EVENTS];
	int wait_ms = -1;

	while (!atomic_load(&relays->stop)) {
		const int count = epoll_wait(relays->epoll, events, EVENTS, wait_ms);
		uint64_t ignored;

		pthread_mutex_lock(&relays->lock);
		for (int i = 0; i < count; i++) {
			if (events[i].data.u64 == WAKE)
				(void)!read(relays->wake, &ignored, sizeof(ignored));
			else
				turn(relays, (uint32_t)events[i].data.u64);
		}
		send_reports(relays);
		wait_ms = turn_rest(relays);
		pthread_mutex_unlock(&relays->lock);
	}
	return NULL;
}

static void wake(struct relays *relays)
{
	const uint64_t one = 1;

	(void)!write(relays->wake, &one, sizeof(one));
}

struct relays *relays_create(struct gw *gw, struct gw_error *error)
{
	struct relays *relays = calloc(1, sizeof(*relays));
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = WAKE};

	if (!relays) {
		gw_error_set(error, -ENOMEM, "session: out of memory");
		return NULL;
	}
	relays->gw = gw;
	pthread_mutex_init(&relays->lock, NULL);
	relays->epoll = epoll_create1(EPOLL_CLOEXEC);
	relays->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (relays->epoll >= 0 && relays->wake >= 0 &&
		epoll_ctl(relays->epoll, EPOLL_CTL_ADD, relays->wake, &event) == 0)
		return relays;
	gw_error_set(error, -errno, "session: %s", strerror(errno));
	relays_destroy(relays);
	return NULL;
}

int relays_start(struct relays *relays, struct gw_error *error)
{
	const int status = gw_thread_start(&relays->thread, "relay", -1, serve, relays);

	relays->runs = status == 0;
	if (status == 0)
		return 0;
	return gw_error_set(error, status, "session: no thread: %s", strerror(-status));
}

bool relays_stop(struct relays *relays, int64_t deadline)
{
	atomic_store(&relays->stop, true);
	wake(relays);
	if (relays->runs && !gw_thread_join(relays->thread, deadline))
		return false;
	relays->runs = false;
	return true;
}

void relays_destroy(struct relays *relays)
{
	if (!relays)
		return;
	for (uint32_t i = 0; i < relays->high; i++)
		relay_destroy(relays->of[i].relay);
	if (relays->epoll >= 0)
		close(relays->epoll);
	if (relays->wake >= 0)
		close(relays->wake);
	pthread_mutex_destroy(&relays->lock);
	free(relays);
}

static bool take(void *arg, const struct gw_packet *packet)
{
	struct relays *relays = arg;
	struct gw_stage *rx = &relays->gw->stages[GW_STAGE_RX];
	const bool put = rx->ops->put_packet(rx, packet);

	relays->has_put |= put;
	return put;
}

static void forget(struct relays *relays, uint32_t slot)
{
	set_due(relays, slot, false);
	relay_destroy(relays->of[slot].relay);
	relays->of[slot] = (struct place){0};
	relays->count--;
}

/* Of a relay whose files epoll did not take. */
static int explain_unwatched(int status, struct gw_error *error)
{
	return gw_error_set(error, status, "the kernel does not watch its connection: %s%s",
		strerror(-status),
		status == -ENOSPC ? ": raise fs.epoll.max_user_watches (sysctl)" : "");
}

int relays_add(struct relays *relays, struct line camera, int speaker, const uint8_t channels[2],
	const struct gw_packet *packet, struct gw_error *error)
{
	const struct relay_taker taker = {relays, take};
	struct relay *relay = relay_create(camera, speaker, channels, packet, &taker);
	const uint32_t slot = packet->camera;

	if (!relay)
		return gw_error_set(error, -ENOMEM, "out of memory");
	pthread_mutex_lock(&relays->lock);
	relays->of[slot].relay = relay;
	relays->count++;
	if (relays->high <= slot)
		relays->high = slot + 1;
	watch_both(relays, slot);
	const int status = atomic_load(&relay->ended);

	if (status != 0)
		forget(relays, slot);
	else /* What came with it lies in TLS. */
		look_for_more(relays, slot);
	pthread_mutex_unlock(&relays->lock);
	if (status != 0)
		return explain_unwatched(status, error);
	/* It waits for as long as there was none. */
	wake(relays);
	return 0;
}

/* Nobody but who calls changes the place; what the relay tells, any thread may read. */
struct relay_seen relays_seen(const struct relays *relays, uint32_t slot)
{
	const struct relay *relay = relays->of[slot].relay;

	if (!relay)
		return (struct relay_seen){0};
	return (struct relay_seen){
		.ended = atomic_load(&relay->ended),
		.ignored = gw_counter_get(&relay->ignored),
		.skipped = gw_counter_get(&relay->skipped),
	};
}

int relays_explain(struct relays *relays, uint32_t slot, struct gw_error *error)
{
	pthread_mutex_lock(&relays->lock);
	const struct relay *relay = relays->of[slot].relay;
	int status = relay ? atomic_load(&relay->ended) : 0;

	if (status == -ENOSPC || status == -ENOMEM)
		explain_unwatched(status, error);
	else if (status != 0)
		status = line_explain(&relay->camera, error);

	pthread_mutex_unlock(&relays->lock);
	return status;
}

void relays_give_up(struct relays *relays, uint32_t slot)
{
	pthread_mutex_lock(&relays->lock);
	if (relays->of[slot].relay) {
		relay_give_up(relays->of[slot].relay);
		watch_both(relays, slot);
	}
	pthread_mutex_unlock(&relays->lock);
}

void relays_remove(struct relays *relays, uint32_t slot)
{
	pthread_mutex_lock(&relays->lock);
	struct relay *relay = relays->of[slot].relay;

	if (relay) {
		(void)turn_once(relays, slot);
		forget(relays, slot);
	}
	pthread_mutex_unlock(&relays->lock);
}
