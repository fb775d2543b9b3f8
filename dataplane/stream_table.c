#include "dataplane/stream_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Open addressing, at most half full. `camera` is UINT32_MAX in an empty slot. */
struct slot {
	struct packet_flow flow;
	uint32_t camera;
};

/* The cameras of one flow are a list: those with an SSRC first, then the one without. */
struct member {
	uint32_t next; /* camera, UINT32_MAX ends the list */
	uint32_t ssrc;
	bool any_ssrc;
};

struct stream_table {
	uint32_t mask;
	struct slot *flows;
	struct slot *listeners; /* the same flows without their source: to tell BAD_SOURCE */
	struct member *members; /* per camera */
};

/* Multiplications side by side, none waits for another: this is done for every packet. */
static inline uint32_t hash(const struct packet_flow *flow)
{
	const uint64_t h = flow->source[0] * UINT64_C(0x9E3779B97F4A7C15) ^
		flow->source[1] * UINT64_C(0xC2B2AE3D27D4EB4F) ^
		flow->destination[0] * UINT64_C(0x165667B19E3779F9) ^
		flow->destination[1] * UINT64_C(0xD6E8FEB86659FD93) ^
		flow->port * UINT64_C(0xFF51AFD7ED558CCD);

	return (uint32_t)((h ^ h >> 29) * UINT64_C(0x9FB21C651E98DF25) >> 32);
}

static inline struct slot *find_slot(
	struct slot *slots, uint32_t mask, const struct packet_flow *flow)
{
	uint32_t i = hash(flow) & mask;

	while (slots[i].camera != UINT32_MAX && !packet_flow_equal(&slots[i].flow, flow))
		i = (i + 1) & mask;
	return &slots[i];
}

static struct packet_flow flow_of(const struct gw_camera_config *camera)
{
	struct packet_flow flow = {
		.port = camera->port, .family = (uint32_t)camera->source_address.family};
	const size_t size = camera->source_address.family == AF_INET ? 4 : 16;

	memcpy(flow.source, camera->source_address.bytes, size);
	memcpy(flow.destination, camera->destination_address.bytes, size);
	return flow;
}

static struct packet_flow listener_of(const struct packet_flow *flow)
{
	struct packet_flow listener = *flow;

	listener.source[0] = 0;
	listener.source[1] = 0;
	return listener;
}

static int add_member(struct stream_table *table, const struct gw_camera_config *cameras,
	struct slot *slot, uint32_t camera, struct gw_error *error)
{
	struct member *members = table->members;
	uint32_t *link = &slot->camera;

	members[camera].any_ssrc = !cameras[camera].ssrc;
	members[camera].ssrc = cameras[camera].ssrc ? *cameras[camera].ssrc : 0;
	for (; *link != UINT32_MAX; link = &members[*link].next) {
		const struct member *other = &members[*link];

		if (other->any_ssrc == members[camera].any_ssrc &&
			other->ssrc == members[camera].ssrc)
			return gw_error_set(error, -EEXIST,
				"cameras %s and %s have the same source, destination and port: "
				"give each its own ssrc",
				cameras[*link].name, cameras[camera].name);
		if (other->any_ssrc)
			break;
	}
	members[camera].next = *link;
	*link = camera;
	return 0;
}

static struct slot *create_slots(uint32_t size)
{
	struct slot *slots = calloc(size, sizeof(*slots));

	for (uint32_t i = 0; slots && i < size; i++)
		slots[i].camera = UINT32_MAX;
	return slots;
}

struct stream_table *stream_table_create(
	const struct gw_camera_config *cameras, uint32_t count, struct gw_error *error)
{
	struct stream_table *table = calloc(1, sizeof(*table));
	uint32_t size = 4;

	while (size < 2 * count)
		size *= 2;
	if (table) {
		table->mask = size - 1;
		table->flows = create_slots(size);
		table->listeners = create_slots(size);
		table->members = calloc(count + 1, sizeof(*table->members));
	}
	if (!table || !table->flows || !table->listeners || !table->members) {
		gw_error_set(error, -ENOMEM, "out of memory for %u cameras", count);
		stream_table_destroy(table);
		return NULL;
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct packet_flow flow = flow_of(&cameras[i]);
		const struct packet_flow listener = listener_of(&flow);
		struct slot *slot = find_slot(table->flows, table->mask, &flow);

		slot->flow = flow;
		if (add_member(table, cameras, slot, i, error) != 0) {
			stream_table_destroy(table);
			return NULL;
		}
		slot = find_slot(table->listeners, table->mask, &listener);
		slot->flow = listener;
		slot->camera = i;
	}
	return table;
}

void stream_table_destroy(struct stream_table *table)
{
	if (!table)
		return;
	free(table->flows);
	free(table->listeners);
	free(table->members);
	free(table);
}

uint32_t stream_table_find(const struct stream_table *table, const struct packet_flow *flow)
{
	const struct slot *slot = find_slot(table->flows, table->mask, flow);

	if (slot->camera != UINT32_MAX)
		return slot->camera;
	const struct packet_flow listener = listener_of(flow);

	return find_slot(table->listeners, table->mask, &listener)->camera == UINT32_MAX
		? STREAM_NO_CAMERA
		: STREAM_BAD_SOURCE;
}

uint32_t stream_table_by_ssrc(const struct stream_table *table, uint32_t camera, uint32_t ssrc)
{
	while (camera != UINT32_MAX) {
		const struct member *member = &table->members[camera];

		if (member->any_ssrc || member->ssrc == ssrc)
			return camera;
		camera = member->next;
	}
	return STREAM_NO_CAMERA;
}
