/* What the schema cannot say: values that must fit each other. Private to core/config. */
#pragma once

#include <stddef.h>

#include "core/config/config.h"
#include "core/config/yaml_load.h"

#define CONFIG_MAX_QUOTA 64
#define CONFIG_MAX_CORES 1024 /* of one device */
#define CONFIG_MAX_WAIT 60000 /* ms */
#define CONFIG_MAX_SLOTS 65536 /* of a size class */
#define CONFIG_MAX_HEARTBEAT 3600 /* s between two */
#define CONFIG_MAX_AGE 86400 /* s, of a command */

struct config_source {
	const char *text;
	size_t size;
	const char *file;
};

/* Says what is wrong with the value at PLACE + KEY, as in ("cameras[3].", "port"); -EINVAL. */
__attribute__((format(printf, 5, 6))) int config_refuse(const struct config_source *source,
	const char *place, const char *key, struct gw_error *error, const char *format, ...);

/* Parses addresses and checks names and limits. Returns 0 or -EINVAL with place and reason. */
int config_check(
	struct gw_config *config, const struct config_source *source, struct gw_error *error);

/* One camera without its neighbours; `place` stands before its keys: "cameras[3]." or "". */
int config_check_camera(struct gw_camera_config *camera, const char *place,
	const struct config_source *source, struct gw_error *error);

/* All of them, and each with each. */
int config_check_cameras(
	struct gw_config *config, const struct config_source *source, struct gw_error *error);

/* What a camera and a template for cameras have in common. */
int config_check_picture(uint16_t width, uint16_t height, uint32_t quota, const char *place,
	const struct config_source *source, struct gw_error *error);

/* NAME or NAME:VERSION, under `key`. */
int config_check_model(const char *model, const char *place, const char *key,
	const struct config_source *source, struct gw_error *error);

/* The steps under `plan`, and that there is not a `model` beside them (NULL: none). */
int config_check_plan(const struct gw_step_config *plan, uint32_t count, const char *model,
	const char *place, const struct config_source *source, struct gw_error *error);

int config_check_rotate(uint16_t rotate, const char *place, const struct config_source *source,
	struct gw_error *error);

/* Pictures of that size must be within what `decode` allows. */
int config_check_decodes(const struct gw_decode_config *decode, uint16_t width, uint16_t height,
	const char *place, const struct config_source *source, struct gw_error *error);

/* The processors of one list: numbers that a processor can have, none of them twice. `place` is
 * where the list stands. */
int config_check_processors(const int32_t *processors, uint32_t count, const char *place,
	const struct config_source *source, struct gw_error *error);

/* The section `accel`. */
int config_check_accel(
	const struct gw_config *config, const struct config_source *source, struct gw_error *error);

/* The section `kafka`. */
int config_check_kafka(
	struct gw_config *config, const struct config_source *source, struct gw_error *error);

/* The section `api`. */
int config_check_api(
	const struct gw_config *config, const struct config_source *source, struct gw_error *error);

/* The section `alarms`. */
int config_check_alarms(
	const struct gw_config *config, const struct config_source *source, struct gw_error *error);

/* An order over port, source and destination. */
int config_compare_address(const struct gw_camera_config *a, const struct gw_camera_config *b);
