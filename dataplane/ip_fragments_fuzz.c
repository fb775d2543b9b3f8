/* A sequence of fragments through the table that puts datagrams together. Whatever they are: a
 * datagram that comes out holds what pieces of its own said, byte by byte; every piece is in one,
 * or counted; and no more are kept than may be.
 *
 * Input: pieces of three bytes and their bytes: flags (bit 0: IPv6, bit 1: others follow, bit 2:
 * two seconds pass before it, bits 3 and 4: the datagram's number, bit 5: another sender), where it
 * stands (in units of 8 bytes, or of 1,024 with flag 6), its size.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "dataplane/ip_fragments.h"

#define PIECES 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct said {
	struct packet piece;
	int64_t when;
};

static struct said said[PIECES];

static void check(bool truth)
{
	if (!truth)
		abort();
}

/* Whether some piece of the same datagram, no older than may be, says that. */
static bool was_said(const struct said *last, uint32_t at, uint8_t byte)
{
	for (const struct said *it = last;; it--) {
		const struct packet *piece = &it->piece;

		if (packet_flow_equal(&piece->flow, &last->piece.flow) &&
			piece->fragment.id == last->piece.fragment.id &&
			last->when - it->when <= IP_FRAGMENTS_AGE_NS &&
			at >= piece->fragment.offset && at < piece->fragment.offset + piece->size &&
			piece->payload[at - piece->fragment.offset] == byte)
			return true;
		if (it == said)
			return false;
	}
}

/* What came out is what was put in. */
static void check_whole(const struct ip_datagram *whole, const struct said *last)
{
	const uint32_t header = last->piece.flow.family == AF_INET ? 34 : 54;
	struct packet packet;
	const enum gw_drop drop = packet_parse(whole->data, whole->size, PACKET_IP_TRUST, &packet);

	check(whole->size > header);
	check(drop != GW_DROP_CUT_SHORT && drop != GW_DROP_L2_SHORT && drop != GW_DROP_NOT_IP);
	if (drop == GW_DROP_NONE)
		check(memcmp(packet.flow.source, last->piece.flow.source, 16) == 0 &&
			packet.payload + packet.size <= whole->data + whole->size);
	for (uint32_t at = header; at < whole->size; at++)
		check(was_said(last, at - header, whole->data[at]));
}

static uint64_t dropped(const struct gw_camera_stats *stats)
{
	uint64_t sum = 0;

	for (int drop = 1; drop < GW_DROP_COUNT; drop++)
		sum += gw_counter_get(&stats->drops[drop]);
	check(sum == gw_counter_get(&stats->packets));
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gw_camera_stats stats;
	uint64_t put = 0, wholes = 0;
	int64_t now = GW_NS_PER_S;
	struct ip_fragments *fragments = ip_fragments_create(&stats);

	memset(&stats, 0, sizeof(stats));
	for (size_t at = 0; at + 3 <= size && put < PIECES;) {
		const uint8_t flags = data[at], place = data[at + 1];
		const size_t left = size - at - 3;
		const uint32_t length = data[at + 2] < left ? data[at + 2] : (uint32_t)left;
		struct ip_datagram whole;
		struct said *it = &said[put++];

		/* Its own allocation: a read past the piece's end is seen. */
		uint8_t *bytes = malloc(length ? length : 1);

		memcpy(bytes, data + at + 3, length);
		now += flags & 4 ? 2 * GW_NS_PER_S : 1;
		*it = (struct said){.when = now};
		it->piece.flow.family = flags & 1 ? AF_INET6 : AF_INET;
		it->piece.flow.source[0] = flags & 32;
		it->piece.payload = bytes;
		it->piece.size = length;
		it->piece.fragment.id = flags >> 3 & 3;
		it->piece.fragment.more = flags & 2;
		it->piece.fragment.offset = (uint16_t)(place * (flags & 64 ? 1024u : 8u));
		it->piece.fragment.next_header = place == 0 && length > 0 ? bytes[0] : 17;
		if (ip_fragments_put(fragments, &it->piece, now, &whole)) {
			struct ip_datagram again;

			check_whole(&whole, it);
			check(ip_fragments_put(fragments, &it->piece, now, &again));
			check(again.data == whole.data && again.size == whole.size);
			ip_fragments_release(fragments);
			wholes++;
		}
		check(ip_fragments_count(fragments) <= IP_FRAGMENTS_MOST);
		at += 3 + length;
	}
	ip_fragments_expire(fragments, now, true);
	check(ip_fragments_count(fragments) == 0);
	/* Each whole one is made of one piece at least. */
	check(dropped(&stats) + wholes <= put && (wholes > 0 || dropped(&stats) == put));
	ip_fragments_destroy(fragments);
	for (uint64_t i = 0; i < put; i++)
		free((void *)(uintptr_t)said[i].piece.payload);
	return 0;
}
