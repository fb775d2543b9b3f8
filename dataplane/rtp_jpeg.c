#include "dataplane/rtp_jpeg.h"

#include <stddef.h>
#include <string.h>

#include "core/bytes.h"

enum {
	MAIN_HEADER_SIZE = 8,
	RESTART_HEADER_SIZE = 4,
	TABLES_HEADER_SIZE = 4,
	TYPE_SPECIFIC_LAST = 3,
	Q_LAST_COMPUTED = 99,
};

static bool type_is_known(uint8_t type)
{
	return (type & ~RTP_JPEG_RESTART) <= 1;
}

/* Those who send whole files forget the table header that their Q announces. */
static bool is_file_without_tables(const uint8_t *data, uint32_t size)
{
	return size >= TABLES_HEADER_SIZE && data[0] == 0xFF && data[1] == 0xD8 &&
		data[2] == 0xFF && read_be16(data + 2) > size - TABLES_HEADER_SIZE;
}

/* Fields of which only those of a picture's first packet are believed: some senders change them
 * afterwards. */
static enum gw_drop judge_header(const struct rtp_jpeg *jpeg)
{
	/* RFC 2435, 3.1.1 and 4.1, knows 0 to 3. Where that byte stands, H.264 and H.265 have the
	 * header of a NAL unit (RFC 6184, 1.3; RFC 7798, 1.1.4), which is larger. */
	if (jpeg->type_specific > TYPE_SPECIFIC_LAST)
		return GW_DROP_NOT_JPEG;
	if (jpeg->q == 0 || (jpeg->q > Q_LAST_COMPUTED && jpeg->q < RTP_JPEG_Q_TABLES))
		return GW_DROP_BAD_Q;
	return GW_DROP_NONE;
}

static inline enum gw_drop parse(
	const uint8_t *data, uint32_t size, enum rtp_jpeg_part part, struct rtp_jpeg *jpeg)
{
	if (size < MAIN_HEADER_SIZE)
		return GW_DROP_JPEG_SHORT;
	jpeg->type_specific = data[0];
	jpeg->part = part;
	jpeg->offset = read_be24(data + 1);
	if (part != RTP_JPEG_BY_OFFSET)
		jpeg->offset = part == RTP_JPEG_ONVIF_MORE;
	jpeg->type = data[4];
	jpeg->q = data[5];
	jpeg->width = (uint16_t)(data[6] * 8);
	jpeg->height = (uint16_t)(data[7] * 8);
	data += MAIN_HEADER_SIZE;
	size -= MAIN_HEADER_SIZE;

	jpeg->doubt = judge_header(jpeg);
	if (jpeg->doubt != GW_DROP_NONE && jpeg->offset == 0 && jpeg->q != 0)
		return jpeg->doubt;
	if (!type_is_known(jpeg->type))
		return GW_DROP_BAD_TYPE;
	jpeg->restart_interval = 0;
	if (jpeg->type & RTP_JPEG_RESTART) {
		if (size < RESTART_HEADER_SIZE)
			return GW_DROP_JPEG_SHORT;
		jpeg->restart_interval = read_be16(data);
		jpeg->restart_first = data[2] >> 7;
		jpeg->restart_last = data[2] >> 6 & 1;
		jpeg->restart_count = read_be16(data + 2) & 0x3FFF;
		data += RESTART_HEADER_SIZE;
		size -= RESTART_HEADER_SIZE;
	}
	jpeg->has_tables = false;
	jpeg->tables_size = 0;
	jpeg->tables = NULL;
	if (jpeg->q >= RTP_JPEG_Q_TABLES && jpeg->offset == 0 &&
		!is_file_without_tables(data, size)) {
		if (size < TABLES_HEADER_SIZE)
			return GW_DROP_JPEG_SHORT;
		jpeg->has_tables = true;
		jpeg->tables_precision = data[1];
		jpeg->tables_size = read_be16(data + 2);
		data += TABLES_HEADER_SIZE;
		size -= TABLES_HEADER_SIZE;
		if (jpeg->tables_size > size)
			return GW_DROP_JPEG_SHORT;
		jpeg->tables = data;
		data += jpeg->tables_size;
		size -= jpeg->tables_size;
	}
	jpeg->data = data;
	jpeg->size = size;
	return GW_DROP_NONE;
}

enum gw_drop rtp_jpeg_parse(const uint8_t *data, uint32_t size, struct rtp_jpeg *jpeg)
{
	return parse(data, size, RTP_JPEG_BY_OFFSET, jpeg);
}

enum gw_drop rtp_jpeg_parse_part(
	const uint8_t *data, uint32_t size, enum rtp_jpeg_part part, struct rtp_jpeg *jpeg)
{
	return parse(data, size, part, jpeg);
}

uint32_t rtp_jpeg_print(const struct rtp_jpeg *jpeg)
{
	/* The end of a piece of entropy-coded data is as good as random. */
	const uint32_t size = jpeg->size < 16 ? jpeg->size : 16;
	const uint32_t half = size < 8 ? size : 8;
	const uint8_t *end = jpeg->data + jpeg->size;
	uint64_t a = 0, b = 0;

	memcpy(&a, end - size, half);
	memcpy(&b, end - half, half);
	a = (a ^ jpeg->size) * UINT64_C(0x9E3779B97F4A7C15);
	b = (b ^ a >> 32) * UINT64_C(0xC2B2AE3D27D4EB4F);
	return (uint32_t)(b >> 32) ^ (uint32_t)a;
}
