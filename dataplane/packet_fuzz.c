/* One packet from its Ethernet header on: whatever it is, what is found in it lies within it, and
 * it has one class for the kernel. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "dataplane/packet.h"
#include "dataplane/punt_class.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool truth)
{
	if (!truth)
		abort();
}

static void check_within(const uint8_t *data, size_t size, const struct packet *packet)
{
	check(packet->payload >= data && packet->payload + packet->size <= data + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet packet, unchecked;

	if (size > 65600)
		return 0;
	const enum gw_drop drop = packet_parse(data, (uint32_t)size, PACKET_IP_CHECK, &packet);
	const enum gw_drop otherwise =
		packet_parse(data, (uint32_t)size, PACKET_IP_TRUST, &unchecked);

	check(punt_classify(data, (uint32_t)size) < PUNT_CLASS_COUNT);
	/* Who trusts finds no less. */
	check(drop == otherwise || drop == GW_DROP_IP_CHECKSUM);
	if (otherwise == GW_DROP_NONE) {
		check_within(data, size, &unchecked);
		check(unchecked.udp + 8 == unchecked.payload);
		(void)packet_udp_checksum_ok(&unchecked);
		(void)packet_udp_checksum_unfinished(&unchecked);
	} else if (otherwise == PACKET_IS_FRAGMENT) {
		check_within(data, size, &unchecked);
		check(unchecked.flow.port == 0 && unchecked.fragment.offset % 8 == 0);
	}
	return 0;
}
