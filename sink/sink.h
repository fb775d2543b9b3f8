/* What a back-end of the sink stage is made of. For those who write one; users take sink/stage.h.
 *
 * The stage hands over one record after the other and the back-end reports, once for each record
 * that it accepted, what became of it. Every function but open, health, describe and close runs
 * on the thread of the lane that the state is of.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "core/gateway.h"

struct gw_health;
struct json_t;
struct sink;

enum sink_kind {
	SINK_RESULT, /* `value` is text or a message, by `format`, and gone when submit returns */
	SINK_SAMPLE, /* `value` is a JPEG stream: in the frame's slot, where it stays until the
			record was reported, or one that is gone before (`copied`) */
};

struct sink_record {
	enum sink_kind kind;
	struct gw_frame *frame;
	const char *camera; /* its name: the record's key */
	/* CloudEvents attributes: the same for a result and the sampled picture that belongs to it.
	 */
	const char *id;
	const char *source;
	const char *time;
	const void *value;
	uint32_t size;
	enum gw_record_format format; /* result */
	bool sampled; /* result: the frame's picture was accepted as a sample before it */
	/* A wrapping back-end's own, which comes back with the report. */
	uint64_t token;
	bool comes_again; /* when there is no room: that is no refusal */
	bool copied; /* sample: `value` is gone when submit returns, as a result's is */
	/* Sample: the finding whose enhanced picture it is; GW_NO_FINDING: the camera's own. */
	uint16_t finding;
	bool reduced; /* sample: it was encoded again, smaller than it came */
};

struct sink_report {
	enum sink_kind kind;
	uint32_t camera;
	struct gw_frame *frame; /* sample only: the one that was submitted */
	enum gw_drop drop; /* GW_DROP_NONE: delivered */
	uint64_t waited_us; /* since it was submitted */
	uint64_t receipt; /* result only: its frame's, which may be another frame's slot by now */
	uint64_t token; /* the record's */
	bool spooled; /* it was counted as lying in the spool */
};

/* The stage's ear: back-ends call it once for every accepted record, from any of their functions,
 * also from submit itself. A sample's picture may be gone when it returns. Sink thread only. */
void sink_report(struct sink *sink, const struct sink_report *report);

/* For the spool, which hears reports first. Sink thread only. */
/* The end of a record: counts it, and returns its receipt. */
void sink_settle(struct sink *sink, const struct sink_report *report);
/* A result, or a picture, is on the disk and in no slot any more: counts it as spooled. */
void sink_spooled_result(struct sink *sink, uint32_t camera);
void sink_spooled_sample(struct sink *sink, struct gw_frame *frame);

/* This lane's part of a bound that holds for all lanes of the sink together, for back-ends that
 * bound what waits: the parts add up to `whole`, but that none is smaller than `least`. Any thread.
 */
uint64_t sink_share(const struct sink *sink, uint64_t whole, uint64_t least);

/* What the sink has made of a camera's version: gw_camera.of[GW_STAGE_SINK]. */
struct sink_camera {
	char *source; /* the CloudEvents source of its records */
	int directory; /* of a back-end that writes files: the camera's; -1: none */
	uint64_t first_picture; /* of the same: the number of the frame 0's */
};

struct sink_ops {
	const char *name;
	bool one_lane; /* several threads would be in each other's way */

	/* Checks what can be checked without waiting for anybody: brokers that are away are no
	 * error. On failure one line that says what to do, and nothing is left open. Main thread.
	 */
	int (*open)(const struct gw *gw, struct sink *sink, void **state, struct gw_error *error);

	/* Optional: makes what records of the camera will need, into `made`; what is in it is taken
	 * back by the stage. On failure one line. Control thread. */
	int (*camera_prepare)(void *state, const struct gw_camera *camera, struct sink_camera *made,
		struct gw_error *error);

	/* Optional: whether the brokers take a sampled picture of so many bytes at all, as far as
	 * that is known. False is told as a refusal is. */
	bool (*takes)(void *state, uint32_t size);

	/* Optional, of one that has `takes`: the largest picture that it says yes to. */
	uint32_t (*largest)(void *state);

	/* Takes one record; copies what it needs. GW_DROP_NONE: accepted, a report follows or has
	 * been made. Otherwise the reason why not, and no report follows; after sink_full and
	 * sample_full the stage may come again with the same record. Waits for nobody, and
	 * takes no lock and no system call for a record, but for `file`: it writes a picture out
	 * here and may block for as long as the disk does. */
	enum gw_drop (*submit)(void *state, const struct sink_record *record);

	/* Optional, of a back-end that wraps another: hears the reports of that one, in place of
	 * the stage. It is polled every turn. */
	void (*hear)(void *state, const struct sink_report *report);

	/* Reports what became known. Waits for nobody. Returns how many reports were made. */
	uint32_t (*poll)(void *state);

	/* Optional: slow work, about every 10 ms. */
	void (*housekeeping)(void *state, int64_t now);

	/* Optional: nothing more will be submitted; sends off what is held back to fill batches.
	 * Called again and again, with poll in between; may take some milliseconds. */
	void (*flush)(void *state);

	/* Gives up what is still unconfirmed and reports it, within a fraction of a second. What it
	 * could not report by then it never reports: the stage counts it as lost. Only describe and
	 * close follow. */
	void (*purge)(void *state);

	/* Optional: adds what keeps records from being delivered (core/health.h), in figures of
	 * all lanes together: `states` has one of each. Any thread. */
	void (*health)(void *const *states, uint32_t lanes, struct gw_health *health);

	/* Facts for the API, a new object, of all lanes together: at least "backend", "state" ("up"
	 * while records are delivered, or else what they are not) and "brokers" (a string or null).
	 * Any thread. */
	struct json_t *(*describe)(void *const *states, uint32_t lanes);

	/* Within a fraction of a second. No memory of a frame is touched afterwards. Main thread.
	 * Accepts NULL. */
	void (*close)(void *state);
};

extern const struct sink_ops sink_kafka;
extern const struct sink_ops sink_spool; /* sink_kafka behind a spool: sink/spool/ */
extern const struct sink_ops sink_file;
extern const struct sink_ops sink_null;

/* The one that the configuration asks for: sinks.c. NULL and the error line when there is none. */
const struct sink_ops *sink_choose(const struct gw *gw, struct gw_error *error);
