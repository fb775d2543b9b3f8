/* A gateway that consists of the sink stage alone, for its tests: the test is the dataplane and
 * turns the stage's loop by hand. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/test_gateway.h"

struct sink;
struct sink_ops;

/* Of the two models. */
#define DIGEST_0 "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST_1 "sha256:1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
/* When its frames were captured: 2026-11-21T07:40:00.123Z. */
#define FIXTURE_CAPTURE_MS 1795246800123

struct fixture {
	struct gw gw;
	struct gw_replay replay;
	struct gw_lane *sink; /* the first lane */
	char directory[64]; /* empty at the start, for the test's files */
	uint64_t sequence[4];
	/* The first lane's back-end, while a test's own has its place. */
	const struct sink_ops *ops;
	void *backend;
};

/* Two cameras, "cam0" with the model `digits`, "cam1" with `objects`; `yaml` is the kafka section.
 * More lanes, where `yaml` asks for them, are turned one after the other.
 * In a test's set-up; fixture_fail() is for a section that must be refused. */
struct fixture *fixture_open(const char *yaml, bool replay);
void fixture_fail(const char *yaml, const char *words_of_the_error);

/* Gives the first lane a back-end of the test, until fixture_close(). Returns what reports go to.
 */
struct sink *fixture_replace_backend(
	struct fixture *fixture, const struct sink_ops *ops, void *backend);

/* Lets the sink end within `ms` milliseconds and checks the balance; then frees everything. */
void fixture_close(struct fixture *fixture, uint32_t ms);

/* A complete frame of a camera with a result, not sent yet. NULL when the pool is empty. */
struct gw_frame *fixture_frame(struct fixture *fixture, uint32_t camera);

/* One of camera 0 with the result of a plan: a class of the picture, and two better pictures of it.
 */
struct gw_frame *fixture_enhanced_frame(struct fixture *fixture, float disagreement);
/* Takes a frame that will not be sent out of the balance again. */
void fixture_drop(struct fixture *fixture, struct gw_frame *frame);
void fixture_send(struct fixture *fixture, struct gw_frame *frame);
/* The same, `count` times. */
void fixture_send_frames(struct fixture *fixture, uint32_t camera, uint32_t count);

/* Turns the loop until `counter` of `camera` is at least `value`, or fails after ten seconds. */
void fixture_turn(struct fixture *fixture);
void fixture_turn_until(struct fixture *fixture, const struct gw_counter *counter, uint64_t value);
/* Sends frames and turns until so many more are delivered. */
void fixture_deliver(struct fixture *fixture, uint32_t camera, uint32_t count);

/* The sink's statistics of a camera. */
struct gw_camera_stats *fixture_stats(struct fixture *fixture, uint32_t camera);
uint64_t fixture_drops(struct fixture *fixture, uint32_t camera, enum gw_drop drop);

/* Both conservation equations of core/stats.h that end in the sink, per camera. */
void fixture_assert_balanced(struct fixture *fixture);

/* The content of a file of the fixture's directory, ended; the caller frees it. NULL: there is
 * none. */
char *fixture_read(struct fixture *fixture, const char *name, size_t *size);

/* A string out of what the stage says of itself; "" when it is not there. */
void fixture_describe(struct fixture *fixture, const char *key, char *text, size_t size);
