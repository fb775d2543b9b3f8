#include "core/drops.h"

const struct gw_drop_info gw_drops[GW_DROP_COUNT] = {
	[GW_DROP_NONE] = {"none", "Nothing was dropped.", GW_PLACE_RX, GW_FRAME, GW_FAULT_NONE},
#define X(NAME, name, place, unit, fault, meaning) \
	[GW_DROP_##NAME] = {name, meaning, GW_PLACE_##place, GW_##unit, GW_FAULT_##fault},
	GW_DROPS(X)
#undef X
};

const struct gw_event_info gw_events[GW_EVENT_COUNT] = {
#define X(NAME, name, meaning) [GW_EVENT_##NAME] = {name, meaning},
	GW_EVENTS(X)
#undef X
};

const char *gw_place_name(enum gw_place place)
{
	static const char *const names[] = {"rx", "source", "decode", "accel", "sink"};

	return names[place];
}

const char *gw_unit_name(enum gw_unit unit)
{
	static const char *const names[] = {"packet", "frame", "sample", "record"};

	return names[unit];
}
