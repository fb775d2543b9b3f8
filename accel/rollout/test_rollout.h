/* A stage with the null engine, turned by hand, and a model with versions good and bad: what they
 * answer is known, and time is what the test says. For tests of rollouts. */
#pragma once

#include "core/test.h"

#include <jansson.h>

#include "accel/stage.h"

#define FRAMES 24
#define SIDE 2

/* Versions of `marks`. */
enum { GOOD = 1, BETTER, FAILING, DIFFERENT, OTHER_LABELS, LARGER, BROKEN };

extern char rollout_directory[]; /* the repository */
extern struct gw_error rollout_error;

struct rollout_fixture {
	struct gw gw;
	struct gw_lane *lane;
	struct gw_surface_pool *surfaces;
	struct gw_frame *out[FRAMES];
	uint64_t sequence, delivered;
	int64_t now;
};

int rollout_make_repository(void **state);
int rollout_remove_repository(void **state);

/* Files of the repository, by their names in it. */
void rollout_write(const char *name, const char *text);
void rollout_remove(const char *name);
bool rollout_is_there(const char *name);
void rollout_make_version(int version, const char *labels, int side, const char *input);

/* A gateway as it starts; the second one with version 1, and nothing kept of the past. */
void rollout_open(struct rollout_fixture *f);
void rollout_open_fresh(struct rollout_fixture *f);
void rollout_close(struct rollout_fixture *f);
struct route *rollout_route(struct rollout_fixture *f);

/* A picture of camera `gate` comes to the stage. */
void rollout_put(struct rollout_fixture *f);

/* So many pictures of camera `gate`, one each 10 ms, whose answers are checked; returns how many of
 * them that version has looked at. */
uint32_t rollout_look_at(struct rollout_fixture *f, uint32_t count, uint32_t version);

/* Asks the API; the caller releases *json. */
int rollout_ask(struct rollout_fixture *f, const char *method, const char *path, const char *body,
	json_t **json);

/* ... what is refused, with these words in the error line. */
void rollout_assert_refused(struct rollout_fixture *f, const char *path, const char *body,
	int status, const char *words);

/* Begins a rollout in two steps of a second, 50 % and all. */
void rollout_roll_out(struct rollout_fixture *f, int version);

/* What the API tells of the route, as JSON: the value of `key`, within `object` unless that is
 * NULL. Until the next call. */
const char *rollout_told(struct rollout_fixture *f, const char *object, const char *key);
