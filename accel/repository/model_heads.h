/* The keys of model.yaml that say what a model's outputs mean: schema, defaults and checks. */
#pragma once

#include "accel/repository/model.h"
#include "accel/repository/model_source.h"

extern const cyaml_schema_field_t model_classify_fields[], model_text_fields[],
	model_segment_fields[], model_raw_fields[], model_read_fields[], model_enhance_fields[];

/* Fills in what was left out. False when out of memory. */
bool model_heads_complete(struct model_description *d);

/* 0 or -EINVAL with a line. What depends on the labels is worked out here. */
int model_heads_check(struct model_description *d, const struct model_source *source);
