#include "core/apply_cameras.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/config/json.h"
#include "core/log.h"

/* For a name that is being removed. */
#define PATIENCE_NS (200 * GW_NS_PER_MS)

struct outcome {
	uint32_t added, changed, removed;
};

static int by_name(const void *left, const void *right)
{
	const struct gw_camera_config *a = *(const struct gw_camera_config *const *)left;
	const struct gw_camera_config *b = *(const struct gw_camera_config *const *)right;

	return strcmp(a->name, b->name);
}

static bool same(const struct gw_camera_config *a, const struct gw_camera_config *b)
{
	json_t *left = gw_config_camera_json(a), *right = gw_config_camera_json(b);
	const bool equal = left && right && json_equal(left, right);

	json_decref(left);
	json_decref(right);
	return equal;
}

/* Once all others have what they need of them. */
static int remove_unwanted(struct gw *gw, const struct gw_camera_config **wanted, uint32_t count,
	struct outcome *outcome, struct gw_error *error)
{
	for (uint32_t i = 0; i < gw_camera_high(gw); i++) {
		const struct gw_camera *camera = gw_camera_now(gw, i);

		if (!camera || gw_camera_is_of_records(camera->config) ||
			bsearch(&camera->config, wanted, count, sizeof(wanted[0]), by_name))
			continue;
		const int status = gw_camera_remove(gw, camera->config->name, error);

		if (status != 0)
			return status;
		outcome->removed++;
	}
	return 0;
}

/* Takes those out of the list that are as they are wanted. Returns how many are left. */
static uint32_t keep_different(
	const struct gw *gw, const struct gw_camera_config **wanted, uint32_t count)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < count; i++) {
		const uint32_t id = gw_camera_find(gw, wanted[i]->name);

		if (id == GW_NO_CAMERA || !same(gw_camera_now(gw, id)->config, wanted[i]))
			wanted[left++] = wanted[i];
	}
	return left;
}

/* Whether what stands in the way may go: a camera that moves or is removed, the last frames of one
 * that was. */
static bool may_pass(int status)
{
	return status == -EEXIST || status == -EBUSY || status == -ENOSPC;
}

/* Puts what can be put, and leaves in the list what something is still in the way of: `error` says
 * what. Returns how many are left, or the errno of one that nothing can help. */
static int put_those_that_can(struct gw *gw, const struct gw_camera_config **wanted, uint32_t count,
	struct outcome *outcome, int *blocked, struct gw_error *error)
{
	uint32_t left = 0;

	*blocked = 0;
	for (uint32_t i = 0; i < count; i++) {
		const bool there = gw_camera_find(gw, wanted[i]->name) != GW_NO_CAMERA;
		struct gw_error reason;
		const int status = gw_camera_put(gw, wanted[i], &reason);

		if (status == 0) {
			*(there ? &outcome->changed : &outcome->added) += 1;
			continue;
		}
		if (!may_pass(status) || *blocked == 0)
			*error = reason;
		if (!may_pass(status))
			return status;
		/* What ends by itself is worth waiting for, whatever else there is. */
		if (*blocked != -EBUSY)
			*blocked = status;
		wanted[left++] = wanted[i];
	}
	return (int)left;
}

/* The same again and again, as long as it helps: they make room for each other. */
static int put_all(struct gw *gw, const struct gw_camera_config **wanted, uint32_t count,
	struct outcome *outcome, int *blocked, struct gw_error *error)
{
	int before, left = (int)count;

	do {
		before = left;
		left = put_those_that_can(gw, wanted, (uint32_t)left, outcome, blocked, error);
	} while (left > 0 && left < before);
	return left;
}

static int put_patiently(struct gw *gw, const struct gw_camera_config **wanted, uint32_t count,
	struct outcome *outcome, struct gw_error *error)
{
	static const struct timespec pause = {.tv_nsec = 5 * GW_NS_PER_MS};
	const int64_t deadline = gw_now() + PATIENCE_NS;
	int left = (int)count, blocked = 0;

	for (;;) {
		left = put_all(gw, wanted, (uint32_t)left, outcome, &blocked, error);
		if (left <= 0 || blocked == -EEXIST || gw_now() >= deadline)
			return left > 0 ? blocked : left;
		nanosleep(&pause, NULL);
	}
}

/* `all` is sorted and stays, `list` is worked off. */
static int bring(struct gw *gw, const struct gw_camera_config **all, uint32_t count,
	const struct gw_camera_config **list, struct outcome *outcome, struct gw_error *error)
{
	int blocked, left;

	memcpy(list, all, count * sizeof(list[0]));
	left = (int)keep_different(gw, list, count);
	/* What can fail comes before what cannot be undone without losing frames. */
	left = put_all(gw, list, (uint32_t)left, outcome, &blocked, error);
	const int status = left < 0 ? left : remove_unwanted(gw, all, count, outcome, error);

	return status != 0 ? status : put_patiently(gw, list, (uint32_t)left, outcome, error);
}

int gw_apply_cameras(
	struct gw *gw, const struct gw_config *wanted, const char *what, struct gw_error *error)
{
	const uint32_t count = wanted->cameras_count;
	const struct gw_camera_config **list = malloc(2 * (count + 1) * sizeof(list[0]));
	struct outcome outcome = {0};

	if (!list)
		return gw_error_set(error, -ENOMEM, "`cameras`: out of memory");
	for (uint32_t i = 0; i < count; i++)
		list[i] = &wanted->cameras[i];
	qsort(list, count, sizeof(list[0]), by_name);
	const int status = bring(gw, list, count, list + count, &outcome, error);

	free(list);
	if (status == 0 && outcome.added + outcome.changed + outcome.removed > 0)
		gw_info("config", "%s: `cameras` (%u added, %u changed, %u removed)", what,
			outcome.added, outcome.changed, outcome.removed);
	return status;
}
