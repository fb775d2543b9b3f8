#include "dataplane/packet.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "core/bytes.h"
#include "dataplane/checksum.h"

enum {
	ETHERNET_SIZE = 14,
	VLAN_SIZE = 4,
	VLAN_TAGS = 2,
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_IPV6 = 0x86DD,
	ETHERTYPE_VLAN = 0x8100, /* IEEE 802.1Q */
	ETHERTYPE_QINQ = 0x88A8, /* IEEE 802.1ad */
	ETHERTYPE_OLD_QINQ = 0x9100, /* before it was standardised */
	IPV4_SIZE = 20,
	IPV4_FRAGMENT_MASK = 0x3FFF, /* "more fragments" and the offset */
	IPV4_MORE_FRAGMENTS = 0x2000,
	IPV6_SIZE = 40,
	IPV6_EXTENSIONS = 8, /* RFC 8200 sets no limit; a camera sends none or one */
	UDP_SIZE = 8,
};

static enum gw_drop parse_udp(const uint8_t *data, uint32_t size, struct packet *packet)
{
	if (size < UDP_SIZE)
		return GW_DROP_UDP_BAD;
	uint32_t length = read_be16(data + 4);

	if (length < UDP_SIZE || length > size)
		return GW_DROP_UDP_BAD;
	packet->flow.port = read_be16(data + 2);
	packet->udp = data;
	packet->payload = data + UDP_SIZE;
	packet->size = length - UDP_SIZE;
	return GW_DROP_NONE;
}

/* Four bytes and four zeros, written as one number: the look-up reads it as one soon after. */
static uint64_t first_four(const uint8_t *data)
{
	uint32_t word;

	memcpy(&word, data, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return word;
#else
	return (uint64_t)word << 32;
#endif
}

/* A piece of a datagram: its headers know no port. */
static enum gw_drop take_fragment(const uint8_t *data, uint32_t size,
	const struct packet_fragment *fragment, struct packet *packet)
{
	packet->flow.port = 0;
	packet->udp = NULL;
	packet->payload = data;
	packet->size = size;
	packet->fragment = *fragment;
	return PACKET_IS_FRAGMENT;
}

static enum gw_drop parse_ipv4(
	const uint8_t *data, uint32_t size, enum packet_ip_check check, struct packet *packet)
{
	if (size < IPV4_SIZE || data[0] >> 4 != 4)
		return GW_DROP_IP_BAD;
	uint32_t header = (data[0] & 15u) * 4;
	uint32_t total = read_be16(data + 2);

	if (header < IPV4_SIZE || total < header)
		return GW_DROP_IP_BAD;
	if (header > size)
		return GW_DROP_CUT_SHORT;
	if (check != PACKET_IP_TRUST && checksum_fold(checksum_add(0, data, header)) != 0xFFFF &&
		(check != PACKET_IP_CHECK_UNLESS_0 || read_be16(data + 10) != 0))
		return GW_DROP_IP_CHECKSUM;
	/* Only a header that is right is believed about the packet's length. */
	if (total > size)
		return GW_DROP_CUT_SHORT;
	if (data[9] != IPPROTO_UDP)
		return GW_DROP_NOT_UDP;
	packet->flow.family = AF_INET;
	packet->flow.source[0] = first_four(data + 12);
	packet->flow.source[1] = 0;
	packet->flow.destination[0] = first_four(data + 16);
	packet->flow.destination[1] = 0;
	const uint16_t place = read_be16(data + 6);

	if (place & IPV4_FRAGMENT_MASK) {
		const struct packet_fragment fragment = {
			.id = read_be16(data + 4),
			.offset = (uint16_t)(place << 3),
			.more = place & IPV4_MORE_FRAGMENTS,
		};

		return take_fragment(data + header, total - header, &fragment, packet);
	}
	/* Short Ethernet frames are padded: the IP header knows where the datagram ends. */
	return parse_udp(data + header, total - header, packet);
}

/* Skips the extension headers (RFC 8200, 4). Returns GW_DROP_NONE when UDP follows, or
 * PACKET_IS_FRAGMENT with *fragment when a piece of a datagram does. */
static enum gw_drop skip_ipv6_extensions(
	const uint8_t **data, uint32_t *size, uint8_t next_header, struct packet_fragment *fragment)
{
	for (int i = 0; next_header != IPPROTO_UDP; i++) {
		uint32_t length;

		if (i == IPV6_EXTENSIONS)
			return GW_DROP_IP_BAD;
		switch (next_header) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
		case IPPROTO_FRAGMENT:
			break;
		default:
			return GW_DROP_NOT_UDP;
		}
		if (*size < 8)
			return GW_DROP_IP_BAD;
		if (next_header == IPPROTO_FRAGMENT) {
			const uint16_t place = read_be16(*data + 2);

			/* Offset 0 and no more fragments: a whole packet (RFC 6946). */
			if (place & 0xFFF9) {
				fragment->id = read_be32(*data + 4);
				fragment->offset = place & 0xFFF8;
				fragment->more = place & 1;
				fragment->next_header = (*data)[0];
				*data += 8;
				*size -= 8;
				return PACKET_IS_FRAGMENT;
			}
			length = 8;
		} else {
			length = ((*data)[1] + 1u) * 8;
		}
		if (length > *size)
			return GW_DROP_IP_BAD;
		next_header = (*data)[0];
		*data += length;
		*size -= length;
	}
	return GW_DROP_NONE;
}

static enum gw_drop parse_ipv6(const uint8_t *data, uint32_t size, struct packet *packet)
{
	if (size < IPV6_SIZE || data[0] >> 4 != 6)
		return GW_DROP_IP_BAD;
	uint32_t length = read_be16(data + 4);

	if (length > size - IPV6_SIZE)
		return GW_DROP_CUT_SHORT;
	packet->flow.family = AF_INET6;
	memcpy(packet->flow.source, data + 8, 16);
	memcpy(packet->flow.destination, data + 24, 16);
	const uint8_t *rest = data + IPV6_SIZE;
	struct packet_fragment fragment;
	enum gw_drop drop = skip_ipv6_extensions(&rest, &length, data[6], &fragment);

	if (drop == PACKET_IS_FRAGMENT)
		return take_fragment(rest, length, &fragment, packet);
	return drop != GW_DROP_NONE ? drop : parse_udp(rest, length, packet);
}

enum gw_drop packet_parse(
	const uint8_t *data, uint32_t size, enum packet_ip_check check, struct packet *packet)
{
	if (size < ETHERNET_SIZE)
		return GW_DROP_L2_SHORT;
	uint16_t type = read_be16(data + 12);

	data += ETHERNET_SIZE;
	size -= ETHERNET_SIZE;
	for (int tags = 0; type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6; tags++) {
		if (type != ETHERTYPE_VLAN && type != ETHERTYPE_QINQ && type != ETHERTYPE_OLD_QINQ)
			return GW_DROP_NOT_IP;
		if (tags == VLAN_TAGS)
			return GW_DROP_NOT_IP;
		if (size < VLAN_SIZE)
			return GW_DROP_L2_SHORT;
		type = read_be16(data + 2);
		data += VLAN_SIZE;
		size -= VLAN_SIZE;
	}
	return type == ETHERTYPE_IPV4 ? parse_ipv4(data, size, check, packet)
				      : parse_ipv6(data, size, packet);
}

/* The pseudo header: both addresses, the protocol and the length. Unused address bytes are 0 and
 * change nothing. */
static uint64_t sum_pseudo_header(const struct packet *packet)
{
	uint64_t sum = htons(IPPROTO_UDP) + (uint64_t)htons((uint16_t)(packet->size + UDP_SIZE));

	sum = checksum_add(sum, (const uint8_t *)packet->flow.source, 16);
	return checksum_add(sum, (const uint8_t *)packet->flow.destination, 16);
}

bool packet_udp_checksum_ok(const struct packet *packet)
{
	if (packet->udp[6] == 0 && packet->udp[7] == 0)
		return packet->flow.family == AF_INET;
	return checksum_fold(checksum_add(
		       sum_pseudo_header(packet), packet->udp, packet->size + UDP_SIZE)) == 0xFFFF;
}

bool packet_udp_checksum_unfinished(const struct packet *packet)
{
	uint16_t field;

	memcpy(&field, packet->udp + 6, sizeof(field));
	return field == checksum_fold(sum_pseudo_header(packet));
}
