#include "dataplane/ip_fragments.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "dataplane/coverage.h"

enum {
	ETHERNET_SIZE = 14,
	IPV4_SIZE = 20,
	IPV6_SIZE = 40,
	HEADROOM = 64, /* for both headers */
	MOST = 65535, /* bytes of a datagram: IPv6's without its header, IPv4's with it */
	ROOM = HEADROOM + MOST + 1,
};

enum state {
	EMPTY,
	FILLING,
	/* Its pieces contradict each other: those that are still to come are of no use either. */
	REFUSED,
	WHOLE,
};

struct datagram {
	enum state state;
	enum gw_drop refused; /* why, when it is */
	struct packet_flow flow;
	uint32_t id;
	uint8_t next_header; /* of the piece at 0 */
	int64_t since;
	uint64_t turn; /* of its latest piece that was kept: grows from piece to piece */
	uint32_t pieces; /* that were kept */
	uint32_t arrived, end; /* bytes; where the last piece ends, 0: not known yet */
	struct coverage coverage;
};

struct ip_fragments {
	struct gw_camera_stats *unmatched;
	struct datagram *whole;
	uint32_t count; /* that are not empty */
	uint64_t turn; /* the latest */
	struct datagram datagrams[IP_FRAGMENTS_MOST];
	uint8_t room[IP_FRAGMENTS_MOST][ROOM];
};

struct ip_fragments *ip_fragments_create(struct gw_camera_stats *unmatched)
{
	/* Memory is touched by use only. */
	struct ip_fragments *fragments = mmap(NULL, sizeof(*fragments), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (fragments == MAP_FAILED)
		return NULL;
	fragments->unmatched = unmatched;
	return fragments;
}

void ip_fragments_destroy(struct ip_fragments *fragments)
{
	if (fragments)
		munmap(fragments, sizeof(*fragments));
}

static void drop(struct ip_fragments *fragments, enum gw_drop reason, uint32_t pieces)
{
	gw_counter_add(&fragments->unmatched->packets, pieces);
	gw_counter_add(&fragments->unmatched->drops[reason], pieces);
}

/* Its room is free; the pieces that were kept are dropped for that reason. */
static void give_up(struct ip_fragments *fragments, struct datagram *datagram, enum gw_drop reason)
{
	drop(fragments, reason, datagram->pieces);
	datagram->state = EMPTY;
	fragments->count--;
}

static void refuse(struct ip_fragments *fragments, struct datagram *datagram, enum gw_drop reason)
{
	drop(fragments, reason, datagram->pieces + 1);
	datagram->pieces = 0;
	datagram->refused = reason;
	datagram->state = REFUSED;
}

static bool same_pair(const struct datagram *datagram, const struct packet *piece)
{
	return packet_flow_equal(&datagram->flow, &piece->flow);
}

static bool is_too_old(const struct datagram *datagram, int64_t when)
{
	return when - datagram->since > IP_FRAGMENTS_AGE_NS;
}

/* The piece's datagram, or NULL. */
static struct datagram *find(struct ip_fragments *fragments, const struct packet *piece)
{
	for (uint32_t i = 0; i < IP_FRAGMENTS_MOST && fragments->count > 0; i++) {
		struct datagram *datagram = &fragments->datagrams[i];

		if (datagram->state != EMPTY && datagram->id == piece->fragment.id &&
			same_pair(datagram, piece))
			return datagram;
	}
	return NULL;
}

static bool waits_longer(const struct datagram *datagram, const struct datagram *longest)
{
	return !longest || datagram->turn < longest->turn;
}

/* Room for one more: an empty one, but a pair that has its share gives up that of its own whose
 * last piece is the oldest, and when all are taken that of all gives way. */
static struct datagram *make_room(struct ip_fragments *fragments, const struct packet *piece)
{
	struct datagram *empty = NULL, *longest = NULL, *longest_of_pair = NULL;
	uint32_t of_pair = 0;

	for (uint32_t i = 0; i < IP_FRAGMENTS_MOST; i++) {
		struct datagram *datagram = &fragments->datagrams[i];

		if (datagram->state == EMPTY) {
			empty = empty ? empty : datagram;
			continue;
		}
		if (datagram->state == WHOLE)
			continue;
		if (waits_longer(datagram, longest))
			longest = datagram;
		if (!same_pair(datagram, piece))
			continue;
		of_pair++;
		if (waits_longer(datagram, longest_of_pair))
			longest_of_pair = datagram;
	}
	struct datagram *room = of_pair >= IP_FRAGMENTS_OF_PAIR ? longest_of_pair : empty;

	if (!room)
		room = longest;
	if (room->state != EMPTY)
		give_up(fragments, room, GW_DROP_FRAGMENT_FLOOD);
	return room;
}

static struct datagram *begin(
	struct ip_fragments *fragments, const struct packet *piece, int64_t when)
{
	struct datagram *datagram = make_room(fragments, piece);

	datagram->state = FILLING;
	datagram->flow = piece->flow;
	datagram->id = piece->fragment.id;
	datagram->since = when;
	datagram->turn = ++fragments->turn;
	datagram->pieces = datagram->arrived = datagram->end = 0;
	datagram->coverage.count = 0;
	fragments->count++;
	return datagram;
}

/* All but the last have a multiple of 8 bytes; none ends beyond the largest datagram. */
static bool is_possible(const struct packet *piece)
{
	const uint32_t most = piece->flow.family == AF_INET ? MOST - IPV4_SIZE : MOST;

	return piece->size > 0 && piece->fragment.offset + piece->size <= most &&
		(!piece->fragment.more || piece->size % 8 == 0);
}

static uint8_t *bytes_of(struct ip_fragments *fragments, const struct datagram *datagram)
{
	return fragments->room[datagram - fragments->datagrams] + HEADROOM;
}

/* Puts the bytes into their place: GW_DROP_NONE, or why not. */
static enum gw_drop place(
	struct ip_fragments *fragments, struct datagram *datagram, const struct packet *piece)
{
	const uint32_t offset = piece->fragment.offset, end = offset + piece->size;
	uint8_t *bytes = bytes_of(fragments, datagram) + offset;

	if (!piece->fragment.more) {
		if ((datagram->end > 0 && datagram->end != end) ||
			coverage_end(&datagram->coverage) > end)
			return GW_DROP_FRAGMENT_OVERLAP;
	} else if (datagram->end > 0 && end >= datagram->end) {
		return GW_DROP_FRAGMENT_OVERLAP;
	}
	const int64_t added = coverage_add(&datagram->coverage, offset, end);

	if (added < 0)
		return GW_DROP_FRAGMENT_FLOOD;
	if (added == 0 && memcmp(bytes, piece->payload, piece->size) == 0)
		return GW_DROP_DUPLICATE;
	if (added != piece->size)
		return GW_DROP_FRAGMENT_OVERLAP;
	memcpy(bytes, piece->payload, piece->size);
	datagram->arrived += piece->size;
	datagram->pieces++;
	datagram->turn = ++fragments->turn;
	if (!piece->fragment.more)
		datagram->end = end;
	if (offset == 0)
		datagram->next_header = piece->fragment.next_header;
	return GW_DROP_NONE;
}

static void write_be16(uint8_t *data, uint32_t value)
{
	data[0] = (uint8_t)(value >> 8);
	data[1] = (uint8_t)value;
}

/* Writes the headers in front of the bytes. */
static void wrap(
	struct ip_fragments *fragments, struct datagram *datagram, struct ip_datagram *whole)
{
	const bool is_ipv4 = datagram->flow.family == AF_INET;
	const uint32_t size = is_ipv4 ? IPV4_SIZE : IPV6_SIZE;
	uint8_t *ip = bytes_of(fragments, datagram) - size;
	uint8_t *ethernet = ip - ETHERNET_SIZE;

	memset(ethernet, 0, ETHERNET_SIZE + size);
	write_be16(ethernet + 12, is_ipv4 ? 0x0800 : 0x86DD);
	if (is_ipv4) {
		ip[0] = 0x45;
		write_be16(ip + 2, datagram->end + IPV4_SIZE);
		ip[9] = IPPROTO_UDP;
		memcpy(ip + 12, datagram->flow.source, 4);
		memcpy(ip + 16, datagram->flow.destination, 4);
	} else {
		ip[0] = 0x60;
		write_be16(ip + 4, datagram->end);
		ip[6] = datagram->next_header;
		memcpy(ip + 8, datagram->flow.source, 16);
		memcpy(ip + 24, datagram->flow.destination, 16);
	}
	whole->data = ethernet;
	whole->size = ETHERNET_SIZE + size + datagram->end;
}

bool ip_fragments_put(struct ip_fragments *fragments, const struct packet *piece, int64_t when,
	struct ip_datagram *whole)
{
	struct datagram *datagram = find(fragments, piece);

	if (datagram && datagram->state == WHOLE) {
		wrap(fragments, datagram, whole);
		return true;
	}
	if (datagram && is_too_old(datagram, when)) {
		give_up(fragments, datagram, GW_DROP_FRAGMENT_LOST);
		datagram = NULL;
	}
	if (!is_possible(piece)) {
		drop(fragments, GW_DROP_FRAGMENT_BAD, 1);
		return false;
	}
	if (!datagram)
		datagram = begin(fragments, piece, when);
	if (datagram->state == REFUSED) {
		drop(fragments, datagram->refused, 1);
		return false;
	}
	const enum gw_drop reason = place(fragments, datagram, piece);

	if (reason == GW_DROP_DUPLICATE)
		drop(fragments, reason, 1);
	else if (reason != GW_DROP_NONE)
		refuse(fragments, datagram, reason);
	if (reason != GW_DROP_NONE || datagram->arrived != datagram->end)
		return false;
	datagram->state = WHOLE;
	fragments->whole = datagram;
	wrap(fragments, datagram, whole);
	return true;
}

void ip_fragments_release(struct ip_fragments *fragments)
{
	if (!fragments->whole)
		return;
	fragments->whole->state = EMPTY;
	fragments->whole = NULL;
	fragments->count--;
}

void ip_fragments_expire(struct ip_fragments *fragments, int64_t now, bool all)
{
	for (uint32_t i = 0; i < IP_FRAGMENTS_MOST && fragments->count > 0; i++) {
		struct datagram *datagram = &fragments->datagrams[i];

		if (datagram->state != EMPTY && datagram->state != WHOLE &&
			(all || is_too_old(datagram, now)))
			give_up(fragments, datagram, GW_DROP_FRAGMENT_LOST);
	}
}

uint32_t ip_fragments_count(const struct ip_fragments *fragments)
{
	return fragments->count - (fragments->whole != NULL);
}
