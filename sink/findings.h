/* What models said of a frame, as members of its record. Lane of the sink. */
#pragma once

#include "core/gateway.h"
#include "sink/writer.h"

/* "model", "task" and the findings; of a plan "task", "models" and one list. The caller writes the
 * braces around them. */
void findings_write(struct writer *writer, const struct gw *gw, const struct gw_result *result);

/* The latter, of `count` models. */
void findings_write_plan(struct writer *writer, const struct gw_model_info *models, uint32_t count,
	const struct gw_result *result);

/* An object that names the model, without the brace that closes it. */
void findings_write_model(struct writer *writer, const struct gw_model_info *model);
