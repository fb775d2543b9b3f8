#include "session/dialogue.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/config/rtsp_url.h"
#include "session/control.h"
#include "session/refusal.h"

#define TIMEOUT_S 60 /* of a session that says none (RFC 2326, 12.37) */
#define SIGN_LEAST_S 2
#define SIGN_MOST_S 30
#define MOVES_MOST 3 /* until it goes round in circles */

void dialogue_begin(struct dialogue *dialogue, const char *url, enum gw_transport transport)
{
	*dialogue = (struct dialogue){
		.step = DIALOGUE_DESCRIBE,
		.wanted = transport,
		.is_secured = gw_rtsp_url_is_secured(url),
		.way = transport == GW_TRANSPORT_MULTICAST ? TRANSPORT_MULTICAST
			: transport == GW_TRANSPORT_TCP    ? TRANSPORT_TCP
							   : TRANSPORT_UDP,
	};
	snprintf(dialogue->url, sizeof(dialogue->url), "%s", url);
}

void dialogue_prefer(struct dialogue *dialogue, enum transport_way way)
{
	if (dialogue->wanted == GW_TRANSPORT_AUTO)
		dialogue->way = way;
}

void dialogue_expect_key(struct dialogue *dialogue)
{
	dialogue->has_key = true;
}

/* What TLS does not protect, where it does not come within the connection. */
static bool needs_connection(const struct dialogue *dialogue)
{
	return dialogue->is_secured && !dialogue->stream.srtp_key.is_set && !dialogue->has_key;
}

bool dialogue_is_open(const struct dialogue *dialogue)
{
	return needs_connection(dialogue) && !dialogue->learned.is_within;
}

void dialogue_set_port(struct dialogue *dialogue, uint16_t port)
{
	transport_write(dialogue->way, dialogue->stream.srtp_key.is_set,
		dialogue->way == TRANSPORT_MULTICAST ? dialogue->stream.port : port,
		dialogue->transport);
	dialogue->learned.port = port;
	dialogue->step = DIALOGUE_SETUP;
}

void dialogue_go_on(struct dialogue *dialogue)
{
	dialogue->step = DIALOGUE_PLAY;
}

struct rtsp_request dialogue_request(struct dialogue *dialogue)
{
	switch (dialogue->step) {
	case DIALOGUE_DESCRIBE:
		return (struct rtsp_request){RTSP_DESCRIBE, dialogue->url, NULL};
	case DIALOGUE_SETUP:
		return (struct rtsp_request){RTSP_SETUP, dialogue->control, dialogue->transport};
	case DIALOGUE_PLAY:
		return (struct rtsp_request){RTSP_PLAY, dialogue->aggregate, NULL};
	case DIALOGUE_TEARDOWN:
		return (struct rtsp_request){RTSP_TEARDOWN, dialogue->aggregate, NULL};
	default:
		return (struct rtsp_request){
			dialogue->needs_options ? RTSP_OPTIONS : RTSP_GET_PARAMETER,
			dialogue->aggregate, NULL};
	}
}

/* Whoever asks by TLS wants nobody to see the pictures: without a key of their own, they are to
 * come within the connection, unless another way was asked for by name. */
static bool is_kept_secured(const struct dialogue *dialogue)
{
	return needs_connection(dialogue) && dialogue->wanted != GW_TRANSPORT_UDP &&
		dialogue->wanted != GW_TRANSPORT_MULTICAST;
}

static int refuse(const struct dialogue *dialogue, const struct rtsp_answer *answer,
	const char *method, struct gw_error *error)
{
	if (is_kept_secured(dialogue) && refusal_is_of_the_way(answer->status) &&
		dialogue->step == DIALOGUE_SETUP)
		return gw_error_set(error, -ENOTSUP,
			"it does not send within the connection (%d), where TLS would protect its "
			"pictures: let it offer TCP or SRTP, or set transport to udp or multicast "
			"if anybody may see them",
			answer->status);
	return refusal_explain(answer, method, dialogue->wanted == GW_TRANSPORT_AUTO, error);
}

static void keep_secured(struct dialogue *dialogue)
{
	if (!is_kept_secured(dialogue))
		return;
	dialogue->way = TRANSPORT_TCP;
	dialogue->tried |= 1u << TRANSPORT_UDP | 1u << TRANSPORT_MULTICAST;
}

static int take_description(
	struct dialogue *dialogue, const struct rtsp_answer *answer, struct gw_error *error)
{
	const char *base = answer->base[0] ? answer->base : dialogue->url;
	char session_base[GW_URL];
	int status;

	snprintf(dialogue->server, sizeof(dialogue->server), "%s", answer->server);
	status = sdp_parse(
		answer->body ? answer->body : "", answer->body_size, &dialogue->stream, error);
	if (status != 0)
		return status;
	/* Some write rtsp:// twice. */
	if (strncasecmp(base, "rtsp://rtsp://", 14) == 0)
		base += 7;
	/* A base that is a path, or a name that only the camera knows, leads nowhere. */
	if (strncasecmp(base, "rtsp://", 7) != 0 && !gw_rtsp_url_is_secured(base))
		base = dialogue->url;
	if (!control_resolve(base, dialogue->stream.session_control, session_base) ||
		!control_resolve(base, dialogue->stream.control, dialogue->control))
		return gw_error_set(error, -EPROTO, "its description holds no usable control URL");
	strcpy(dialogue->aggregate, session_base);
	dialogue->local = answer->local;
	dialogue->learned.source = answer->peer;
	dialogue->local_port = answer->local_port;
	dialogue->peer_port = answer->peer_port;
	dialogue->learned.srtp_key = dialogue->stream.srtp_key;
	dialogue->learned.payload_type = dialogue->stream.payload_type;
	dialogue->learned.width = dialogue->stream.width;
	dialogue->learned.height = dialogue->stream.height;
	keep_secured(dialogue);
	dialogue->step = DIALOGUE_PORTS;
	return 0;
}

static int take_group(
	struct dialogue *dialogue, const struct transport *transport, struct gw_error *error)
{
	struct gw_learned *learned = &dialogue->learned;
	const struct gw_address *group =
		transport->destination.family ? &transport->destination : &dialogue->stream.group;

	learned->destination = *group;
	learned->port = transport->port ? transport->port : dialogue->stream.port;
	if (group->family != 0 && learned->port != 0)
		return 0;
	return gw_error_set(error, -EPROTO,
		"it wants to send to a group and does not say to which: set it in the camera, or "
		"set transport to udp");
}

/* It sends within the connection: asked to, or because it does nothing else. */
static int take_channels(
	struct dialogue *dialogue, const struct transport *transport, struct gw_error *error)
{
	struct gw_learned *learned = &dialogue->learned;

	if (dialogue->wanted != GW_TRANSPORT_AUTO && dialogue->wanted != GW_TRANSPORT_TCP)
		return gw_error_set(error, -ENOTSUP,
			"it sends within the RTSP connection only: set transport to auto, or allow "
			"UDP or multicast in the camera");
	dialogue->way = TRANSPORT_TCP;
	memcpy(dialogue->channels, transport->channels, sizeof(dialogue->channels));
	learned->is_within = true;
	learned->destination = dialogue->local;
	learned->port = dialogue->local_port;
	dialogue->step = DIALOGUE_LEARNED;
	return 0;
}

/* It sends outside of the connection. For a way that was not asked for by name no port of ours is
 * held, and whoever gave the name may not want it. */
static int take_outside(
	struct dialogue *dialogue, const struct transport *transport, struct gw_error *error)
{
	const enum transport_way way =
		transport->is_multicast ? TRANSPORT_MULTICAST : TRANSPORT_UDP;
	struct gw_learned *learned = &dialogue->learned;

	if (is_kept_secured(dialogue))
		return gw_error_set(error, -ENOTSUP,
			"it would send its pictures outside of TLS, for anybody to see: let it "
			"offer SRTP or TCP, or set transport to udp or multicast if they may be "
			"seen");
	if (dialogue->wanted != GW_TRANSPORT_AUTO && way != dialogue->way)
		return gw_error_set(error, -ENOTSUP,
			"it was asked to send by %s and would send by %s: set transport to auto, "
			"or allow %s in the camera",
			transport_name(dialogue->way), transport_name(way),
			transport_name(dialogue->way));
	if (transport->source.family == dialogue->local.family)
		learned->source = transport->source;
	dialogue->way = way;
	if (way == TRANSPORT_MULTICAST)
		return take_group(dialogue, transport, error);
	learned->destination = dialogue->local;
	if (transport->client_port != 0)
		learned->port = transport->client_port;
	return 0;
}

static int take_setup(
	struct dialogue *dialogue, const struct rtsp_answer *answer, struct gw_error *error)
{
	struct transport transport;

	/* Who does not say how takes what was asked for. */
	if (transport_parse(answer->transport[0] ? answer->transport : dialogue->transport,
		    &transport) != 0)
		return gw_error_set(error, -EPROTO,
			"it does not say how it is going to send (Transport of SETUP)");
	dialogue->is_set_up = true;
	/* Some close the connection after their description: this is the one that stays. */
	if (answer->local_port != 0) {
		dialogue->local_port = answer->local_port;
		dialogue->peer_port = answer->peer_port;
	}
	dialogue->timeout_s = answer->timeout_s;
	if (transport.is_tcp)
		return take_channels(dialogue, &transport, error);
	const int status = take_outside(dialogue, &transport, error);

	if (status == 0)
		dialogue->step = DIALOGUE_LEARNED;
	return status;
}

/* What it does not offer is asked for in another way. */
static bool try_next(struct dialogue *dialogue)
{
	dialogue->tried |= (uint8_t)(1u << dialogue->way);
	if (dialogue->wanted != GW_TRANSPORT_AUTO)
		return false;
	for (enum transport_way way = TRANSPORT_UDP; way <= TRANSPORT_TCP; way++) {
		if (dialogue->tried & 1u << way)
			continue;
		dialogue->way = way;
		dialogue->step = DIALOGUE_PORTS;
		return true;
	}
	return false;
}

/* A proof that was taken runs out, and only the next one shows whether the password is wrong. That
 * of DESCRIBE is always new: no user is locked out for a second try. */
static bool ask_again(struct dialogue *dialogue, const struct rtsp_answer *answer)
{
	const bool again = answer->status == 401 && answer->is_challenge &&
		!dialogue->has_asked_again && dialogue->step != DIALOGUE_DESCRIBE &&
		dialogue->step != DIALOGUE_TEARDOWN;

	dialogue->has_asked_again = again;
	return again;
}

/* Where it says that the stream is, when that is on the same host and port: another host was given
 * by nobody, and gets no password. */
static bool follow(struct dialogue *dialogue, const struct rtsp_answer *answer)
{
	struct gw_rtsp_url from, to;
	struct gw_error ignored;

	if (answer->status < 301 || answer->status > 303 || dialogue->moves == MOVES_MOST ||
		gw_rtsp_url_parse(dialogue->url, &from, &ignored) != 0 ||
		gw_rtsp_url_parse(answer->location, &to, &ignored) != 0 ||
		strcasecmp(from.host, to.host) != 0 || from.port != to.port ||
		gw_rtsp_url_is_secured(answer->location) != dialogue->is_secured)
		return false;
	dialogue->moves++;
	snprintf(dialogue->url, sizeof(dialogue->url), "%s", answer->location);
	return true;
}

/* It plays each stream alone (459: aggregate operation not allowed): there is but one. */
static bool play_alone(struct dialogue *dialogue, const struct rtsp_answer *answer)
{
	if (answer->status != 459 || strcmp(dialogue->aggregate, dialogue->control) == 0)
		return false;
	strcpy(dialogue->aggregate, dialogue->control);
	return true;
}

int dialogue_take(
	struct dialogue *dialogue, const struct rtsp_answer *answer, struct gw_error *error)
{
	const char *method = rtsp_method_name(dialogue_request(dialogue).method);
	const bool good = answer->status >= 200 && answer->status < 300;

	if (ask_again(dialogue, answer))
		return 0;
	switch (dialogue->step) {
	case DIALOGUE_DESCRIBE:
		if (follow(dialogue, answer))
			return 0;
		return good ? take_description(dialogue, answer, error)
			    : refuse(dialogue, answer, method, error);
	case DIALOGUE_SETUP:
		if (refusal_is_of_the_way(answer->status) && try_next(dialogue))
			return 0;
		return good ? take_setup(dialogue, answer, error)
			    : refuse(dialogue, answer, method, error);
	case DIALOGUE_PLAY:
		if (play_alone(dialogue, answer))
			return 0;
		if (!good)
			return refuse(dialogue, answer, method, error);
		/* Some give the session its name no sooner. */
		if (answer->timeout_s != 0)
			dialogue->timeout_s = answer->timeout_s;
		dialogue->step = DIALOGUE_PLAYING;
		return 0;
	case DIALOGUE_TEARDOWN:
		dialogue->step = DIALOGUE_OVER;
		dialogue->is_set_up = false;
		return 0;
	default:
		if (!good)
			dialogue_unanswered(dialogue);
		/* Only these say that the session is gone; some cameras do not know how to be
		 * asked. */
		if (answer->status == 401 || answer->status == 454)
			return refuse(dialogue, answer, method, error);
		return 0;
	}
}

void dialogue_unanswered(struct dialogue *dialogue)
{
	dialogue->needs_options = !dialogue->needs_options;
}

bool dialogue_end(struct dialogue *dialogue)
{
	if (!dialogue->is_set_up)
		return false;
	dialogue->step = DIALOGUE_TEARDOWN;
	return true;
}

uint32_t dialogue_sign_s(const struct dialogue *dialogue)
{
	const uint32_t timeout = dialogue->timeout_s ? dialogue->timeout_s : TIMEOUT_S;
	const uint32_t sign = timeout / 2;

	return sign < SIGN_LEAST_S ? SIGN_LEAST_S : sign > SIGN_MOST_S ? SIGN_MOST_S : sign;
}
