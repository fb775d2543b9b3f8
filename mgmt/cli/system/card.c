#include "mgmt/cli/system/card.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PCI "/sys/bus/pci"
#define VFIO "vfio-pci"
#define INTERFACE_UP 1ul /* IFF_UP of netdevice(7) */

void card_driver(const struct machine *machine, const char *device, char driver[CARD_DRIVER])
{
	char path[PATH_MAX], target[PATH_MAX];

	snprintf(path, sizeof(path), "%s" PCI "/devices/%s/driver", machine->root, device);
	const ssize_t size = readlink(path, target, sizeof(target) - 1);

	target[size > 0 ? size : 0] = '\0';
	const char *slash = strrchr(target, '/');

	snprintf(driver, CARD_DRIVER, "%.*s", CARD_DRIVER - 1, slash ? slash + 1 : target);
}

static int write_file(
	const struct machine *machine, const char *path, const char *text, struct gw_error *error)
{
	char whole[PATH_MAX];

	snprintf(whole, sizeof(whole), "%s%s", machine->root, path);
	const int fd = open(whole, O_WRONLY | O_CLOEXEC);
	const int status = fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	if (status == 0)
		return 0;
	return gw_error_set(error, status, "%s: %s%s", path, strerror(-status),
		status == -EACCES ? ": use sudo" : "");
}

/* "0000:01:00.0": anything else would be another path. */
static bool is_address(const char *device)
{
	unsigned domain, bus, slot, function;
	int end = 0;

	return sscanf(device, "%4x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function, &end) == 4 &&
		device[end] == '\0' && end == 12;
}

static int check_card(const struct machine *machine, const char *device, struct gw_error *error)
{
	char path[PATH_MAX], class[32];

	if (!is_address(device))
		return gw_error_set(error, -EINVAL,
			"'%s' is no PCI address: it looks like 0000:01:00.0 (gwctl system check "
			"lists network cards)",
			device);
	snprintf(path, sizeof(path), PCI "/devices/%s/class", device);
	if (!machine_line(machine, path, class, sizeof(class)))
		return gw_error_set(error, -ENODEV,
			"there is no PCI device %s: gwctl system check lists network cards",
			device);
	if (strncmp(class, "0x02", 4) != 0)
		return gw_error_set(error, -EINVAL,
			"%s is no network card (class %s): it stays as it is", device, class);
	return 0;
}

/* Whether an interface of the card is up, and which. */
static bool in_use(const struct machine *machine, const char *device, char name[NAME_MAX + 1])
{
	char path[PATH_MAX + NAME_MAX + 8], flags[32];
	struct dirent *entry;
	bool up = false;

	snprintf(path, sizeof(path), "%s" PCI "/devices/%s/net", machine->root, device);
	DIR *dir = opendir(path);

	while (!up && dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), PCI "/devices/%s/net/%s/flags", device, entry->d_name);
		up = machine_line(machine, path, flags, sizeof(flags)) &&
			(strtoul(flags, NULL, 16) & INTERFACE_UP);
		snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return up;
}

/* Lets its driver go, says which one may have it ("\n": any), and lets the kernel look again. */
static int give(
	const struct machine *machine, const char *device, const char *to, struct gw_error *error)
{
	char path[PATH_MAX], driver[CARD_DRIVER];

	snprintf(path, sizeof(path), PCI "/devices/%s/driver_override", device);
	int status = write_file(machine, path, to, error);

	card_driver(machine, device, driver);
	snprintf(path, sizeof(path), PCI "/devices/%s/driver/unbind", device);
	if (status == 0 && driver[0])
		status = write_file(machine, path, device, error);
	if (status == 0)
		status = write_file(machine, PCI "/drivers_probe", device, error);
	return status;
}

/* After a bind that failed with `why`: any driver may have the card again. Returns `status` with
 * the line, which says what the card has now. */
static int give_back(const struct machine *machine, const char *device, int status, const char *why,
	struct gw_error *error)
{
	char driver[CARD_DRIVER], path[PATH_MAX];
	struct gw_error ignored;

	/* What went wrong first is told; what the card has tells whether this did, too. */
	snprintf(path, sizeof(path), PCI "/devices/%s/driver_override", device);
	(void)write_file(machine, path, "\n", &ignored);
	card_driver(machine, device, driver);
	if (!driver[0])
		(void)write_file(machine, PCI "/drivers_probe", device, &ignored);
	card_driver(machine, device, driver);
	if (driver[0])
		return gw_error_set(error, status, "%s; it has the driver %s now", why, driver);
	return gw_error_set(error, status,
		"%s; it has no driver now: gwctl system unbind %s asks for one again", why, device);
}

int card_bind(const struct machine *machine, const char *device, struct gw_error *error)
{
	char driver[CARD_DRIVER], interface[NAME_MAX + 1], path[PATH_MAX];
	int status = check_card(machine, device, error);

	if (status != 0)
		return status;
	card_driver(machine, device, driver);
	if (strcmp(driver, VFIO) == 0)
		return 0;
	if (in_use(machine, device, interface))
		return gw_error_set(error, -EBUSY,
			"%s is in use: its interface %s is up; ip link set %s down, when nobody "
			"needs it",
			device, interface, interface);
	snprintf(path, sizeof(path), "%s" PCI "/drivers/" VFIO, machine->root);
	if (access(path, F_OK) != 0)
		return gw_error_set(error, -ENOENT, VFIO " is not loaded: modprobe " VFIO);
	struct gw_error why;

	status = give(machine, device, VFIO, &why);
	card_driver(machine, device, driver);
	if (status == 0 && strcmp(driver, VFIO) == 0)
		return 0;
	if (status == 0)
		status = gw_error_set(&why, -EIO,
			"the kernel did not give %s to " VFIO
			": dmesg says why; without an IOMMU it does not (gwctl system check)",
			device);
	return give_back(machine, device, status, why.text, error);
}

int card_unbind(const struct machine *machine, const char *device, struct gw_error *error)
{
	char driver[CARD_DRIVER];
	int status = check_card(machine, device, error);

	if (status != 0)
		return status;
	card_driver(machine, device, driver);
	if (driver[0] && strcmp(driver, VFIO) != 0)
		return 0;
	status = give(machine, device, "\n", error);
	if (status != 0)
		return status;
	card_driver(machine, device, driver);
	if (driver[0] && strcmp(driver, VFIO) != 0)
		return 0;
	return gw_error_set(error, -EIO,
		"the kernel has no driver for %s: load the card's module; dmesg says more", device);
}
