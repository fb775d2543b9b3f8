/* What follows from a configuration without standing in it. */
#include <string.h>
#include <unistd.h>

#include "core/config/check.h"
#include "core/config/config.h"

const struct gw_lanes_config *gw_config_lanes(const struct gw_config *config, const char *stage)
{
	const struct gw_cores_config *cores = config->cores;
	const struct {
		const char *name;
		const struct gw_lanes_config *lanes;
	} stages[] = {
		{"rx", &cores->rx},
		{"source", &cores->source},
		{"decode", &cores->decode},
		{"accel", &cores->accel},
		{"sink", &cores->sink},
	};

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (strcmp(stages[i].name, stage) == 0)
			return stages[i].lanes;
	return NULL;
}

uint32_t gw_lanes_count(const struct gw_lanes_config *lanes)
{
	return lanes && lanes->count > 0 ? lanes->count : 1;
}

int32_t gw_lanes_processor(const struct gw_lanes_config *lanes, uint32_t lane)
{
	return lanes && lanes->processors && lane < lanes->count ? lanes->processors[lane] : -1;
}

/* Its quota, half as much again that is shed and on its way out, and two open frames. */
static uint64_t slots_of(uint32_t quota)
{
	return quota + (quota < 4 ? 2 : quota / 2) + 2;
}

/* In every class: what the cameras may hold when all are overloaded, and some for waiting samples.
 * Slots cost address space only until they are used. */
static uint32_t slots_wanted(const struct gw_config *config)
{
	const struct gw_source_config *source = config->kafka->source;
	uint64_t wanted = 32;

	for (uint32_t i = 0; i < config->cameras_count; i++)
		wanted += slots_of(config->cameras[i].quota);
	if (source)
		wanted += source->most * slots_of(source->template->quota);
	/* Nobody wrote that number, so that nobody is told of the limit: beyond it, the quotas of
	 * all cameras cannot be full at once. */
	return wanted < CONFIG_MAX_SLOTS ? (uint32_t)wanted : CONFIG_MAX_SLOTS;
}

static uint64_t pixels(uint32_t width, uint32_t height)
{
	return (uint64_t)width * height;
}

/* A class of its own for each configured size that is larger than the largest class; when there are
 * too many, the last one becomes as large as the largest. Returns how many classes there are. */
static uint32_t add_larger(
	const struct gw_config *config, struct gw_size_class_config *classes, uint32_t count)
{
	for (uint32_t i = 0; i < config->cameras_count; i++) {
		const struct gw_camera_config *camera = &config->cameras[i];
		const uint64_t wanted = pixels(camera->width, camera->height);
		bool fits = false;

		for (uint32_t k = 0; k < count && !fits; k++)
			fits = pixels(classes[k].width, classes[k].height) >= wanted;
		if (fits)
			continue;
		if (count < GW_FRAME_CLASSES)
			count++;
		classes[count - 1] = (struct gw_size_class_config){
			.width = camera->width, .height = camera->height};
	}
	return count;
}

uint32_t gw_config_classes(
	const struct gw_config *config, struct gw_size_class_config classes[GW_FRAME_CLASSES])
{
	static const struct gw_size_class_config defaults[] = {
		{.width = 640, .height = 480},
		{.width = 1920, .height = 1088},
		{.width = 4096, .height = 2304},
	};
	const struct gw_frames_config *frames = config->frames;
	uint32_t count = sizeof(defaults) / sizeof(defaults[0]);

	if (frames->classes_count > 0) {
		memcpy(classes, frames->classes, frames->classes_count * sizeof(classes[0]));
		return frames->classes_count;
	}
	for (uint32_t i = 0; i < count; i++)
		classes[i] = defaults[i];
	count = add_larger(config, classes, count);
	for (uint32_t i = 0; i < count; i++)
		classes[i].count = slots_wanted(config);
	return count;
}

uint64_t gw_config_frame_memory(const struct gw_config *config)
{
	if (config->frames->memory)
		return (uint64_t)*config->frames->memory << 20;
	return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / 2;
}
