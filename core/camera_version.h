/* The life of one version of a camera: made, prepared by the stages, published by core/camera.c,
 * and freed when it was replaced and no frame has it any more. Control thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"

struct gw;
struct gw_camera;
struct gw_camera_config;

/* For the slot, with a copy of the configuration. NULL when out of memory. */
struct gw_camera *gw_camera_version_make(
	struct gw *gw, uint32_t id, const struct gw_camera_config *config);

/* Lets the stages make of it what they need, the last stage first; `was` is what it replaces, or
 * NULL. Returns 0 or a negative errno with a line; what they made goes with the version. */
int gw_camera_version_prepare(
	struct gw *gw, struct gw_camera *is, const struct gw_camera *was, struct gw_error *error);

/* For a version that nobody has. */
void gw_camera_version_free(struct gw *gw, struct gw_camera *camera);

/* Lets go of a version (or NULL) that no lane will give to a new frame: it is freed with its last
 * frame. */
void gw_camera_version_retire(struct gw *gw, struct gw_camera *camera);

/* Frees the retired ones that no frame has; `all`: whatever has them. */
void gw_camera_versions_free(struct gw *gw, bool all);
