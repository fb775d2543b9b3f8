#include "kafka/property_watch.h"

#include <string.h>
#include <sys/stat.h>

#include "core/clock.h"
#include "kafka/property.h"

#define LOOK_NS GW_NS_PER_S

/* What the library reads a file of. */
static bool names_file(const char *name)
{
	return property_ends_with(name, ".location") || strcmp(name, "sasl.kerberos.keytab") == 0;
}

static uint64_t mix(uint64_t sum, uint64_t more)
{
	return (sum ^ more) * 0x9e3779b97f4a7c15u;
}

static uint64_t mix_time(uint64_t sum, const struct timespec *time)
{
	return mix(mix(sum, (uint64_t)time->tv_sec), (uint64_t)time->tv_nsec);
}

static uint64_t files_of(const struct gw_property_config *properties, uint32_t count)
{
	uint64_t sum = 1;

	for (uint32_t i = 0; i < count; i++) {
		const struct gw_property_config *property = &properties[i];
		const char *path = names_file(property->name) ? property->value : property->file;
		struct stat facts;

		if (!path)
			continue;
		if (stat(path, &facts) != 0)
			facts = (struct stat){0};
		sum = mix(sum, facts.st_ino);
		sum = mix(sum, (uint64_t)facts.st_size);
		sum = mix_time(sum, &facts.st_mtim);
		/* A copy may keep the time of its original; and who may read a file counts too. */
		sum = mix_time(sum, &facts.st_ctim);
	}
	return sum;
}

void property_watch_begin(
	struct property_watch *watch, const struct gw_property_config *properties, uint32_t count)
{
	watch->files = watch->seen = files_of(properties, count);
}

bool property_watch_look(struct property_watch *watch, const struct gw_property_config *properties,
	uint32_t count, int64_t now)
{
	if (now < watch->look_at)
		return false;
	watch->look_at = now + LOOK_NS;
	const uint64_t before = watch->seen;

	watch->seen = files_of(properties, count);
	return watch->seen == before && watch->seen != watch->files;
}

void property_watch_take(struct property_watch *watch)
{
	watch->files = watch->seen;
}
