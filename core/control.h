/* How a running gateway is changed: one thread, one change at a time, and lanes that are asked
 * between two turns of their loop.
 *
 * The poll loop is the quiescent point. After a lane has run what it was asked, it holds nothing
 * that it read before: what was replaced can be freed. Nothing that a user does stops a lane for
 * longer than a turn.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/camera.h"
#include "core/config/config.h"
#include "core/error.h"

struct gw;
struct gw_lane;
struct gw_control;

/* Runs `fn` on the lane's thread between two turns and waits for it: a turn of a busy lane, at most
 * 2 ms of an idle one. A lane that does not run has it done by the caller. Returns false when the
 * lane did not turn for 2 s: then `fn` was not run and will not be. One caller at a time: the
 * control thread, or whoever is alone (before the start, after the end, in tests). */
bool gw_ask(struct gw_lane *lane, void (*fn)(struct gw_lane *lane, void *arg), void *arg);

#define GW_ASK_MOST (GW_STAGES_MOST * GW_LANES) /* all lanes that there may be */

/* The same for several lanes at once, which need not wait for each other: `fn` runs on all of them
 * at the same time. Returns how many did not turn for 2 s, and moves those to the front of `lanes`.
 */
uint32_t gw_ask_all(struct gw_lane **lanes, uint32_t count,
	void (*fn)(struct gw_lane *lane, void *arg), void *arg);

/* For the lane's loop: runs what it was asked. True when there was something: who asks once often
 * asks again, so that the lane should not fall asleep. */
bool gw_lane_answer(struct gw_lane *lane);

/* Starts the control thread; `upkeep` is called on it about every 100 ms. */
int gw_control_start(
	struct gw *gw, void (*upkeep)(struct gw *gw, int64_t now), struct gw_error *error);

/* No change is begun any more; waits until `deadline` (gw_now()) for one that is under way. Returns
 * false when the thread hangs. Accepts that it was never started. */
bool gw_control_stop(struct gw *gw, int64_t deadline);

/* Frees what gw_control_stop() left to callers that still waited. When nobody calls any more:
 * gw_dismantle() does it. */
void gw_control_free(struct gw *gw);

/* Runs `fn` on the control thread and waits for its end. Returns what it returned; -EBUSY, with a
 * line that says which, while another change is being made; -ESHUTDOWN when the gateway stops.
 * `what` is a line for the other's error: "adding camera door". Without a control thread (tests,
 * before the start) the caller's thread does it. Any other thread. */
int gw_control_call(struct gw *gw, const char *what,
	int (*fn)(struct gw *gw, void *arg, struct gw_error *error), void *arg,
	struct gw_error *error);

/* Lets the control thread run `fn` when it comes to it; nobody waits. The same one that has not
 * begun yet is not asked for twice. Main thread (signals). */
void gw_control_post(struct gw *gw, void (*fn)(struct gw *gw));
