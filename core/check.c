#include "core/check.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_folder(const char *path)
{
	struct stat facts;

	return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

/* NAME or NAME:VERSION is the folder NAME or NAME/VERSION. */
static int check_model(
	const char *repository, const char *model, const char *owner, struct gw_error *error)
{
	const int name = (int)strcspn(model, ":");
	const char *version = model[name] ? model + name + 1 : "";
	char path[PATH_MAX];

	if (!is_folder(repository))
		return gw_error_set(error, -ENOENT,
			"accel.repository: there is no folder %s, and %s names a model: make it, "
			"or set accel.repository",
			repository, owner);
	snprintf(path, sizeof(path), "%s/%.*s%s%s", repository, name, model, version[0] ? "/" : "",
		version);
	if (is_folder(path))
		return 0;
	return gw_error_set(error, -ENOENT,
		"model %s of %s: there is no folder %s: put the model there, or name another",
		model, owner, path);
}

/* A camera's model, or all those of its plan. */
static int check_looks(const char *repository, const char *model, const struct gw_step_config *plan,
	uint32_t count, const char *owner, struct gw_error *error)
{
	int status = model ? check_model(repository, model, owner, error) : 0;

	for (uint32_t i = 0; i < count; i++)
		for (uint32_t k = 0; k < gw_step_models(&plan[i]) && status == 0; k++)
			status = check_model(repository, gw_step_model(&plan[i], k), owner, error);
	return status;
}

int gw_check_models(const struct gw_config *config, bool replay, struct gw_error *error)
{
	const struct gw_source_config *source = config->kafka->source;
	const char *repository = config->accel->repository;
	int status = 0;

	for (uint32_t i = 0; i < config->cameras_count && status == 0; i++) {
		const struct gw_camera_config *camera = &config->cameras[i];
		char owner[GW_NAME + 16];

		snprintf(owner, sizeof(owner), "camera %s", camera->name);
		status = check_looks(
			repository, camera->model, camera->plan, camera->plan_count, owner, error);
	}
	if (status == 0 && source && !replay)
		status = check_looks(repository, source->template->model, source->template->plan,
			source->template->plan_count, "kafka.source.template", error);
	return status;
}

static const char *device_before(const struct gw_config *running, const char *name)
{
	for (uint32_t i = 0; i < running->interfaces_count; i++)
		if (strcmp(running->interfaces[i].name, name) == 0)
			return running->interfaces[i].device;
	return "";
}

/* Where the kernel shows a device that has to be there beforehand; false: it is made when DPDK
 * opens it. */
static bool place_of(const char *device, char path[PATH_MAX])
{
	static const char key[] = "iface=";
	const int name = (int)strcspn(device, ",");
	const char *over = strstr(device, key);
	unsigned int domain, bus, slot, function;

	if (sscanf(device, "%x:%x:%x.%x", &domain, &bus, &slot, &function) == 4)
		snprintf(path, PATH_MAX, "/sys/bus/pci/devices/%.*s", name, device);
	else if (sscanf(device, "%x:%x.%x", &bus, &slot, &function) == 3)
		snprintf(path, PATH_MAX, "/sys/bus/pci/devices/0000:%.*s", name, device);
	else if (over && strncmp(device, "net_af_", 7) == 0)
		snprintf(path, PATH_MAX, "/sys/class/net/%.*s",
			(int)strcspn(over + sizeof(key) - 1, ","), over + sizeof(key) - 1);
	else
		return false;
	return true;
}

int gw_check_ports(
	const struct gw_config *config, const struct gw_config *running, struct gw_error *error)
{
	char path[PATH_MAX];

	for (uint32_t i = 0; i < config->interfaces_count; i++) {
		const struct gw_interface_config *interface = &config->interfaces[i];

		if (strcmp(interface->device, device_before(running, interface->name)) != 0 &&
			place_of(interface->device, path) && access(path, F_OK) != 0)
			return gw_error_set(error, -ENODEV,
				"interface %s: there is no %s: name a device of this machine "
				"(`dpdk-devbind.py --status`, `ip link`)",
				interface->name, path);
	}
	return 0;
}
