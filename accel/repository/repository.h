/* The model repository: a directory of models, each in numbered versions.
 *
 *   <repository>/<name>/<version>/model.onnx
 *   <repository>/<name>/<version>/model.yaml
 *
 * A model's digest is the SHA-256 of model.onnx, followed by the files that it keeps weights in, if
 * any, in the order of their names.
 */
#pragma once

#include "accel/repository/model.h"

/* Loads the model that `reference` names: "name" (the version that accel/rollout/state.h
 * says, or else its highest one) or "name:version". When there is no such model the error lists
 * those that are there. On failure *model is NULL. */
int repository_load(const char *repository, const char *reference, struct model **model,
	struct gw_error *error);

/* Loads the model in one version's directory; name and version are taken from its path where they
 * can be. On failure *model is NULL. */
int repository_load_directory(const char *directory, struct model **model, struct gw_error *error);

/* The highest version of a model; 0: it has none. */
uint32_t repository_highest(const char *repository, const char *name);

/* Accepts NULL. */
void model_free(struct model *model);
