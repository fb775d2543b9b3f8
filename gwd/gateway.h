/* The gateway's life: built from a configuration, run, taken down. */
#pragma once

#include "core/gateway.h"

/* The pipeline and the services: gwd/pipeline.c. The services end with NULL. */
extern const struct gw_way gw_pipeline[GW_STAGES];
extern const struct gw_service_ops *const gw_services[];

/* Builds the gateway from a configuration, which it owns from then on, also on failure. Nothing
 * runs yet. On failure everything is taken down again. */
int gw_open(struct gw *gw, struct gw_config *config, const struct gw_replay *replay,
	struct gw_error *error);

/* Reads the configuration file again and makes a commit of it (core/commit.h): all of it, or none
 * with a line in the log. What needs a restart is logged by name. Control thread. */
void gw_reload(struct gw *gw);

/* Runs until a signal, or until a replay is through; then drains. Returns 0 or a negative errno;
 * -EDEADLK when a thread hangs that could not be ended: then nothing it may touch can be freed, and
 * the process must leave by _exit(). From a signal on the process ends within 5 s in any case. */
int gw_run(struct gw *gw, struct gw_error *error);

/* Takes down what gw_open() built, in reverse; accepts half-built state. False when a request is
 * still at work in a service: then all is left as it is, and the process must end at once. */
bool gw_close(struct gw *gw);
