#include "dataplane/stream_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

/* Open addressing, at most half full. */
#define SLOTS (2 * GW_CAMERAS)
#define MASK (SLOTS - 1)
#define EMPTY UINT32_MAX

static_assert((SLOTS & MASK) == 0, "a power of two");

/* A line of its own: one miss where there are many cameras. */
struct slot {
	_Alignas(64) struct packet_flow flow;
	uint32_t camera; /* the first one of the flow, or how many listen; plus one: 0 is empty */
};

/* The cameras of one flow are a list: those with an SSRC first, then the one without. */
struct member {
	uint32_t next; /* camera, EMPTY ends the list */
	uint32_t ssrc;
	bool any_ssrc;
};

struct stream_table {
	struct slot flows[SLOTS];
	struct slot listeners[SLOTS]; /* the same flows without their source: to tell BAD_SOURCE */
	struct slot pairs[SLOTS]; /* ... without their port: for fragments */
	struct member members[GW_CAMERAS];
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

static inline struct slot *find_slot(struct slot *slots, const struct packet_flow *flow)
{
	uint32_t i = hash(flow) & MASK;

	while (slots[i].camera != 0 && !packet_flow_equal(&slots[i].flow, flow))
		i = (i + 1) & MASK;
	return &slots[i];
}

/* Empties a slot and moves up those behind it that were pushed away from their places. */
static void empty_slot(struct slot *slots, struct slot *slot)
{
	uint32_t hole = (uint32_t)(slot - slots);

	for (uint32_t i = (hole + 1) & MASK; slots[i].camera != 0; i = (i + 1) & MASK) {
		const uint32_t home = hash(&slots[i].flow) & MASK;

		/* Its place lies cyclically behind the hole: it can stay. */
		if (((i - home) & MASK) < ((i - hole) & MASK))
			continue;
		slots[hole] = slots[i];
		hole = i;
	}
	slots[hole].camera = 0;
}

static struct packet_flow flow_of(const struct gw_camera_config *camera)
{
	struct packet_flow flow = {.port = camera->port,
		.family = (uint32_t)camera->source_address.family |
			(camera->is_within ? PACKET_WITHIN : 0)};
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

static struct packet_flow pair_of(const struct packet_flow *flow)
{
	struct packet_flow pair = *flow;

	pair.port = 0;
	return pair;
}

/* One more, or one less, of what is only counted. */
static void count_in(struct slot *slots, const struct packet_flow *flow)
{
	struct slot *slot = find_slot(slots, flow);

	slot->flow = *flow;
	slot->camera++;
}

static void count_out(struct slot *slots, const struct packet_flow *flow)
{
	struct slot *slot = find_slot(slots, flow);

	if (slot->camera == 1)
		empty_slot(slots, slot);
	else
		slot->camera--;
}

struct stream_table *stream_table_create(void)
{
	struct stream_table *table = mmap(NULL, sizeof(*table), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return table == MAP_FAILED ? NULL : table;
}

void stream_table_destroy(struct stream_table *table)
{
	if (table)
		munmap(table, sizeof(*table));
}

/* Puts the camera into the list that begins at `first`. Returns the new beginning. */
static uint32_t link_member(struct stream_table *table, uint32_t first, uint32_t camera)
{
	struct member *members = table->members;
	uint32_t *link = &first;

	while (*link != EMPTY && !members[*link].any_ssrc)
		link = &members[*link].next;
	members[camera].next = *link;
	*link = camera;
	return first;
}

static uint32_t unlink_member(struct stream_table *table, uint32_t first, uint32_t camera)
{
	uint32_t *link = &first;

	while (*link != camera)
		link = &table->members[*link].next;
	*link = table->members[camera].next;
	return first;
}

void stream_table_add(
	struct stream_table *table, uint32_t camera, const struct gw_camera_config *config)
{
	const struct packet_flow flow = flow_of(config);
	const struct packet_flow listener = listener_of(&flow), pair = pair_of(&flow);
	struct slot *slot = find_slot(table->flows, &flow);

	table->members[camera].any_ssrc = !config->ssrc;
	table->members[camera].ssrc = config->ssrc ? *config->ssrc : 0;
	slot->flow = flow;
	slot->camera = link_member(table, slot->camera == 0 ? EMPTY : slot->camera - 1, camera) + 1;
	count_in(table->listeners, &listener);
	count_in(table->pairs, &pair);
}

void stream_table_remove(
	struct stream_table *table, uint32_t camera, const struct gw_camera_config *config)
{
	const struct packet_flow flow = flow_of(config);
	const struct packet_flow listener = listener_of(&flow), pair = pair_of(&flow);
	struct slot *slot = find_slot(table->flows, &flow);
	const uint32_t first = unlink_member(table, slot->camera - 1, camera);

	if (first == EMPTY)
		empty_slot(table->flows, slot);
	else
		slot->camera = first + 1;
	count_out(table->listeners, &listener);
	count_out(table->pairs, &pair);
}

uint32_t stream_table_find(const struct stream_table *table, const struct packet_flow *flow)
{
	const struct slot *slot = find_slot((struct slot *)table->flows, flow);

	if (slot->camera != 0)
		return slot->camera - 1;
	const struct packet_flow listener = listener_of(flow);

	return find_slot((struct slot *)table->listeners, &listener)->camera == 0
		? STREAM_NO_CAMERA
		: STREAM_BAD_SOURCE;
}

bool stream_table_has_pair(const struct stream_table *table, const struct packet_flow *flow)
{
	const struct packet_flow pair = pair_of(flow);

	return find_slot((struct slot *)table->pairs, &pair)->camera != 0;
}

bool stream_table_is_shared(const struct stream_table *table, uint32_t camera)
{
	return table->members[camera].next != EMPTY || !table->members[camera].any_ssrc;
}

uint32_t stream_table_by_ssrc(const struct stream_table *table, uint32_t camera, uint32_t ssrc)
{
	while (camera != EMPTY) {
		const struct member *member = &table->members[camera];

		if (member->any_ssrc || member->ssrc == ssrc)
			return camera;
		camera = member->next;
	}
	return STREAM_NO_CAMERA;
}
