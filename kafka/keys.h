/* The keys of records: the cameras that they name, and how new ones are made of the template.
 *
 * The lane never waits for a change of the gateway: a thread at the side asks the control thread
 * for one camera after the other. The source's lane only, but open, close and health.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/camera.h"
#include "core/error.h"
#include "core/gateway.h"
#include "core/health.h"

struct keys;

/* NULL, errno and the error line on failure. */
struct keys *keys_open(struct gw *gw, struct gw_error *error);

/* No camera is asked for any more. Does not wait for one that is: the change may wait for the
 * lane. */
void keys_stop(struct keys *keys);

/* Waits for a camera that is still asked for: when the control thread has ended, or goes on.
 * Accepts NULL. */
void keys_close(struct keys *keys);

/* As gw_stage_ops.camera_publish. */
void keys_publish(struct keys *keys, const struct gw_camera *is, const struct gw_camera *was);

/* The camera of that name; NULL: there is none. */
const struct gw_camera *keys_find(const struct keys *keys, const char *name, size_t size);

/* Lets one of that name be made; it is published when it is there. Asked again until it is. One
 * that cannot be made holds up those that share its place among the names that wait, which a hash
 * gives out; all others only for what is in the way of all. False: there are as many
 * as may be. */
bool keys_want(struct keys *keys, const char *name, size_t size, int64_t now);

/* Adds source.TOPIC.camera while records wait because their cameras cannot be made. Any thread. */
void keys_health(struct keys *keys, struct gw_health *health);
