/* The keys of model.yaml that say what a detector's outputs mean: schema, defaults and checks. */
#pragma once

#include "accel/repository/model.h"
#include "accel/repository/model_source.h"

extern const cyaml_schema_field_t model_detect_fields[];

/* Fills in what was left out. False when out of memory. */
bool model_detect_complete(struct model_detect *detect);

/* 0 or -EINVAL with a line; -ENOMEM. What each label must reach is worked out here. */
int model_detect_check(const struct model_description *d, const struct model_source *source);
