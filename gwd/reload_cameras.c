#include "gwd/reload_cameras.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/json.h"
#include "core/log.h"

#define MAX_LINES 32 /* thousands may fail for one reason */

struct outcome {
	uint32_t added, changed, removed, failed;
};

static void complain(struct outcome *outcome, const char *line)
{
	if (++outcome->failed <= MAX_LINES)
		gw_warn("reload", "not applied: %s", line);
}

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

/* First of all, so that others may have their addresses. */
static void remove_unwanted(struct gw *gw, const struct gw_camera_config **wanted, uint32_t count,
	struct outcome *outcome)
{
	struct gw_error error;

	for (uint32_t i = 0; i < gw_camera_high(gw); i++) {
		const struct gw_camera *camera = gw_camera_now(gw, i);

		if (!camera || gw_camera_is_of_records(camera->config) ||
			bsearch(&camera->config, wanted, count, sizeof(wanted[0]), by_name))
			continue;
		if (gw_camera_remove(gw, camera->config->name, &error) == 0)
			outcome->removed++;
		else
			complain(outcome, error.text);
	}
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

/* Puts what can be put. What another camera is still in the way of stays in the list: that one may
 * move. Returns how many are left. */
static uint32_t put_those_that_can(struct gw *gw, const struct gw_camera_config **wanted,
	uint32_t count, bool last, struct outcome *outcome)
{
	struct gw_error error;
	uint32_t left = 0;

	for (uint32_t i = 0; i < count; i++) {
		const bool there = gw_camera_find(gw, wanted[i]->name) != GW_NO_CAMERA;
		const int status = gw_camera_put(gw, wanted[i], &error);

		if (status == 0)
			*(there ? &outcome->changed : &outcome->added) += 1;
		else if (status == -EEXIST && !last)
			wanted[left++] = wanted[i];
		else
			complain(outcome, error.text);
	}
	return left;
}

void gw_reload_cameras(struct gw *gw, const struct gw_config *wanted)
{
	const struct gw_camera_config **list =
		malloc((wanted->cameras_count + 1) * sizeof(list[0]));
	struct outcome outcome = {0};
	uint32_t count = wanted->cameras_count, before;

	if (!list) {
		gw_error_log("reload", "not applied: `cameras`: out of memory");
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		list[i] = &wanted->cameras[i];
	qsort(list, count, sizeof(list[0]), by_name);
	remove_unwanted(gw, list, count, &outcome);
	count = keep_different(gw, list, count);
	do {
		before = count;
		count = put_those_that_can(gw, list, count, false, &outcome);
	} while (count > 0 && count < before);
	put_those_that_can(gw, list, count, true, &outcome);
	free(list);
	if (outcome.added + outcome.changed + outcome.removed > 0)
		gw_info("reload", "applied: `cameras` (%u added, %u changed, %u removed)",
			outcome.added, outcome.changed, outcome.removed);
	if (outcome.failed > MAX_LINES)
		gw_warn("reload", "%u more cameras could not be applied",
			outcome.failed - MAX_LINES);
}
