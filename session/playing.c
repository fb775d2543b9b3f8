#include "session/playing.h"

#include <arpa/inet.h>
#include <errno.h>

#include "core/clock.h"
#include "core/log.h"
#include "session/steps.h"

#define LOOK_NS (500 * GW_NS_PER_MS) /* at what comes of it */
#define SIGN_MOST_NS (10 * GW_NS_PER_S) /* that the answer to one is waited for */
/* A camera that does not even read is given up by libcurl, with the connection. */
#define UNREAD_MS 60000

static void log_playing(const struct session *session)
{
	const struct gw_learned *learned = &session->dialogue.learned;
	char from[INET6_ADDRSTRLEN] = "", to[INET6_ADDRSTRLEN] = "";

	inet_ntop(learned->source.family, learned->source.bytes, from, sizeof(from));
	inet_ntop(learned->destination.family, learned->destination.bytes, to, sizeof(to));
	gw_info("session", "camera %s plays: %ux%u, payload type %u, from %s to %s, %s port %u%s",
		session->camera->name, learned->width, learned->height, learned->payload_type, from,
		to, learned->is_within ? "within its connection, TCP" : "UDP", learned->port,
		session->dialogue.is_secured && learned->is_within ? ", TLS"
			: learned->srtp_key.is_set                 ? ", SRTP"
								   : "");
	if (dialogue_is_open(&session->dialogue))
		gw_warn("session",
			"camera %s: its url asks for TLS, but its pictures come outside of it, for "
			"anybody to see: set transport to auto, or let it offer SRTP",
			session->camera->name);
	if (session->dialogue.stream.has_idle_key)
		gw_warn("session",
			"camera %s: its description has a key (a=crypto) for packets that it calls "
			"plain (RTP/AVP): the key is not used; let the camera offer SRTP "
			"(RTP/SAVP), "
			"or no key",
			session->camera->name);
}

static int64_t sign_ns(const struct session *session)
{
	return dialogue_sign_s(&session->dialogue) * GW_NS_PER_S;
}

/* Not longer than the next one can wait. */
static int64_t patience_ns(const struct session *session)
{
	return sign_ns(session) < SIGN_MOST_NS ? sign_ns(session) : SIGN_MOST_NS;
}

static struct session_seen look(const struct session *session)
{
	return session->world->seen(session->world->arg, session->id);
}

void playing_begin(struct session *session, int64_t now)
{
	const struct session_seen seen = look(session);

	session->state = SESSION_PLAYING;
	vigil_begin(&session->vigil, &seen, now);
	session->has_told_sign = session->has_told_odd = false;
	session->opened++;
	session->due = now + sign_ns(session);
	log_playing(session);
}

static void miss_sign(struct session *session, const struct gw_error *error)
{
	session->missed++;
	if (!session->has_told_sign)
		gw_info("session", "camera %s: a sign of life failed, its pictures go on: %s",
			session->camera->name, error->text);
	session->has_told_sign = true;
}

void playing_take_sign(struct session *session, int64_t now)
{
	const struct rtsp_answer *answer = NULL;
	struct gw_error error = {{0}};
	int status = rtsp_take(session->rtsp, &answer, &error);

	if (status != 0)
		dialogue_unanswered(&session->dialogue);
	else if (answer->status == 408)
		status = gw_error_set(&error, -ETIMEDOUT, "no answer within %d s",
			(int)(patience_ns(session) / GW_NS_PER_S));
	if (answer) {
		struct gw_error refusal;
		const int taken = dialogue_take(&session->dialogue, answer, &refusal);

		if (taken != 0) {
			status = taken;
			error = refusal;
		}
	}
	if (status == -ESTALE) {
		session_fail(session, now, status, &error);
		return;
	}
	if (status != 0)
		miss_sign(session, &error);
	/* The camera may have closed the connection, and libcurl has made another one. */
	else if (!session->is_relayed)
		(void)session_relay(session, NULL);
	session->due =
		session->dialogue.has_asked_again ? now : session->asked_at + sign_ns(session);
}

static void give_sign(struct session *session, int64_t now)
{
	const uint32_t most_ms =
		session->is_relayed ? UNREAD_MS : (uint32_t)(patience_ns(session) / GW_NS_PER_MS);
	struct gw_error error;

	session->asked_at = now;
	if (session_ask(session, most_ms, &error) == 0)
		return;
	miss_sign(session, &error);
	session->due = now + sign_ns(session);
}

static void fail_stalled(struct session *session, int64_t now, const struct session_seen *seen)
{
	const bool is_auto = session->camera->transport == GW_TRANSPORT_AUTO;
	const bool is_deaf = vigil_is_deaf(&session->vigil, seen);
	struct gw_error error;

	/* What is between us lets RTSP through, and no UDP; and if nothing comes by TCP either, it
	 * was not that. */
	if (is_auto && is_deaf)
		session->prefers_tcp = session->dialogue.way != TRANSPORT_TCP;
	const bool turns = is_auto && is_deaf && session->prefers_tcp;
	const int status =
		vigil_explain(&session->vigil, seen, &session->dialogue.learned, turns, &error);

	/* The trouble may be over before anybody looks. */
	if (turns)
		gw_info("session", "camera %s: %s", session->camera->name, error.text);
	session_fail(session, now, status, &error);
}

/* The connection of a camera that sends within it is over. */
static void fail_ended(struct session *session, int64_t now, int reason)
{
	struct gw_error error;

	if (reason == -EPROTO || reason == -EMSGSIZE)
		gw_error_set(&error, reason,
			"what it sends within the connection can be told apart no more: set "
			"transport to udp or multicast if that stays so");
	else if (relays_explain(session->world->relays, session->id, &error) == 0)
		gw_error_set(&error, reason, "it has closed the connection that it sent within");
	/* There is nobody to say goodbye to. */
	session->dialogue.is_set_up = false;
	session_fail(session, now, reason, &error);
}

static void tell_odd(struct session *session)
{
	const struct relay_seen *relay = &session->relay;

	if (session->has_told_odd || (relay->skipped == 0 && relay->ignored == 0))
		return;
	gw_info("session",
		"camera %s: %llu bytes between its packets are neither packets nor RTSP and were "
		"skipped, %llu answers that nobody asked for were ignored: its pictures go on",
		session->camera->name, (unsigned long long)relay->skipped,
		(unsigned long long)relay->ignored);
	session->has_told_odd = true;
}

void playing_watch(struct session *session, int64_t now)
{
	session->relay = relays_seen(session->world->relays, session->id);
	tell_odd(session);
	if (session->relay.ended != 0 && session->dialogue.way == TRANSPORT_TCP) {
		fail_ended(session, now, session->relay.ended);
		return;
	}
	/* Packets by UDP do not need it (RFC 2326, 1.1), and the next sign of life makes another.
	 */
	if (session->relay.ended != 0)
		session_unrelay(session);
	const struct session_seen seen = look(session);

	switch (vigil_look(&session->vigil, &seen, now)) {
	case VIGIL_STALLED:
		fail_stalled(session, now, &seen);
		return;
	case VIGIL_LASTS:
		session->tries = 0;
		backoff_succeeded(&session->backoff);
		/* fallthrough */
	case VIGIL_PLAYS:
		session->error.text[0] = '\0';
		session->status = 0;
		break;
	case VIGIL_WAITS:
		break;
	}
	if (!session->is_asked && now >= session->due)
		give_sign(session, now);
	else if (session->is_asked && now - session->asked_at >= patience_ns(session))
		relays_give_up(session->world->relays, session->id);
}

int64_t playing_due(const struct session *session)
{
	const int64_t soon = gw_now() + LOOK_NS;

	return !session->is_asked && session->due < soon ? session->due : soon;
}
