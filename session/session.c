#include "session/session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/config/camera.h"
#include "core/log.h"
#include "session/secret.h"

#define ANSWER_MS 10000 /* a camera's: some wake up first */
#define GOODBYE_MS 2000
#define STALL_NS (10 * GW_NS_PER_S)
#define LOOK_NS (500 * GW_NS_PER_MS) /* at what comes of it */
#define BUSY_NS (20 * GW_NS_PER_MS) /* until another change of cameras is over */
/* Of what no second try cures, but a person. */
#define REFUSED_NS (30 * GW_NS_PER_S)

const char *session_state_name(enum session_state state)
{
	static const char *const names[] = {"waiting", "opening", "playing", "closing", "ended"};

	return names[state];
}

struct session *session_create(const struct session_world *world, int epoll, uint32_t id,
	const struct gw_camera_config *camera, uint64_t seed, int64_t due)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	session->world = world;
	session->id = id;
	session->hold = HOLD_NONE;
	session->due = due;
	backoff_init(&session->backoff, seed);
	session->camera = gw_config_camera_copy(camera);
	session->rtsp = rtsp_create(epoll, id);
	if (session->camera && session->rtsp)
		return session;
	session_destroy(session);
	return NULL;
}

void session_destroy(struct session *session)
{
	if (!session)
		return;
	relays_remove(session->world->relays, session->id);
	rtsp_destroy(session->rtsp);
	explicit_bzero(&session->dialogue, sizeof(session->dialogue));
	hold_release(&session->hold);
	gw_config_camera_free(session->camera);
	free(session);
}

/* The session is over, on our side: waits for the next try, or for nothing. */
static void settle(struct session *session, int64_t now)
{
	relays_remove(session->world->relays, session->id);
	rtsp_reset(session->rtsp, session->camera->url, NULL, NULL);
	session->is_asked = false;
	if (session->unwanted) {
		session->state = SESSION_ENDED;
		session->due = INT64_MAX;
		return;
	}
	session->state = SESSION_WAITING;
	session->due = now +
		backoff_failed(&session->backoff,
			session->status == -EACCES || session->status == -ENOTSUP ? REFUSED_NS : 0);
}

static int ask(struct session *session, uint32_t most_ms, struct gw_error *error)
{
	const struct rtsp_request request = dialogue_request(&session->dialogue);
	const int status = rtsp_send(session->rtsp, &request, most_ms, error);

	session->is_asked = status == 0;
	return status;
}

static void close_session(struct session *session, int64_t now)
{
	if (dialogue_end(&session->dialogue) && !rtsp_busy(session->rtsp) &&
		ask(session, GOODBYE_MS, NULL) == 0) {
		session->state = SESSION_CLOSING;
		session->due = now + (GOODBYE_MS + 500) * GW_NS_PER_MS;
	} else {
		settle(session, now);
	}
}

static void fail(struct session *session, int64_t now, int status, const struct gw_error *error)
{
	session->status = status;
	session->error = *error;
	session->tries++;
	close_session(session, now);
}

static void open_session(struct session *session, int64_t now)
{
	char secret[SECRET_SIZE];
	struct gw_error error;
	int status = secret_read(session->camera, secret, &error);

	session->state = SESSION_OPENING;
	session->due = INT64_MAX;
	rtsp_reset(session->rtsp, session->camera->url, session->camera->user, secret);
	explicit_bzero(secret, sizeof(secret));
	dialogue_begin(&session->dialogue, session->camera->url, session->camera->transport);
	if (status == 0)
		status = ask(session, ANSWER_MS, &error);
	if (status != 0)
		fail(session, now, status, &error);
}

static int take_ports(struct session *session, struct gw_error *error)
{
	const bool needed = session->dialogue.way == TRANSPORT_UDP;
	const int status = needed ? hold_ports(&session->hold, &session->dialogue.local, error) : 0;

	if (status == 0)
		dialogue_set_port(&session->dialogue, needed ? session->hold.port : 0);
	return status;
}

/* From here on the camera may send packets between its answers. */
static int divert(struct session *session, struct gw_error *error)
{
	const struct dialogue *dialogue = &session->dialogue;
	const struct gw_packet packet = {
		.camera = session->id,
		.from = dialogue->learned.source,
		.to = dialogue->learned.destination,
		.from_port = dialogue->peer_port,
		.to_port = dialogue->learned.port,
	};
	int camera, speaker;
	int status = rtsp_divert(session->rtsp, &camera, &speaker, error);

	if (status != 0)
		return status;
	status = relays_add(session->world->relays, camera, speaker, dialogue->channels, &packet);
	return status == 0 ? 0 : gw_error_set(error, status, "out of memory");
}

static int publish(struct session *session, struct gw_error *error)
{
	struct dialogue *dialogue = &session->dialogue;
	int status = 0;

	if (dialogue->way == TRANSPORT_MULTICAST)
		status = hold_group(
			&session->hold, &dialogue->local, &dialogue->learned.destination, error);
	if (status == 0)
		status = session->world->publish(
			session->world->arg, session->camera, &dialogue->learned, error);
	if (status == 0 && dialogue->way == TRANSPORT_TCP)
		status = divert(session, error);
	if (status == 0)
		dialogue_go_on(dialogue);
	return status;
}

static void log_playing(const struct session *session)
{
	const struct gw_learned *learned = &session->dialogue.learned;
	char from[INET6_ADDRSTRLEN] = "", to[INET6_ADDRSTRLEN] = "";

	inet_ntop(learned->source.family, learned->source.bytes, from, sizeof(from));
	inet_ntop(learned->destination.family, learned->destination.bytes, to, sizeof(to));
	gw_info("session", "camera %s plays: %ux%u, payload type %u, from %s to %s, %s port %u%s",
		session->camera->name, learned->width, learned->height, learned->payload_type, from,
		to, learned->is_within ? "within its connection, TCP" : "UDP", learned->port,
		learned->srtp_key.is_set ? ", SRTP" : "");
}

static void begin_playing(struct session *session, int64_t now)
{
	session->state = SESSION_PLAYING;
	session->played_at = now;
	session->packets_before = session->world->seen(session->world->arg, session->id).packets;
	session->had_picture = false;
	session->opened++;
	session->due = now + dialogue_sign_s(&session->dialogue) * GW_NS_PER_S;
	log_playing(session);
}

/* Goes as far as it can without an answer. */
static void go_on(struct session *session, int64_t now)
{
	struct gw_error error = {{0}};
	int status = 0;

	session->due = INT64_MAX;
	if (session->dialogue.step == DIALOGUE_PORTS)
		status = take_ports(session, &error);
	if (status == 0 && session->dialogue.step == DIALOGUE_LEARNED)
		status = publish(session, &error);
	if (status == -EBUSY) {
		session->due = now + BUSY_NS;
		return;
	}
	if (status == 0 && session->dialogue.step == DIALOGUE_PLAYING) {
		begin_playing(session, now);
		return;
	}
	if (status == 0)
		status = ask(session, ANSWER_MS, &error);
	if (status != 0)
		fail(session, now, status, &error);
}

static void take_answer(struct session *session, int64_t now)
{
	const struct rtsp_answer *answer;
	struct gw_error error = {{0}};
	int status = rtsp_take(session->rtsp, &answer, &error);

	session->is_asked = false;
	if (session->state == SESSION_CLOSING) {
		settle(session, now);
		return;
	}
	if (status == 0)
		status = dialogue_take(&session->dialogue, answer, &error);
	if (status != 0)
		fail(session, now, status, &error);
	else if (session->state == SESSION_OPENING)
		go_on(session, now);
	else
		session->due = now + dialogue_sign_s(&session->dialogue) * GW_NS_PER_S;
}

static void fail_stalled(struct session *session, int64_t now, const struct session_seen *seen)
{
	const int seconds = (int)(STALL_NS / GW_NS_PER_S);
	const uint16_t port = session->dialogue.learned.port;
	struct gw_error error;

	if (seen->packets != session->packets_before)
		gw_error_set(&error, -ETIMEDOUT,
			"packets come, but no picture for %d s: `gwctl drops` says why", seconds);
	else if (session->had_picture || session->dialogue.learned.is_within)
		gw_error_set(&error, -ETIMEDOUT, "it has sent nothing for %d s", seconds);
	else
		gw_error_set(&error, -ETIMEDOUT,
			"it says that it plays, but nothing came to UDP port %u for %d s: let that "
			"through (firewalls), and name the interface that it comes to under "
			"interfaces",
			port, seconds);
	fail(session, now, -ETIMEDOUT, &error);
}

/* The connection of a camera that sends within it is over. */
static void fail_ended(struct session *session, int64_t now, int reason)
{
	struct gw_error error;

	if (reason == -EPROTO || reason == -EMSGSIZE)
		gw_error_set(&error, reason,
			"what it sends within the connection can be told apart no more: set "
			"transport to udp or multicast if that stays so");
	else
		gw_error_set(&error, reason, "it has closed the connection that it sent within");
	/* There is nobody to say goodbye to. */
	session->dialogue.is_set_up = false;
	fail(session, now, reason, &error);
}

static void watch(struct session *session, int64_t now)
{
	const int ended = relays_ended(session->world->relays, session->id);

	if (ended != 0) {
		fail_ended(session, now, ended);
		return;
	}
	const struct session_seen seen = session->world->seen(session->world->arg, session->id);
	int64_t alive = session->played_at;

	if (seen.last_picture > session->played_at) {
		alive = seen.last_picture;
		session->had_picture = true;
		session->error.text[0] = '\0';
		session->status = 0;
		session->tries = 0;
		backoff_succeeded(&session->backoff);
	}
	if (now - alive > STALL_NS) {
		fail_stalled(session, now, &seen);
		return;
	}
	/* What comes from now on tells a silent camera from one whose packets are of no use. */
	if (now - alive < STALL_NS / 2)
		session->packets_before = seen.packets;
	if (session->is_asked || now < session->due)
		return;
	struct gw_error error;
	const int status = ask(session, ANSWER_MS, &error);

	if (status != 0)
		fail(session, now, status, &error);
}

void session_turn(struct session *session, int64_t now, bool may_open)
{
	rtsp_turn(session->rtsp, now);
	if (session->is_asked && !rtsp_busy(session->rtsp))
		take_answer(session, now);
	switch (session->state) {
	case SESSION_WAITING:
		if (may_open && now >= session->due)
			open_session(session, now);
		break;
	case SESSION_OPENING:
		if (!session->is_asked && now >= session->due)
			go_on(session, now);
		break;
	case SESSION_PLAYING:
		watch(session, now);
		break;
	case SESSION_CLOSING:
		if (now >= session->due)
			settle(session, now);
		break;
	case SESSION_ENDED:
		break;
	}
}

void session_end(struct session *session, int64_t now)
{
	if (session->unwanted)
		return;
	session->unwanted = true;
	if (session->state == SESSION_WAITING)
		settle(session, now);
	else if (session->state != SESSION_CLOSING)
		close_session(session, now);
}

int64_t session_due(const struct session *session)
{
	const int64_t look = session->state == SESSION_PLAYING ? gw_now() + LOOK_NS : INT64_MAX;
	const int64_t timer = rtsp_due(session->rtsp);
	int64_t due =
		session->is_asked && session->state != SESSION_CLOSING ? INT64_MAX : session->due;

	if (timer < due)
		due = timer;
	return look < due ? look : due;
}
