/* The whole gateway: what the stages share. Read-only after gw_build() and gw_open_stages() but
 * where a field says otherwise. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/camera.h"
#include "core/commit.h"
#include "core/config/config.h"
#include "core/credit.h"
#include "core/device.h"
#include "core/inlet.h"
#include "core/latency.h"
#include "core/pool.h"
#include "core/receipt.h"
#include "core/result.h"
#include "core/stage.h"
#include "core/trace.h"

#define GW_MODELS 64 /* versions that are loaded at a time */
#define GW_ROUTES 32 /* what cameras call them */
#define GW_SERVICES 8

/* In the order of a frame's way: upstream before downstream. */
enum gw_stage_index {
	GW_STAGE_RX,
	GW_STAGE_SOURCE,
	GW_STAGE_DECODE,
	GW_STAGE_ACCEL,
	GW_STAGE_SINK,
	GW_STAGES
};

/* The pipeline: which stages there are, and where each gives its frames. Indexed by
 * enum gw_stage_index; a way without operations is a stage that this gateway has not. */
struct gw_way {
	const struct gw_stage_ops *ops;
	enum gw_stage_index to; /* GW_STAGES: nowhere, frames end there */
};

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

/* Replay: a capture instead of interfaces. NULL in daemon mode. */
struct gw_replay {
	const char *input; /* pcap file */
	const char *output; /* directory */
	const struct gw_way *way; /* NULL: that of the gateway, from its ports on */
};

struct gw_alarms;
struct gw_control;
struct gw_views;

/* A picture for gw->try_picture. */
struct gw_try {
	const char *model; /* the folder of its version */
	const char *library, *backend, *device; /* of `accel`; NULL: the usual one */
	const uint8_t *jpeg;
	size_t size;
	const _Atomic bool *ending; /* of the request */
};

struct gw {
	struct gw_config *config; /* as it was read; cameras change: see `cameras` */
	const char *config_path; /* for reload; NULL: it was not read from a file */
	const struct gw_replay *replay;
	struct gw_error input_fault; /* of a replay: why not all of its input was read; or empty */
	bool lossless; /* what comes from the network; records always are */
	char boot_id[37]; /* a UUID, new for every start */
	int64_t start; /* gw_now() */

	struct gw_cameras *cameras;
	struct gw_commits commits; /* core/commit.h */
	/* What a start would say of a text: of the composition root; NULL: nobody can. Waits; any
	 * thread that may. 0, or a negative errno with a line. */
	int (*check_text)(const char *text, size_t size, struct gw_error *error);
	/* What a model makes of a picture that no camera sent: the same. */
	int (*try_picture)(
		const struct gw_try *what, struct json_t **findings, struct gw_error *error);
	/* Told while parts open of work that may take minutes: what is read, how many bytes of how
	 * many. Main thread; NULL: nobody listens. */
	void (*on_reading)(const struct gw *gw, const char *what, uint64_t done, uint64_t all);
	_Atomic uint32_t hangup_uid; /* who sent SIGHUP last; main writes, control reads */
	/* Written by the accel stage when a camera brings new ones; those that are counted stay. A
	 * route is what cameras call a model, whichever of its versions looks at a frame. */
	struct gw_model_info models[GW_MODELS];
	/* Held by the accel stage while it gives a place to another model, and by who reads of one
	 * that may leave meanwhile: no frame, route or lock of that stage keeps it. */
	pthread_mutex_t models_lock;
	_Atomic uint32_t model_count;
	struct gw_credit credits[GW_ROUTES];
	_Atomic uint32_t route_count;

	struct gw_device host; /* the device that is always there: decoders run on it */
	/* What the engines of the models read as it is: written by the accel stage before decoders
	 * open, which may then leave pictures there. GW_MEM_NONE: they go to the host. */
	enum gw_memory pictures;
	struct gw_device devices[GW_DEVICES]; /* that models run on; those of host memory first */
	uint32_t device_count; /* at least 1 */
	struct gw_pool *pool;
	struct gw_stage stages[GW_STAGES];
	struct gw_latency *latency[GW_LANES]; /* of each lane of the sink */
	struct gw_trace trace; /* core/trace.h */
	struct gw_views *views; /* core/view.h */
	struct gw_alarms *alarms; /* core/alarm.h */
	struct gw_receipts *receipts[GW_LANES]; /* the same, to the source; NULL: there is none */
	struct gw_reports reports; /* to cameras that send within connections: rx, session */
	struct gw_service services[GW_SERVICES];
	uint32_t service_count; /* opened ones */
	const struct gw_api_witness *witness; /* core/api.h; NULL: nobody writes changes down */
	_Atomic(struct gw_control *) control; /* core/control.h */
	_Atomic bool ready; /* main writes, the API reads */
};

/* Whether `frames` asks for no more memory than it may take. Returns 0 or a negative errno. */
int gw_check_frames(const struct gw_config *config, struct gw_error *error);

/* Makes what the stages share, and the lanes with their links: cameras' table, pool, latency,
 * statistics. `gw` owns the configuration from then on, also on failure; `ways` has GW_STAGES
 * entries. Nothing is opened yet. On failure gw_dismantle() takes it down again. */
int gw_build(struct gw *gw, struct gw_config *config, const struct gw_replay *replay,
	const struct gw_way *ways, struct gw_error *error);

/* Asks all stages to look at what they will need (`check` of their table). Main thread. */
int gw_check_stages(struct gw *gw, struct gw_error *error);

/* Checks all stages, opens them, from the last to the first, so that no packet is taken before
 * there is somewhere to go with it, and adds the configured cameras. On failure too gw_dismantle()
 * takes it down again. */
int gw_open_stages(struct gw *gw, struct gw_error *error);

/* Closes the stages and frees everything, in reverse; accepts half-built state. No lane runs, and
 * the control thread has ended. */
void gw_dismantle(struct gw *gw);

/* Sums of one counter over all stages and lanes: for drops, which are counted in more than one
 * place. `subject` is a camera, GW_UNMATCHED or GW_REMOVED. Any thread. */
uint64_t gw_total_drops(const struct gw *gw, uint32_t subject, enum gw_drop drop);
uint64_t gw_total_events(const struct gw *gw, uint32_t subject, enum gw_event event);

/* The sum of one counter over the stages where frames begin. As gw_stage_count(). */
uint64_t gw_sources_count(const struct gw *gw, uint32_t subject, size_t counter);
#define GW_COUNT_SOURCES(gw, subject, member) \
	gw_sources_count(gw, subject, offsetof(struct gw_camera_stats, member))

/* Frames that began, at all sources. */
uint64_t gw_total_begun(const struct gw *gw, uint32_t subject);
