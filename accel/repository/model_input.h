/* The `input` of a model.yaml: how it is read, checked and completed. For model_yaml.c. */
#pragma once

#include "accel/repository/model.h"
#include "accel/repository/model_source.h"

/* The keys of the mapping, into a struct model_input. */
extern const cyaml_schema_field_t model_input_fields[];

/* Whether what was read can be meant. 0, or -EINVAL with an error line. */
int model_input_check(const struct model_input *input, const struct model_source *source);

/* Fills in what was left out; of an input that was checked. Memory is released by libcyaml, which
 * uses free(). False: out of memory. */
bool model_input_complete(struct model_input *input);
