/* Labels of a model that stand in a file of their own, one a line. */
#pragma once

#include "accel/repository/model.h"

#define MODEL_LABELS 32768
#define MODEL_LABEL 255 /* characters of one */

/* Reads d->labels_file, a name beside the model.yaml at `path`, into d->labels, as libcyaml would
 * have (model_yaml_free() frees them). Returns 0 or a negative errno with a line. */
int model_labels_read(struct model_description *d, const char *path, struct gw_error *error);
