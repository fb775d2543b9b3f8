/* What the gateway tells of one frame: a CloudEvents 1.0 event whose data is JSON, as
 * sink/schema/result.schema.json describes it, or protobuf (result.proto), as `kafka.format` says.
 * Made in place, without allocation. Sink thread only.
 */
#pragma once

#include <assert.h>
#include <stdint.h>

#include "core/gateway.h"
#include "sink/writer.h"

/* Tensors of 190,000 values, or the labels of a mask of any picture. */
#define RECORD_SIZE (1u << 20)
/* Boot id, camera and sequence number with slashes between; or another gateway's. */
#define RECORD_ID_SIZE GW_ORIGIN_ID

static_assert(RECORD_ID_SIZE >= 37 + GW_NAME + 1 + 21, "");

struct record {
	const struct gw *gw;
	char id[RECORD_ID_SIZE];
	char time[WRITER_TIME_SIZE];
	const char *source;
	uint32_t size;
	char value[RECORD_SIZE];
};

/* "/gateways/<gateway>/cameras/<camera>", percent-encoded (RFC 3986, 2.1): the CloudEvents source
 * is a URI. Released with free(); NULL when out of memory. */
char *record_source(const char *gateway, const char *camera);

/* NULL and errno on failure. */
struct record *record_create(const struct gw *gw);
void record_destroy(struct record *record); /* accepts NULL */

/* Sets id, time and source: what a frame's result and its sampled picture have in common. Id and
 * source are those of the gateway that made the picture. */
void record_begin(struct record *record, const struct gw_frame *frame);

/* Sets value and size, after record_begin() for the same frame. `sampled`: its picture is on its
 * way too. -EMSGSIZE when it does not fit. */
int record_finish(struct record *record, const struct gw_frame *frame, bool sampled);

/* Sets value and size to the JSON text alone, whatever `kafka.format` and `kafka.framing` say, for
 * who looks at the camera. As record_finish(). */
int record_finish_text(struct record *record, const struct gw_frame *frame, bool sampled);

/* "arrival", "rtcp", ...: as records name clocks. */
const char *record_clock_name(enum gw_clock clock);

/* An array of the frame's flags by name. */
void record_write_flags(struct writer *writer, uint32_t flags);

/* Writes a member `orientation` with its comma before it, for a picture that is not stored as it is
 * seen. */
void record_write_orientation(struct writer *writer, const struct gw_frame *frame);
