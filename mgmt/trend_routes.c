/* The last hour of a camera, column by column: a plot is drawn from each. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/drops.h"
#include "mgmt/cameras.h"
#include "mgmt/facts.h"
#include "mgmt/state.h"
#include "mgmt/trends.h"

/* What a column says of one point that is known, of which `took` is not 0. */
typedef json_t *column_cell(const struct trend_point *point, double seconds);

static json_t *fps(const struct trend_point *point, double seconds)
{
	return json_real(facts_rounded(point->frames / seconds));
}

static json_t *mbps(const struct trend_point *point, double seconds)
{
	return json_real(facts_rounded(point->kib * 1024.0 * 8 / 1e6 / seconds));
}

static json_t *packets_lost(const struct trend_point *point, double seconds)
{
	return json_integer(point->lost);
}

static json_t *lost_share(const struct trend_point *point, double seconds)
{
	const double all = (double)point->packets + point->lost;

	return json_real(all > 0 ? point->lost / all : 0);
}

/* Where no frame came to its end there is no latency. */
static json_t *latency(uint32_t us)
{
	return us > 0 ? json_integer(us) : json_null();
}

static json_t *p50_us(const struct trend_point *point, double seconds)
{
	return latency(point->p50_us);
}

static json_t *p90_us(const struct trend_point *point, double seconds)
{
	return latency(point->p90_us);
}

static json_t *p99_us(const struct trend_point *point, double seconds)
{
	return latency(point->p99_us);
}

static json_t *other_drops(const struct trend_point *point, double seconds)
{
	return json_integer(point->beside);
}

static const struct {
	const char *name;
	column_cell *cell;
} columns[] = {
	{"fps", fps},
	{"mbps", mbps},
	{"packets_lost", packets_lost},
	{"lost_share", lost_share},
	{"p50_us", p50_us},
	{"p90_us", p90_us},
	{"p99_us", p99_us},
	{"other_drops", other_drops},
};

static bool is_known(const struct trend *trend, uint32_t i)
{
	return trend->point[i].frames != TREND_UNKNOWN && trend->took[i] > 0;
}

static json_t *column_json(const struct trend *trend, column_cell *cell)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < trend->count; i++)
		json_array_append_new(list,
			is_known(trend, i)
				? cell(&trend->point[i], (double)trend->took[i] / GW_NS_PER_S)
				: json_null());
	return list;
}

/* By the clock of now: one that was set meanwhile moves all of them alike. */
static json_t *times_json(const struct trend *trend)
{
	const int64_t ahead = gw_now_utc() - gw_now();
	json_t *list = json_array();

	for (uint32_t i = 0; i < trend->count; i++)
		json_array_append_new(list, facts_time(trend->end[i] + ahead));
	return list;
}

static uint32_t drops_of(const struct trend_point *point, uint32_t cause)
{
	for (uint32_t i = 0; i < TREND_DROPS; i++)
		if (point->drop[i].cause == cause)
			return point->drop[i].count;
	return 0;
}

/* One cause; NULL: it took nothing. */
static json_t *cause_json(const struct trend *trend, uint32_t cause)
{
	const struct gw_drop_info *info = &gw_drops[cause];
	json_t *list = json_array();
	uint64_t sum = 0;

	for (uint32_t i = 0; i < trend->count; i++) {
		const uint32_t count = is_known(trend, i) ? drops_of(&trend->point[i], cause) : 0;

		sum += count;
		json_array_append_new(list, is_known(trend, i) ? json_integer(count) : json_null());
	}
	if (sum > 0)
		return json_pack("{s:s, s:s, s:s, s:o}", "reason", info->name, "unit",
			gw_unit_name(info->unit), "meaning", info->meaning, "counts", list);
	json_decref(list);
	return NULL;
}

static json_t *trend_json(const char *name, const struct trend *trend)
{
	json_t *drops = json_array();
	json_t *json = json_pack("{s:s, s:i, s:o}", "camera", name, "every_s", TREND_EVERY_S,
		"time", times_json(trend));

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		json_object_set_new(json, columns[i].name, column_json(trend, columns[i].cell));
	for (uint32_t cause = GW_DROP_NONE + 1; cause < GW_DROP_COUNT; cause++) {
		json_t *one = cause_json(trend, cause);

		if (one)
			json_array_append_new(drops, one);
	}
	json_object_set_new(json, "drops", drops);
	return json;
}

int api_camera_history(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct mgmt *mgmt = owner;
	struct trend *trend = calloc(1, sizeof(*trend));
	int status = 200;

	if (!trend)
		return gw_error_set(error, -ENOMEM, "out of memory");
	gw_cameras_hold(mgmt->gw);
	const uint32_t id = gw_camera_find(mgmt->gw, request->name);

	if (id != GW_NO_CAMERA)
		trends_read(mgmt->trends, id, trend);
	else
		status = cameras_missing(mgmt->gw, request->name, error);
	gw_cameras_release(mgmt->gw);
	if (status == 200)
		reply->json = trend_json(request->name, trend);
	free(trend);
	return status;
}
