#include "dataplane/strangers.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/counter.h"
#include "dataplane/rtp.h"

enum { WAYS = 8, SETS = STRANGERS_MOST / WAYS };

/* Compared as a whole: no byte of it is undefined. */
struct key {
	struct packet_flow flow;
	uint32_t camera, ssrc;
	uint16_t source_port;
	uint8_t reason, payload_type, is_rtp, rest[7];
};

#define WORDS (sizeof(struct key) / sizeof(uint64_t))

static_assert(sizeof(struct key) == 64, "no padding");

struct place {
	/* The lane's own copy. */
	struct key key;
	/* What others read: odd while the words change. */
	_Atomic uint32_t version;
	_Atomic uint64_t word[WORDS];
	struct gw_counter packets, first, last; /* packets 0: empty */
};

struct strangers {
	uint32_t budget;
	struct place *newest; /* a flood is mostly one sender's */
	struct gw_counter missed, forgotten;
	struct place place[SETS][WAYS];
};

struct strangers *strangers_create(void)
{
	struct strangers *strangers = calloc(1, sizeof(*strangers));

	if (strangers)
		strangers->budget = STRANGERS_BUDGET;
	return strangers;
}

void strangers_destroy(struct strangers *strangers)
{
	free(strangers);
}

/* Whoever changes his SSRC with each packet stays one stranger, unless that is why he is one. */
static void fill_key(
	struct key *key, enum gw_drop reason, uint32_t camera, const struct packet *packet)
{
	memset(key, 0, sizeof(*key));
	key->flow = packet->flow;
	key->camera = camera;
	key->source_port = packet->udp ? read_be16(packet->udp) : 0;
	key->reason = (uint8_t)reason;
	if (camera == STREAM_NO_CAMERA)
		return;
	/* It was read before. */
	key->is_rtp = 1;
	key->payload_type = packet->payload[1] & 127;
	key->ssrc = read_be32(packet->payload + 8);
}

/* What the first packet of a sender looks like, for people. */
static void describe(struct key *key, const struct packet *packet)
{
	struct rtp_packet rtp;

	if (key->is_rtp || !packet->udp ||
		rtp_parse(packet->payload, packet->size, &rtp) != GW_DROP_NONE)
		return;
	key->is_rtp = 1;
	key->payload_type = rtp.payload_type;
	key->ssrc = rtp.ssrc;
}

static bool same_key(const struct key *a, const struct key *b)
{
	return a->source_port == b->source_port && a->reason == b->reason &&
		a->camera == b->camera && packet_flow_equal(&a->flow, &b->flow) &&
		(a->camera == STREAM_NO_CAMERA ||
			(a->ssrc == b->ssrc && a->payload_type == b->payload_type));
}

static uint32_t set_of(const struct key *key)
{
	uint64_t h = key->flow.source[0] * UINT64_C(0x9E3779B97F4A7C15);

	h ^= (key->flow.source[1] + key->flow.port) * UINT64_C(0xC2B2AE3D27D4EB4F);
	h ^= (key->source_port + ((uint64_t)key->reason << 32)) * UINT64_C(0x165667B19E3779F9);
	return (uint32_t)((h ^ h >> 31) * UINT64_C(0x9FB21C651E98DF25) >> 32) % SETS;
}

static void publish(struct place *place)
{
	uint64_t words[WORDS];

	memcpy(words, &place->key, sizeof(words));
	atomic_fetch_add_explicit(&place->version, 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	for (uint32_t i = 0; i < WORDS; i++)
		atomic_store_explicit(&place->word[i], words[i], memory_order_relaxed);
	atomic_fetch_add_explicit(&place->version, 1, memory_order_release);
}

static void count(struct strangers *strangers, struct place *place, int64_t now)
{
	strangers->newest = place;
	gw_counter_add(&place->packets, 1);
	gw_counter_set(&place->last, (uint64_t)now);
}

/* Counts it where its sender stands, who gets a place if he has none. */
static void look_up(struct strangers *strangers, enum gw_drop reason, uint32_t camera,
	const struct packet *packet, int64_t now)
{
	struct place *least = NULL;
	struct key key;

	fill_key(&key, reason, camera, packet);
	struct place *set = strangers->place[set_of(&key)];

	for (uint32_t i = 0; i < WAYS; i++) {
		if (gw_counter_get(&set[i].packets) > 0 && same_key(&set[i].key, &key)) {
			count(strangers, &set[i], now);
			return;
		}
		if (!least || gw_counter_get(&set[i].packets) < gw_counter_get(&least->packets))
			least = &set[i];
	}
	if (gw_counter_get(&least->packets) > 0)
		gw_counter_add(&strangers->forgotten, 1);
	describe(&key, packet);
	gw_counter_set(&least->packets, 0);
	least->key = key;
	publish(least);
	gw_counter_set(&least->first, (uint64_t)now);
	count(strangers, least, now);
}

/* As same_key(), without making one. */
static bool is_of(
	const struct key *key, enum gw_drop reason, uint32_t camera, const struct packet *packet)
{
	return packet_flow_equal(&key->flow, &packet->flow) && key->reason == reason &&
		key->camera == camera &&
		key->source_port == (packet->udp ? read_be16(packet->udp) : 0) &&
		(camera == STREAM_NO_CAMERA ||
			(key->ssrc == read_be32(packet->payload + 8) &&
				key->payload_type == (packet->payload[1] & 127)));
}

void strangers_note(struct strangers *strangers, enum gw_drop reason, uint32_t camera,
	const struct packet *packet, int64_t now)
{
	struct place *newest = strangers->newest;

	if (newest && is_of(&newest->key, reason, camera, packet)) {
		count(strangers, newest, now);
	} else if (strangers->budget == 0) {
		gw_counter_add(&strangers->missed, 1);
	} else {
		strangers->budget--;
		look_up(strangers, reason, camera, packet, now);
	}
}

void strangers_tick(struct strangers *strangers)
{
	strangers->budget = STRANGERS_BUDGET;
}

/* False: it is empty, or another one's by now. */
static bool read_place(const struct place *place, struct stranger *found)
{
	const uint32_t version = atomic_load_explicit(&place->version, memory_order_acquire);
	uint64_t words[WORDS];
	struct key key;

	found->packets = gw_counter_get(&place->packets);
	found->first = (int64_t)gw_counter_get(&place->first);
	found->last = (int64_t)gw_counter_get(&place->last);
	for (uint32_t i = 0; i < WORDS; i++)
		words[i] = atomic_load_explicit(&place->word[i], memory_order_relaxed);
	atomic_thread_fence(memory_order_acquire);
	if (version % 2 || found->packets == 0 ||
		atomic_load_explicit(&place->version, memory_order_relaxed) != version)
		return false;
	memcpy(&key, words, sizeof(key));
	found->flow = key.flow;
	found->camera = key.camera;
	found->ssrc = key.ssrc;
	found->source_port = key.source_port;
	found->reason = key.reason;
	found->payload_type = key.payload_type;
	found->is_rtp = key.is_rtp;
	return true;
}

uint32_t strangers_read(const struct strangers *strangers, struct stranger *found)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < SETS; i++)
		for (uint32_t k = 0; k < WAYS; k++)
			count += read_place(&strangers->place[i][k], &found[count]);
	return count;
}

void strangers_missed(const struct strangers *strangers, uint64_t *packets, uint64_t *senders)
{
	*packets = gw_counter_get(&strangers->missed);
	*senders = gw_counter_get(&strangers->forgotten);
}

bool strangers_same(const struct stranger *a, const struct stranger *b)
{
	return a->source_port == b->source_port && a->reason == b->reason &&
		a->camera == b->camera && packet_flow_equal(&a->flow, &b->flow) &&
		(a->camera == STREAM_NO_CAMERA ||
			(a->ssrc == b->ssrc && a->payload_type == b->payload_type));
}
