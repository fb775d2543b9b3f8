/* What is said to a camera, and what its answers mean (RFC 2326, 10): DESCRIBE, SETUP, PLAY, signs
 * of life, TEARDOWN. Pure: it knows no connection and no clock; any thread. */
#pragma once

#include <stdbool.h>

#include "core/config/learned.h"
#include "core/error.h"
#include "session/rtsp.h"
#include "session/sdp.h"
#include "session/transport.h"

enum dialogue_step {
	DIALOGUE_DESCRIBE,
	DIALOGUE_PORTS, /* dialogue_set_port() is due */
	DIALOGUE_SETUP,
	DIALOGUE_LEARNED, /* `learned` holds what it will send: dialogue_go_on() is due */
	DIALOGUE_PLAY,
	DIALOGUE_PLAYING, /* requests are signs of life now */
	DIALOGUE_TEARDOWN,
	DIALOGUE_OVER,
};

struct dialogue {
	enum dialogue_step step;
	char url[GW_URL], control[GW_URL], aggregate[GW_URL];
	enum gw_transport wanted;
	enum transport_way way; /* that packets come, or are asked for next */
	uint8_t channels[2]; /* where they come within the connection */
	uint16_t peer_port, local_port; /* of the connection */
	bool is_secured; /* what is within the connection is protected by TLS */
	bool has_key; /* of the configuration: packets are SRTP, whatever is described */
	bool is_set_up; /* there is a session to end */
	bool needs_options; /* GET_PARAMETER was the last that it did not take as a sign of life */
	bool has_asked_again; /* the last request, with another proof of who we are */
	uint8_t moves; /* how often it was somewhere else on that host */
	uint8_t tried; /* ways that it has refused: a bit each */
	struct sdp_stream stream;
	struct gw_address local; /* of ours, as the connection has it */
	struct gw_learned learned;
	uint32_t timeout_s; /* of the session */
	char server[64];
	char transport[TRANSPORT_TEXT]; /* of the request; the request points to it */
};

void dialogue_begin(struct dialogue *dialogue, const char *url, enum gw_transport transport);

/* Before anything is asked: where several ways will do, this one goes before the others. */
void dialogue_prefer(struct dialogue *dialogue, enum transport_way way);

/* Before anything is asked: only packets that a key of the configuration opens are taken. */
void dialogue_expect_key(struct dialogue *dialogue);

/* After SETUP: whether anybody can see the pictures, though the camera is asked by TLS. */
bool dialogue_is_open(const struct dialogue *dialogue);

/* In step PORTS: the first port of ours that packets may come to; 0 where `way` needs none. */
void dialogue_set_port(struct dialogue *dialogue, uint16_t port);

/* In step LEARNED: what it sends is expected, it may begin. */
void dialogue_go_on(struct dialogue *dialogue);

/* The next request; its texts are the dialogue's. Not in steps that wait for something else. */
struct rtsp_request dialogue_request(struct dialogue *dialogue);

/* Takes the answer to it, and goes on to the next step. Returns 0 or a negative errno with a line
 * that says what to do: -EACCES for who we are, -ENOENT for what is not there. Then the session is
 * to be begun anew; but in step PLAYING only for -ESTALE, which says that it is gone. Where the
 * answer is that our proof has run out, which few say in the way that they should (RFC 7616, 3.3:
 * stale), the step stays and the request is made once more. */
int dialogue_take(
	struct dialogue *dialogue, const struct rtsp_answer *answer, struct gw_error *error);

/* No answer came to a sign of life, or none that can be used: the next one is another. */
void dialogue_unanswered(struct dialogue *dialogue);

/* Whether there is a session that TEARDOWN should end; goes on to that step. */
bool dialogue_end(struct dialogue *dialogue);

/* Seconds between two signs of life. */
uint32_t dialogue_sign_s(const struct dialogue *dialogue);
