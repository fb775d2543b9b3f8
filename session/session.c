#include "session/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/config/camera.h"
#include "session/playing.h"
#include "session/secret.h"
#include "session/steps.h"

#define GOODBYE_MS 2000
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
	session_unrelay(session);
	rtsp_reset(session->rtsp, session->camera, NULL);
	session->is_asked = false;
	if (session->unwanted) {
		session->state = SESSION_ENDED;
		session->due = INT64_MAX;
		return;
	}
	session->state = SESSION_WAITING;
	/* The port of a connection that is closed is free for the next one of this host. */
	session->must_forget |= session->dialogue.learned.is_within;
	session->due = now +
		backoff_failed(&session->backoff,
			session->status == -EACCES || session->status == -ENOTSUP ? REFUSED_NS : 0);
}

int session_ask(struct session *session, uint32_t most_ms, struct gw_error *error)
{
	const struct rtsp_request request = dialogue_request(&session->dialogue);
	const int status = rtsp_send(session->rtsp, &request, most_ms, error);

	session->is_asked = status == 0;
	return status;
}

static void say_goodbye(struct session *session, int64_t now)
{
	if (dialogue_end(&session->dialogue) && session_ask(session, GOODBYE_MS, NULL) == 0) {
		session->state = SESSION_CLOSING;
		session->due = now + (GOODBYE_MS + 500) * GW_NS_PER_MS;
	} else {
		settle(session, now);
	}
}

/* What is not answered now was not answered in time. */
static void close_session(struct session *session, int64_t now)
{
	if (rtsp_busy(session->rtsp))
		settle(session, now);
	else
		say_goodbye(session, now);
}

void session_fail(struct session *session, int64_t now, int status, const struct gw_error *error)
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
	rtsp_reset(session->rtsp, session->camera, secret);
	explicit_bzero(secret, sizeof(secret));
	dialogue_begin(&session->dialogue, session->camera->url, session->camera->transport);
	if (session->camera->srtp)
		dialogue_expect_key(&session->dialogue);
	if (session->prefers_tcp)
		dialogue_prefer(&session->dialogue, TRANSPORT_TCP);
	if (status == 0)
		status = session_ask(session, SESSION_ANSWER_MS, &error);
	if (status != 0)
		session_fail(session, now, status, &error);
}

static int take_ports(struct session *session, struct gw_error *error)
{
	const bool needed = session->dialogue.way == TRANSPORT_UDP;
	const int status = needed ? hold_ports(&session->hold, &session->dialogue.local, error) : 0;

	if (status == 0)
		dialogue_set_port(&session->dialogue, needed ? session->hold.port : 0);
	return status;
}

int session_relay(struct session *session, struct gw_error *error)
{
	const struct dialogue *dialogue = &session->dialogue;
	struct gw_packet packet = {.camera = session->id,
		.from = dialogue->learned.source,
		.to = dialogue->learned.destination};
	struct line camera;
	int speaker;
	int status = rtsp_divert(session->rtsp, &camera, &speaker, error);

	if (status != 0)
		return status;
	/* What a camera sends within that sends by UDP is nobody's. */
	if (dialogue->way == TRANSPORT_TCP) {
		packet.from_port = dialogue->peer_port;
		packet.to_port = dialogue->learned.port;
	}
	status = relays_add(
		session->world->relays, camera, speaker, dialogue->channels, &packet, error);
	session->is_relayed = status == 0;
	return status;
}

void session_unrelay(struct session *session)
{
	const struct relay_seen seen = relays_seen(session->world->relays, session->id);

	session->ignored += seen.ignored;
	session->skipped += seen.skipped;
	session->relay = (struct relay_seen){0};
	session->is_relayed = false;
	relays_remove(session->world->relays, session->id);
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
	if (status != 0)
		return status;
	session->must_forget = false;
	/* From PLAY on the camera may send packets between its answers. Where it does not, a
	 * connection that is gone already is no matter. */
	status = session_relay(session, error);
	if (status != 0 && dialogue->way == TRANSPORT_TCP)
		return status;
	session->prefers_tcp &= dialogue->way == TRANSPORT_TCP;
	dialogue_go_on(dialogue);
	return 0;
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
		playing_begin(session, now);
		return;
	}
	if (status == 0)
		status = session_ask(session, SESSION_ANSWER_MS, &error);
	if (status != 0)
		session_fail(session, now, status, &error);
}

static void take_answer(struct session *session, int64_t now)
{
	const struct rtsp_answer *answer;
	struct gw_error error = {{0}};

	session->is_asked = false;
	if (session->state == SESSION_PLAYING) {
		playing_take_sign(session, now);
		return;
	}
	int status = rtsp_take(session->rtsp, &answer, &error);

	if (session->state == SESSION_CLOSING) {
		if (session->dialogue.step == DIALOGUE_TEARDOWN)
			settle(session, now);
		else
			say_goodbye(session, now);
		return;
	}
	if (status == 0)
		status = dialogue_take(&session->dialogue, answer, &error);
	if (status != 0)
		session_fail(session, now, status, &error);
	else
		go_on(session, now);
}

/* What was learned holds no longer. While another change of cameras is made, the next turn does it.
 */
static void forget(struct session *session)
{
	struct gw_error error;

	session->must_forget =
		session->world->forget(session->world->arg, session->camera, &error) == -EBUSY;
}

void session_turn(struct session *session, int64_t now, bool may_open)
{
	rtsp_turn(session->rtsp, now);
	if (session->is_asked && !rtsp_busy(session->rtsp))
		take_answer(session, now);
	switch (session->state) {
	case SESSION_WAITING:
		if (session->must_forget)
			forget(session);
		if (may_open && now >= session->due)
			open_session(session, now);
		break;
	case SESSION_OPENING:
		if (!session->is_asked && now >= session->due)
			go_on(session, now);
		break;
	case SESSION_PLAYING:
		playing_watch(session, now);
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
	if (session->state == SESSION_CLOSING)
		return;
	if (session->state == SESSION_WAITING) {
		settle(session, now);
	} else if (rtsp_busy(session->rtsp) && session->dialogue.is_set_up) {
		/* A camera that is not told goes on sending: what was asked last is answered first.
		 */
		session->state = SESSION_CLOSING;
		session->due = now + GOODBYE_MS * GW_NS_PER_MS;
	} else {
		close_session(session, now);
	}
}

int64_t session_due(const struct session *session)
{
	const int64_t timer = rtsp_due(session->rtsp);
	int64_t due = session->due;

	if (session->state == SESSION_PLAYING)
		due = playing_due(session);
	else if (session->is_asked && session->state != SESSION_CLOSING)
		due = INT64_MAX;
	return timer < due ? timer : due;
}
