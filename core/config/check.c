#include "core/config/check.h"

#include <errno.h>

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/config/name.h"

#define MAX_SIDE 16384 /* above, a slot would not fit 32 bits */

int config_refuse(const struct config_source *source, const char *place, const char *key,
	struct gw_error *error, const char *format, ...)
{
	char path[128], reason[384];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	const size_t size = strlen(place);

	/* Of a mapping as a whole. */
	if (key[0] == '\0' && size > 0 && place[size - 1] == '.')
		snprintf(path, sizeof(path), "%.*s", (int)size - 1, place);
	else
		snprintf(path, sizeof(path), "%s%s", place, key);
	return gw_yaml_complain(
		source->text, source->size, source->file, path, error, "%s", reason);
}

/* Which processors there are is the business of the machine that runs it. */
int config_check_processors(const int32_t *processors, uint32_t count, const char *place,
	const struct config_source *source, struct gw_error *error)
{
	for (uint32_t i = 0; i < count; i++) {
		char entry[16];

		snprintf(entry, sizeof(entry), "[%u]", i);
		if (processors[i] < 0 || processors[i] >= CPU_SETSIZE)
			return config_refuse(source, place, entry, error,
				"%d is not a processor: they have numbers from 0 to %d",
				processors[i], CPU_SETSIZE - 1);
		for (uint32_t k = 0; k < i; k++)
			if (processors[k] == processors[i])
				return config_refuse(source, place, entry, error,
					"processor %d is in the list already: each has one thread",
					processors[i]);
	}
	return 0;
}

static int check_lanes(const struct gw_config *config, const char *stage,
	const struct config_source *source, struct gw_error *error)
{
	const struct gw_lanes_config *lanes = gw_config_lanes(config, stage);
	char place[32];

	snprintf(place, sizeof(place), "cores.%s", stage);
	/* Records of a camera must begin on one thread, whatever partition they are in. */
	if (strcmp(stage, "source") == 0 && lanes->count > 1)
		return config_refuse(source, place, "", error,
			"the source has one thread: name one processor, '[%d]'",
			lanes->processors ? lanes->processors[0] : 0);
	if (lanes->count > GW_LANES)
		return config_refuse(
			source, place, "", error, "must be at most %d threads", GW_LANES);
	return config_check_processors(
		lanes->processors, lanes->processors ? lanes->count : 0, place, source, error);
}

static int check_cores(
	const struct gw_config *config, const struct config_source *source, struct gw_error *error)
{
	static const char *const stages[] = {"rx", "source", "decode", "accel", "sink"};
	int status = 0;

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]) && status == 0; i++)
		status = check_lanes(config, stages[i], source, error);
	return status;
}

/* The kernel's side of a port is a network device with a name of its own. */
static int check_kernel(const struct gw_config *config, uint32_t index, const char *place,
	const struct config_source *source, struct gw_error *error)
{
	const char *kernel = config->interfaces[index].kernel;

	if (!kernel)
		return 0;
	if (!gw_name_is_good(kernel, strlen(kernel)))
		return config_refuse(source, place, "kernel", error,
			"'%s' is no name of a network device: use letters, digits, '.', '_' and "
			"'-', at most 15",
			kernel);
	for (uint32_t k = 0; k < index; k++)
		if (config->interfaces[k].kernel &&
			strcmp(kernel, config->interfaces[k].kernel) == 0)
			return config_refuse(source, place, "kernel", error,
				"'%s' is taken by interfaces[%u]", kernel, k);
	return 0;
}

/* What DPDK knows a device by stands before the first comma. */
static int check_device(const struct gw_config *config, uint32_t index, const char *place,
	const struct config_source *source, struct gw_error *error)
{
	const char *device = config->interfaces[index].device;
	const size_t size = strcspn(device, ",");

	for (uint32_t k = 0; k < index; k++) {
		const char *other = config->interfaces[k].device;

		if (strcspn(other, ",") == size && strncasecmp(device, other, size) == 0)
			return config_refuse(source, place, "device", error,
				"'%.*s' is taken by interfaces[%u]: number them, as in "
				"net_af_packet0 and net_af_packet1",
				(int)size, device, k);
	}
	return 0;
}

static int check_interfaces(
	struct gw_config *config, const struct config_source *source, struct gw_error *error)
{
	for (uint32_t i = 0; i < config->interfaces_count; i++) {
		const char *name = config->interfaces[i].name;
		char place[32];

		snprintf(place, sizeof(place), "interfaces[%u].", i);
		if (!gw_name_is_good(name, strlen(name)))
			return config_refuse(source, place, "name", error,
				"'%s' is not a name: use letters, digits, '.', '_' and '-'", name);
		for (uint32_t k = 0; k < i; k++)
			if (strcmp(name, config->interfaces[k].name) == 0)
				return config_refuse(source, place, "name", error,
					"'%s' is taken by interfaces[%u]", name, k);
		if (check_device(config, i, place, source, error) != 0 ||
			check_kernel(config, i, place, source, error) != 0)
			return -EINVAL;
	}
	return 0;
}

static int check_frames(
	struct gw_config *config, const struct config_source *source, struct gw_error *error)
{
	for (uint32_t i = 0; i < config->frames->classes_count; i++) {
		const struct gw_size_class_config *class = &config->frames->classes[i];
		char place[32];

		snprintf(place, sizeof(place), "frames.classes[%u].", i);
		if (class->width > MAX_SIDE || class->height > MAX_SIDE)
			return config_refuse(source, place, "width", error,
				"width and height must be at most %d pixels", MAX_SIDE);
		if (class->count > CONFIG_MAX_SLOTS)
			return config_refuse(source, place, "count", error,
				"must be at most %d slots", CONFIG_MAX_SLOTS);
	}
	return 0;
}

/* As the pool rounds: decoders write whole 16-pixel blocks. */
static uint64_t blocks(uint32_t width, uint32_t height)
{
	return (uint64_t)((width + 15) / 16) * ((height + 15) / 16);
}

/* A slot holds so many pixels, whatever the picture's shape. Only what the file lists can be too
 * small. */
static int check_camera_sizes(
	struct gw_config *config, const struct config_source *source, struct gw_error *error)
{
	const struct gw_frames_config *frames = config->frames;

	for (uint32_t i = 0; i < config->cameras_count && frames->classes_count > 0; i++) {
		const struct gw_camera_config *camera = &config->cameras[i];
		bool fits = false;
		char place[32];

		for (uint32_t k = 0; k < frames->classes_count && !fits; k++)
			fits = blocks(frames->classes[k].width, frames->classes[k].height) >=
				blocks(camera->width, camera->height);
		if (fits)
			continue;
		snprintf(place, sizeof(place), "cameras[%u].", i);
		return config_refuse(source, place, "width", error,
			"a picture of %ux%u is larger than every slot: add a class of that size to "
			"`frames.classes`, or leave `frames.classes` out",
			camera->width, camera->height);
	}
	return 0;
}

int config_check(
	struct gw_config *config, const struct config_source *source, struct gw_error *error)
{
	int status = check_cores(config, source, error);

	if (status == 0)
		status = check_interfaces(config, source, error);
	if (status == 0)
		status = config_check_cameras(config, source, error);
	if (status == 0)
		status = check_frames(config, source, error);
	if (status == 0)
		status = check_camera_sizes(config, source, error);
	if (status == 0)
		status = config_check_accel(config, source, error);
	if (status == 0)
		status = config_check_kafka(config, source, error);
	if (status == 0)
		status = config_check_api(config, source, error);
	if (status == 0)
		status = config_check_alarms(config, source, error);
	return status;
}
