/* What models said of a frame, as members of a record (sink/schema/result.schema.json). */
#pragma once

#include "core/gateway.h"
#include "sink/writer.h"

/* Writes "model", "task" and what was found, without braces around them; "task":"none" alone for a
 * camera without a model. Sink thread. */
void findings_write(struct writer *writer, const struct gw *gw, const struct gw_result *result);
