#include "core/running.h"

#include <errno.h>
#include <stdlib.h>

int gw_running_config(const struct gw *gw, struct gw_config *running, struct gw_error *error)
{
	const uint32_t high = gw_camera_high(gw);

	*running = *gw->config;
	running->cameras_count = 0;
	running->cameras = malloc((high + 1) * sizeof(running->cameras[0]));
	if (!running->cameras)
		return gw_error_set(error, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < high; i++) {
		const struct gw_camera *camera = gw_camera_now(gw, i);

		/* Those that were made for the keys of records are made again. */
		if (camera && !gw_camera_is_of_records(camera->config))
			running->cameras[running->cameras_count++] = *camera->config;
	}
	return 0;
}

void gw_running_free(struct gw_config *running)
{
	free(running->cameras);
	running->cameras = NULL;
	running->cameras_count = 0;
}
