/* The value of a heartbeat: JSON as sink/schema/heartbeat.schema.json has it, or protobuf
 * (heartbeat.proto). Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sink/writer.h"

enum heartbeat_state {
	HEARTBEAT_LIVE,
	HEARTBEAT_STALLED,
	HEARTBEAT_SILENT,
	HEARTBEAT_STATES,
};

struct heartbeat_facts {
	const char *id, *gateway;
	int64_t utc_ns;
	uint32_t seconds; /* until the next one */
	const char *camera; /* NULL: of the gateway */

	/* Of a camera. */
	enum heartbeat_state state;
	uint64_t frames, delivered;
	int64_t last_frame_ms; /* how long ago; below 0: there was none */

	/* Of the gateway. */
	uint64_t uptime; /* seconds */
	const uint32_t *cameras; /* by state */
};

void heartbeat_write_text(struct writer *writer, const struct heartbeat_facts *facts);
void heartbeat_write_message(struct writer *writer, const struct heartbeat_facts *facts);
