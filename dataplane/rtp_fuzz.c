/* Any bytes as an RTP packet: what the header parser says must lie inside them. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "dataplane/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtp_packet rtp;

	if (size > UINT16_MAX || rtp_parse(data, (uint32_t)size, &rtp) != GW_DROP_NONE)
		return 0;
	if (rtp.payload < data + 12 || rtp.payload + rtp.size > data + size)
		abort();
	if (rtp.extension &&
		(rtp.extension < data + 16 || rtp.extension + rtp.extension_size > rtp.payload))
		abort();
	return 0;
}
