#include <stdio.h>
#include <string.h>

#include "core/config/check.h"
#include "core/config/name.h"

/* A device's index is the place of its entry: cameras have their home by it. */
static int check_device(const struct gw_accel_config *accel, uint32_t index,
	const struct config_source *source, struct gw_error *error)
{
	const struct gw_device_config *device = &accel->devices[index];
	char place[40], list[48];

	snprintf(place, sizeof(place), "accel.devices[%u].", index);
	if (!gw_name_is_good(device->name, strlen(device->name)))
		return config_refuse(source, place, "name", error,
			"'%s' is not a name: use letters, digits, '.', '_' and '-'", device->name);
	for (uint32_t i = 0; i < index; i++)
		if (strcmp(device->name, accel->devices[i].name) == 0)
			return config_refuse(source, place, "name", error,
				"'%s' is taken: every device needs a name of its own",
				device->name);
	snprintf(list, sizeof(list), "%scores", place);
	return config_check_processors(device->cores, device->cores_count, list, source, error);
}

int config_check_accel(
	const struct gw_config *config, const struct config_source *source, struct gw_error *error)
{
	const struct gw_accel_config *accel = config->accel;
	int status = 0;

	for (uint32_t i = 0; i < accel->devices_count && status == 0; i++)
		status = check_device(accel, i, source, error);
	if (status == 0 && accel->helpers > GW_HELPERS)
		status = config_refuse(source, "accel.", "helpers", error,
			"must be at most %d threads", GW_HELPERS);
	if (status == 0 && accel->locality_wait > CONFIG_MAX_WAIT)
		status = config_refuse(source, "accel.", "locality_wait", error,
			"must be at most %d ms", CONFIG_MAX_WAIT);
	return status;
}
