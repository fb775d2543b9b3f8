#include "mgmt/facts.h"

#include <jansson.h>
#include <time.h>

#include "core/clock.h"

json_t *facts_flow(const struct tally *tally, enum gw_unit unit)
{
	struct tally_equation equation = tally_equation(tally, unit);

	/* Between two counters a frame may be counted on both sides for a moment. */
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "received", (json_int_t)equation.received,
		"delivered", (json_int_t)equation.delivered, "dropped",
		(json_int_t)equation.dropped, "in_flight",
		(json_int_t)(equation.in_flight > 0 ? equation.in_flight : 0), "spooled",
		(json_int_t)equation.spooled);
}

json_t *facts_drops(const struct tally *tally, enum gw_unit unit, bool zeros)
{
	json_t *drops = json_object();

	for (int i = GW_DROP_NONE + 1; i < GW_DROP_COUNT; i++)
		if (gw_drops[i].unit == unit && (zeros || tally->drops[i] > 0))
			json_object_set_new(
				drops, gw_drops[i].name, json_integer((json_int_t)tally->drops[i]));
	return drops;
}

json_t *facts_time(int64_t utc)
{
	const time_t seconds = utc / GW_NS_PER_S;
	struct tm parts;
	char text[40];

	gmtime_r(&seconds, &parts);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	return json_string(text);
}

double facts_rounded(double value)
{
	return (double)(int64_t)(value * 1000 + (value < 0 ? -0.5 : 0.5)) / 1000;
}
