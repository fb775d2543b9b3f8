#include "gwd/camera/measure.h"

#include "core/clock.h"
#include "dataplane/rtcp.h"
#include "dataplane/rtp.h"
#include "dataplane/rtp_jpeg.h"

#define ONVIF_REPLAY 0xABAC
#define ONVIF_JPEG 0xFFD8

static void note_ssrc(struct measure *measure, uint32_t ssrc)
{
	for (uint32_t i = 0; i < measure->ssrc_count; i++)
		if (measure->ssrc[i] == ssrc)
			return;
	if (measure->ssrc_count < MEASURE_SSRCS)
		measure->ssrc[measure->ssrc_count++] = ssrc;
}

static void note_interval(struct measure *measure, uint16_t interval)
{
	for (uint32_t i = 0; i < measure->interval_count; i++)
		if (measure->interval[i] == interval)
			return;
	if (measure->interval_count < MEASURE_INTERVALS)
		measure->interval[measure->interval_count++] = interval;
}

static void note_number(struct measure *measure, uint16_t number)
{
	const uint16_t ahead = (uint16_t)(number - measure->number);

	/* Half of the numbers are behind: late packets, which were taken for lost. */
	if (measure->has_number && ahead >= 0x8000) {
		measure->lost -= measure->lost > 0;
		return;
	}
	if (measure->has_number && ahead > 1)
		measure->lost += ahead - 1u;
	measure->number = number;
	measure->has_number = true;
}

static void note_picture(struct measure *measure, const struct rtp_jpeg *jpeg, int64_t now)
{
	if (measure->pictures++ == 0)
		measure->first = now;
	else if (jpeg->width != measure->width || jpeg->height != measure->height)
		measure->size_varies = true;
	measure->last = now;
	measure->width = jpeg->width;
	measure->height = jpeg->height;
	measure->types[jpeg->type] = true;
	measure->qs[jpeg->q] = true;
	if (jpeg->q >= RTP_JPEG_Q_TABLES)
		*(jpeg->tables_size > 0 ? &measure->with_tables : &measure->without_tables) += 1;
	measure->wide_tables |= jpeg->tables_size > 0 && jpeg->tables_precision != 0;
	if (jpeg->type >= RTP_JPEG_RESTART && jpeg->type < 128)
		note_interval(measure, jpeg->restart_interval);
	measure->files += rtp_jpeg_is_file(jpeg);
}

void measure_packet(struct measure *measure, const uint8_t *data, uint32_t size, int64_t now)
{
	struct rtp_packet rtp;
	struct rtp_jpeg jpeg;

	if (rtcp_is(data, size)) {
		measure->reports++;
		return;
	}
	enum gw_drop drop = rtp_parse(data, size, &rtp);

	if (drop == GW_DROP_NONE) {
		measure->packets++;
		measure->bytes += size;
		measure->payload_types[rtp.payload_type & 127] = true;
		if (size > measure->largest)
			measure->largest = size;
		note_ssrc(measure, rtp.ssrc);
		note_number(measure, rtp.sequence);
		measure->extended += rtp.extension &&
			(rtp.extension_profile == ONVIF_JPEG ||
				rtp.extension_profile == ONVIF_REPLAY);
		drop = rtp_type_may_be_jpeg(rtp.payload_type)
			? rtp_jpeg_parse(rtp.payload, rtp.size, &jpeg)
			: GW_DROP_RTP_PAYLOAD;
	}
	if (drop == GW_DROP_NONE)
		drop = jpeg.doubt;
	if (drop != GW_DROP_NONE)
		measure->refused[drop]++;
	else if (jpeg.offset == 0)
		note_picture(measure, &jpeg, now);
}

double measure_rate(const struct measure *measure)
{
	if (measure->pictures < 2 || measure->last <= measure->first)
		return 0;
	return (double)(measure->pictures - 1) * GW_NS_PER_S /
		(double)(measure->last - measure->first);
}
