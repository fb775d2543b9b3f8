#include "dataplane/punt_class.h"

#include <netinet/in.h>

#include "core/bytes.h"

enum {
	ETHERNET_SIZE = 14,
	VLAN_SIZE = 4,
	IPV6_SIZE = 40,
	EXTENSIONS = 4,
	ICMPV6_MLD_FIRST = 130, /* RFC 2710 */
	ICMPV6_MLD_LAST = 132,
	ICMPV6_ND_FIRST = 133, /* RFC 4861 */
	ICMPV6_ND_LAST = 137,
	ICMPV6_MLD2 = 143, /* RFC 3810 */
};

const struct punt_class_info punt_classes[PUNT_CLASS_COUNT] = {
#define X(NAME, name, rate) [PUNT_##NAME] = {name, rate},
	PUNT_CLASSES(X)
#undef X
};

static int is_dhcp(uint16_t port)
{
	return port == 67 || port == 68 || port == 546 || port == 547;
}

static enum punt_class classify_icmpv6(const uint8_t *data, uint32_t size)
{
	const uint8_t type = size > 0 ? data[0] : 0;

	if ((type >= ICMPV6_MLD_FIRST && type <= ICMPV6_MLD_LAST) || type == ICMPV6_MLD2)
		return PUNT_GROUP;
	return type >= ICMPV6_ND_FIRST && type <= ICMPV6_ND_LAST ? PUNT_NEIGHBOUR : PUNT_ICMP;
}

static enum punt_class classify_protocol(uint8_t protocol, const uint8_t *data, uint32_t size)
{
	switch (protocol) {
	case IPPROTO_ICMP:
		return PUNT_ICMP;
	case IPPROTO_IGMP:
		return PUNT_GROUP;
	case IPPROTO_TCP:
		return PUNT_TCP;
	case IPPROTO_UDP:
		return size >= 4 && is_dhcp(read_be16(data + 2)) ? PUNT_DHCP : PUNT_UDP;
	case IPPROTO_ICMPV6:
		return classify_icmpv6(data, size);
	default:
		return PUNT_OTHER;
	}
}

static enum punt_class classify_ipv4(const uint8_t *data, uint32_t size)
{
	const uint32_t header = size > 0 ? (data[0] & 15u) * 4 : 0;

	if (header < 20 || size < header)
		return PUNT_OTHER;
	/* Later fragments have no header of their protocol's. */
	const int is_first = (read_be16(data + 6) & 0x1FFF) == 0;

	return classify_protocol(data[9], data + header, is_first ? size - header : 0);
}

static enum punt_class classify_ipv6(const uint8_t *data, uint32_t size)
{
	if (size < IPV6_SIZE)
		return PUNT_OTHER;
	uint8_t next = data[6];

	data += IPV6_SIZE;
	size -= IPV6_SIZE;
	/* MLD comes behind a hop-by-hop header. */
	for (int i = 0; i < EXTENSIONS && (next == IPPROTO_HOPOPTS || next == IPPROTO_DSTOPTS);
		i++) {
		const uint32_t length = size >= 2 ? (data[1] + 1u) * 8 : UINT32_MAX;

		if (length > size)
			return PUNT_OTHER;
		next = data[0];
		data += length;
		size -= length;
	}
	return classify_protocol(next, data, size);
}

enum punt_class punt_classify(const uint8_t *data, uint32_t size)
{
	if (size < ETHERNET_SIZE)
		return PUNT_OTHER;
	uint16_t type = read_be16(data + 12);

	data += ETHERNET_SIZE;
	size -= ETHERNET_SIZE;
	for (int tags = 0; tags < 2 && (type == 0x8100 || type == 0x88A8) && size >= VLAN_SIZE;
		tags++) {
		type = read_be16(data + 2);
		data += VLAN_SIZE;
		size -= VLAN_SIZE;
	}
	switch (type) {
	case 0x0806:
		return PUNT_NEIGHBOUR;
	case 0x0800:
		return classify_ipv4(data, size);
	case 0x86DD:
		return classify_ipv6(data, size);
	default:
		return PUNT_OTHER;
	}
}
