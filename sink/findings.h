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

/* NAME:VERSION, as the configuration writes models, into `name`, without an end. Returns its size.
 */
#define FINDINGS_MODEL_NAME (sizeof(((struct gw_model_info *)0)->name) + 12)
size_t findings_model_name(char name[FINDINGS_MODEL_NAME], const struct gw_model_info *model);

/* Of a plan: whether the model of run `i` looked in an earlier run too. */
bool findings_looked_before(const struct gw_result *result, uint16_t i);

/* Of a plan: what has a rest by its nature is only whole with it. */
bool findings_is_whole(const struct gw_model_info *model, const struct gw_finding *finding);

/* An object that names the model, without the brace that closes it. */
void findings_write_model(struct writer *writer, const struct gw_model_info *model);
