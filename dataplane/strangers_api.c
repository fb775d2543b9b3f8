#include "dataplane/strangers_api.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/gateway.h"
#include "dataplane/stage.h"

#define SHOWN 64

/* The same sender may have come by several lanes. */
static uint32_t merge(struct stranger *found, uint32_t count)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t same = 0;

		while (same < kept && !strangers_same(&found[same], &found[i]))
			same++;
		if (same == kept) {
			found[kept++] = found[i];
			continue;
		}
		found[same].packets += found[i].packets;
		if (found[i].first < found[same].first)
			found[same].first = found[i].first;
		if (found[i].last > found[same].last)
			found[same].last = found[i].last;
	}
	return kept;
}

static int compare(const void *a, const void *b)
{
	const struct stranger *left = a, *right = b;

	return left->packets < right->packets ? 1 : left->packets > right->packets ? -1 : 0;
}

static json_t *stranger_json(const struct gw *gw, const struct stranger *it, int64_t now)
{
	char source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN];
	const struct gw_camera *camera =
		it->camera < GW_CAMERAS ? gw_camera_now(gw, it->camera) : NULL;

	const int family = (int)(it->flow.family & ~PACKET_WITHIN);

	inet_ntop(family, it->flow.source, source, sizeof(source));
	inet_ntop(family, it->flow.destination, destination, sizeof(destination));
	json_t *json = json_pack("{s:s, s:s, s:i, s:s, s:i, s:s?, s:I, s:I, s:I}", "reason",
		gw_drops[it->reason].name, "source", source, "source_port", it->source_port,
		"destination", destination, "port", (int)it->flow.port, "camera",
		camera ? camera->config->name : NULL, "packets", (json_int_t)it->packets,
		"first_seconds", (json_int_t)((now - it->first) / GW_NS_PER_S), "last_seconds",
		(json_int_t)((now - it->last) / GW_NS_PER_S));

	json_object_set_new(json, "ssrc", it->is_rtp ? json_integer(it->ssrc) : json_null());
	json_object_set_new(
		json, "payload_type", it->is_rtp ? json_integer(it->payload_type) : json_null());
	return json;
}

int api_strangers(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct gw_stage *stage = owner;
	const struct gw *gw = stage->gw;
	const int64_t now = gw_now();
	struct stranger *found =
		calloc((size_t)(stage->lane_count + 1) * STRANGERS_MOST, sizeof(*found));
	uint64_t missed = 0, forgotten = 0;
	uint32_t count = 0;

	if (!found)
		return gw_error_set(error, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < stage->lane_count; i++) {
		const struct rx_lane *rx = stage->lanes[i].state;
		uint64_t packets, senders;

		count += strangers_read(rx->receiver.strangers, found + count);
		strangers_missed(rx->receiver.strangers, &packets, &senders);
		missed += packets;
		forgotten += senders;
	}
	count = merge(found, count);
	qsort(found, count, sizeof(*found), compare);
	json_t *list = json_array();

	gw_cameras_hold(gw);
	for (uint32_t i = 0; i < count && i < SHOWN; i++)
		json_array_append_new(list, stranger_json(gw, &found[i], now));
	gw_cameras_release(gw);
	forgotten += count > SHOWN ? count - SHOWN : 0;
	free(found);
	reply->json = json_pack("{s:o, s:I, s:I}", "strangers", list, "others",
		(json_int_t)forgotten, "not_looked_at", (json_int_t)missed);
	return 200;
}
