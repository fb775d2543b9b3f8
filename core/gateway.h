/* The whole gateway: what the stages share. Made by gw_open(), read-only afterwards but where a
 * field says otherwise. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/latency.h"
#include "core/pool.h"
#include "core/result.h"
#include "core/stage.h"

#define GW_STAGES 4
#define GW_MODELS 32
#define GW_SERVICES 8

enum gw_stage_index { GW_STAGE_RX, GW_STAGE_DECODE, GW_STAGE_ACCEL, GW_STAGE_SINK };

/* What runs beside the stages and serves them (the API). Opened after them, closed before. A
 * service that the configuration does not want leaves its state NULL: then nothing of it is called
 * again.
 */
struct gw_service_ops {
	const char *name;
	int (*open)(struct gw *gw, void **state, struct gw_error *error);

	/* Optional: lets requests in, now that all services are open. */
	int (*start)(void *state, struct gw_error *error);

	/* Optional: lets no more in, and waits for those under way, half a second at most. False
	 * when some are left that still use the gateway: then nothing may be taken down. Called
	 * before the first service is closed, also when it was never started. */
	bool (*stop)(void *state);

	void (*close)(void *state);

	/* Optional, as those of a stage (core/stage.h). Any thread, while the service is open. */
	void (*health)(void *state, struct gw_health *health);
	struct json_t *(*describe)(void *state);
	const struct gw_api_route *routes;
};

struct gw_service {
	const struct gw_service_ops *ops;
	void *state; /* NULL: not wanted */
};

struct gw_camera {
	const struct gw_camera_config *config;
	uint16_t model; /* index into gw->models, GW_NO_MODEL; set by the accel stage's open */

	/* The smallest picture that is of use to the model, so that a decoder may scale: input size
	 * and whether grey is enough. Set by the accel stage's open; 0: no model. */
	uint16_t input_width, input_height;
	bool input_gray;

	_Atomic uint32_t
		sample_every; /* 0: only on demand. Main writes (reload), the sink reads. */
	_Atomic bool sample_now; /* the API sets it, the sink exchanges it for false */
};

/* Replay: a capture instead of interfaces. NULL in daemon mode. */
struct gw_replay {
	const char *input; /* pcap file */
	const char *output; /* directory */
};

struct gw {
	struct gw_config *config;
	const char *config_path; /* for reload; NULL: it was not read from a file */
	const struct gw_replay *replay;
	bool lossless;
	char boot_id[37]; /* a UUID, new for every start */
	int64_t start; /* gw_now() */

	struct gw_camera *cameras;
	uint32_t camera_count;

	struct gw_model_info models[GW_MODELS]; /* filled by the accel stage's open */
	uint32_t model_count;

	struct gw_pool *pool;
	struct gw_link *links[GW_STAGES - 1];
	struct gw_stage stages[GW_STAGES];
	struct gw_latency *latency;
	struct gw_service services[GW_SERVICES];
	uint32_t service_count; /* opened ones */
	_Atomic bool ready; /* main writes, the API reads */
};

/* Sums of one counter over all stages: for drops, which are counted in more than one place. */
uint64_t gw_total_drops(const struct gw *gw, uint32_t camera, enum gw_drop drop);
uint64_t gw_total_events(const struct gw *gw, uint32_t camera, enum gw_event event);
