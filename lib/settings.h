/* What an engine is asked to be, in the words of a gateway's configuration. Any thread.
 */
#pragma once

#include "core/config/config.h"
#include "core/error.h"
#include "lib/framegate.h"

/* Reads what the caller has given, who may have been compiled with fewer members, and puts in
 * defaults. Returns 0 or -EINVAL with a line. */
int settings_read(const struct framegate_options *given, struct framegate_options *options,
	struct gw_error *error);

/* The configuration of a gateway without cameras: the caller's. Returns 0 or a negative errno with
 * a line. */
int settings_config(
	const struct framegate_options *options, struct gw_config **config, struct gw_error *error);

/* The one camera, with the model or the plan: the caller's, for gw_config_camera_free(). The same.
 */
int settings_camera(const struct framegate_options *options, struct gw_camera_config **camera,
	struct gw_error *error);

/* Takes the camera's name out of a line: it is nobody whom the caller knows. */
void settings_forget_camera(struct gw_error *error);
