/* What a finding is in a record of protobuf: fields of the message that is being written
 * (sink/schema/result.proto). As sink/finding.h, which writes JSON. Lane of the sink. */
#pragma once

#include "core/result.h"
#include "sink/writer.h"

/* Label, confidence and the label's number: what a Class, an Object and a Finding begin with. */
void finding_put_entry(
	struct writer *writer, const struct gw_model_info *model, const struct gw_finding *finding);

/* An entry with its box and what it has beyond that. `task`: of its model. */
void finding_put_object(struct writer *writer, const struct gw_model_info *model, enum gw_task task,
	const struct gw_finding *finding, const void *rest);

/* A message of its own, as that field. */
void finding_put_mask(struct writer *writer, uint32_t field, const struct gw_model_info *model,
	const struct gw_finding *finding, const struct gw_mask *mask);
void finding_put_tensor(struct writer *writer, uint32_t field, const struct gw_model_info *model,
	const struct gw_finding *finding, const struct gw_values *values);
void finding_put_picture(struct writer *writer, uint32_t field, const struct gw_picture *picture);

/* The text that was read, and the confidence, as those fields. */
void finding_put_line(struct writer *writer, uint32_t text, uint32_t confidence,
	const struct gw_result *result, const struct gw_finding *finding);
