/* One camera with a `url`: its session is opened, watched, and opened again when it fails. The
 * session thread's, but where it is said. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/error.h"
#include "session/backoff.h"
#include "session/dialogue.h"
#include "session/hold.h"
#include "session/relays.h"
#include "session/rtsp.h"
#include "session/vigil.h"

enum session_state {
	SESSION_WAITING, /* for its next try */
	SESSION_OPENING,
	SESSION_PLAYING,
	SESSION_CLOSING, /* TEARDOWN is under way, or waits for the answer before it */
	SESSION_ENDED, /* nobody wants it any more */
};

/* Whom a session asks. */
struct session_world {
	void *arg;
	int (*publish)(void *arg, const struct gw_camera_config *camera,
		const struct gw_learned *learned, struct gw_error *error);
	int (*forget)(void *arg, const struct gw_camera_config *camera, struct gw_error *error);
	struct session_seen (*seen)(void *arg, uint32_t id);
	struct relays *relays;
};

struct session {
	const struct session_world *world;
	uint32_t id; /* of the camera's slot */
	struct gw_camera_config *camera; /* a copy, which the session owns */
	enum session_state state;
	bool unwanted; /* ends as soon as it can */
	int64_t due; /* of the state: next try, next sign of life, when to lose patience */
	struct dialogue dialogue;
	struct rtsp *rtsp;
	bool is_asked; /* an answer is awaited */
	struct hold hold;
	struct backoff backoff;

	/* A relay carries what is said on the connection; and what that one has seen, so far. */
	bool is_relayed;
	struct relay_seen relay;

	/* While it plays. */
	struct vigil vigil;
	int64_t asked_at; /* for the last sign of life */
	bool has_told_sign, has_told_odd; /* in the log, since it plays */

	/* Across its tries. */
	bool prefers_tcp; /* UDP was agreed on, and nothing came */
	bool must_forget; /* its version still says where packets would come to */
	uint64_t missed; /* signs of life without an answer */
	uint64_t ignored, skipped; /* by the relays of before: see struct relay_seen */

	/* Why it does not play; empty text: nothing is known against it. */
	int status;
	struct gw_error error;
	uint32_t tries; /* that failed, since it played */
	uint64_t opened; /* how often it began to play, ever */
};

/* Takes a copy of the camera. It opens at `due` (gw_now()). `seed` is random. NULL: out of memory.
 */
struct session *session_create(const struct session_world *world, int epoll, uint32_t id,
	const struct gw_camera_config *camera, uint64_t seed, int64_t due);

/* At once: without a TEARDOWN. Accepts NULL. */
void session_destroy(struct session *session);

/* Does what is due. `may_open`: a waiting one may begin. */
void session_turn(struct session *session, int64_t now, bool may_open);

/* Nobody wants it any more: says so to the camera, and is ENDED soon. */
void session_end(struct session *session, int64_t now);

/* When session_turn() must be called next, if no event comes before. */
int64_t session_due(const struct session *session);

/* "waiting", "opening", "playing", "closing", "ended". */
const char *session_state_name(enum session_state state);
