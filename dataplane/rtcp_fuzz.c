/* Any bytes as an RTCP packet: what the parser says must lie inside them. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "dataplane/rtcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtcp rtcp;

	if (size > UINT16_MAX || rtcp_parse(data, (uint32_t)size, &rtcp) != GW_DROP_NONE)
		return 0;
	if (rtcp.leaving_count > 0 &&
		(rtcp.leaving < data + 4 || rtcp.leaving + rtcp.leaving_count * 4 > data + size))
		abort();
	(void)rtcp_leaves(&rtcp, rtcp.ssrc);
	if (rtcp.has_sender && rtcp_utc(rtcp.ntp) < -(INT64_C(1) << 56))
		abort();
	return 0;
}
