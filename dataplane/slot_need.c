#include "dataplane/slot_need.h"

#include <errno.h>
#include <stdbool.h>

#include "core/pool.h"
#include "dataplane/stream.h"

static uint64_t pixels(const struct gw_size_class_config *class)
{
	return gw_slot_pixels(class->width, class->height);
}

static bool fits(const struct gw_size_class_config *class, const struct gw_camera_config *camera)
{
	return gw_slot_pixels(camera->width, camera->height) <= pixels(class);
}

/* As the pool chooses: the smallest class that fits. */
static bool may_use(const struct gw_frames_config *frames, uint32_t index,
	const struct gw_camera_config *camera)
{
	const struct gw_size_class_config *class = &frames->classes[index];

	if (camera->width == 0)
		return true;
	if (!fits(class, camera))
		return false;
	for (uint32_t i = 0; i < frames->classes_count; i++) {
		const struct gw_size_class_config *other = &frames->classes[i];

		if (fits(other, camera) &&
			(pixels(other) < pixels(class) ||
				(pixels(other) == pixels(class) && i < index)))
			return false;
	}
	return true;
}

int slot_need_check(const struct gw_config *config, struct gw_error *error)
{
	const struct gw_frames_config *frames = config->frames;

	for (uint32_t i = 0; i < frames->classes_count; i++) {
		const struct gw_size_class_config *class = &frames->classes[i];
		uint32_t cameras = 0;
		bool known = true;

		for (uint32_t k = 0; k < config->cameras_count; k++) {
			if (!may_use(frames, i, &config->cameras[k]))
				continue;
			cameras++;
			known &= config->cameras[k].width > 0;
		}
		const uint32_t need = cameras > 0 ? STREAM_OPEN_FRAMES * cameras + 1 : 0;

		if (class->count < need)
			return gw_error_set(error, -EINVAL,
				"dataplane: nothing may be lost, and %u slots of %ux%u are too few "
				"for the cameras that use them: raise `frames.classes[%u].count` "
				"to %u%s",
				class->count, class->width, class->height, i, need,
				known ? "" : ", or give the cameras `width` and `height`");
	}
	return 0;
}
