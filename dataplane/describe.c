#include <jansson.h>

#include "core/clock.h"
#include "core/gateway.h"
#include "dataplane/eal.h"
#include "dataplane/stage.h"

static json_t *class_json(const struct punt *punt, enum punt_class class)
{
	uint64_t passed = 0, over_rate = 0, no_room = 0;

	for (uint32_t i = 0; i < punt->lane_count; i++) {
		passed += gw_counter_get(&punt->lane[i].passed[class]);
		over_rate += gw_counter_get(&punt->lane[i].over_rate[class]);
		no_room += gw_counter_get(&punt->lane[i].no_room[class]);
	}
	return json_pack("{s:I, s:I, s:I}", "passed", (json_int_t)passed, "over_rate",
		(json_int_t)over_rate, "no_room", (json_int_t)no_room);
}

static json_t *punt_json(const struct punt *punt)
{
	json_t *classes = json_object();

	for (int i = 0; i < PUNT_CLASS_COUNT; i++)
		json_object_set_new(
			classes, punt_classes[i].name, class_json(punt, (enum punt_class)i));
	return json_pack("{s:s, s:o, s:I, s:I, s:I}", "name", punt->tap.name, "to_kernel", classes,
		"refused", (json_int_t)gw_counter_get(&punt->refused), "from_kernel",
		(json_int_t)gw_counter_get(&punt->sent), "unsent",
		(json_int_t)gw_counter_get(&punt->unsent));
}

static json_t *port_json(
	struct port_watch *watch, const struct punt *punt, const struct port_joins *joins)
{
	struct port *port = watch->port;
	struct port_facts facts;
	const int64_t since = atomic_load_explicit(&watch->since, memory_order_relaxed);
	const int state = atomic_load_explicit(&watch->state, memory_order_acquire);

	port_look(port, &facts);
	json_t *json = json_pack(
		"{s:s, s:s, s:s, s:s, s:I, s:I, s:i, s:b, s:I, s:I, s:I, s:I, s:I, s:i}", "name",
		port->config->name, "device", port->config->device, "driver", facts.driver, "state",
		port_state_name(state), "state_seconds",
		(json_int_t)((gw_now() - since) / GW_NS_PER_S), "reopened",
		(json_int_t)atomic_load_explicit(&watch->reopened, memory_order_relaxed), "queues",
		facts.queues, "checksum_offload", facts.offloads_checksum, "packets",
		(json_int_t)facts.counts.packets, "bytes", (json_int_t)facts.counts.bytes, "missed",
		(json_int_t)facts.counts.missed, "errors", (json_int_t)facts.counts.errors,
		"no_mbuf", (json_int_t)facts.counts.no_buffer, "groups",
		(int)atomic_load_explicit(&joins->joined, memory_order_relaxed));

	if (punt->port)
		json_object_set_new(json, "kernel", punt_json(punt));
	return json;
}

json_t *dataplane_describe(struct gw_stage *stage)
{
	struct dataplane *dp = stage->state;
	json_t *ports = json_array();
	struct reporter_counts reports;

	reporter_count(dp->reporter, &reports);
	/* Those that had no room in their connection. */
	const uint64_t left_out = gw_counter_get(&stage->gw->reports.left_out);

	for (uint32_t i = 0; i < dp->port_count; i++)
		json_array_append_new(
			ports, port_json(&dp->watches[i], &dp->punts[i], &dp->joins[i]));
	return json_pack("{s:o, s:{s:I, s:I}, s:b, s:i, s:i}", "ports", ports, "receiver_reports",
		"sent", (json_int_t)(reports.sent - left_out), "unsent",
		(json_int_t)(reports.unsent + left_out), "hugepages", eal_uses_hugepages(), "slots",
		(int)gw_pool_size(stage->gw->pool), "slots_touched",
		(int)gw_pool_touched(stage->gw->pool));
}

/* One port less is part of the work; the last one is all of it. */
void dataplane_health(struct gw_stage *stage, struct gw_health *health)
{
	struct dataplane *dp = stage->state;
	uint32_t up = 0;

	for (uint32_t i = 0; i < dp->port_count; i++)
		up += atomic_load_explicit(&dp->watches[i].state, memory_order_acquire) == PORT_UP;
	for (uint32_t i = 0; i < dp->port_count; i++)
		port_watch_health(&dp->watches[i], up == 0 ? GW_FAILED : GW_DEGRADED, health);
	joins_health(dp, health);
}
