#include "jpeg/segments.h"

#include <errno.h>

#include "core/bytes.h"
#include "jpeg/exif.h"
#include "jpeg/marker.h"

#define MAX_DC_CATEGORY 15
/* T.81, B.2.3: blocks in one MCU. */
#define MAX_MCU_BLOCKS 10

int jpeg_walk_bad(struct jpeg_walk *walk, const char *cause)
{
	walk->cause = cause;
	return -EBADMSG;
}

int jpeg_walk_refuse(struct jpeg_walk *walk, const char *cause)
{
	walk->cause = cause;
	return -ENOTSUP;
}

/* T.81, B.2.4.1. */
static int read_quantisation(struct jpeg_walk *walk, const uint8_t *body, uint32_t size)
{
	while (size > 0) {
		bool wide = body[0] >> 4;
		uint8_t table = body[0] & 15;
		uint32_t bytes = wide ? 128 : 64;

		if (body[0] >> 4 > 1 || table >= JPEG_TABLES || size < 1 + bytes)
			return jpeg_walk_bad(walk, "malformed quantisation table");
		for (uint32_t i = 0; i < bytes; i += wide ? 2 : 1)
			if ((wide ? read_be16(body + 1 + i) : body[1 + i]) == 0)
				return jpeg_walk_bad(walk, "a quantisation table holds zero");
		walk->quantisation |= (uint8_t)(1u << table);
		walk->wide_quantisation[table] = wide;
		body += 1 + bytes;
		size -= 1 + bytes;
	}
	return 0;
}

/* T.81, B.2.4.2 and C.2: code lengths must describe a prefix code. */
static int read_huffman(struct jpeg_walk *walk, const uint8_t *body, uint32_t size)
{
	while (size > 0) {
		uint8_t class = body[0] >> 4;
		uint8_t table = body[0] & 15;
		uint32_t symbols = 0, code = 0;

		if (class > 1 || table >= JPEG_TABLES || size < 17)
			return jpeg_walk_bad(walk, "malformed Huffman table");
		for (int length = 1; length <= 16; length++) {
			symbols += body[length];
			code += body[length];
			/* The code of all ones is reserved. */
			if (code >= 1u << length)
				return jpeg_walk_bad(
					walk, "a Huffman table has more codes than fit");
			code <<= 1;
		}
		if (symbols == 0 || symbols > 256 || size < 17 + symbols)
			return jpeg_walk_bad(walk, "malformed Huffman table");
		for (uint32_t i = 0; class == 0 && i < symbols; i++)
			if (body[17 + i] > MAX_DC_CATEGORY)
				return jpeg_walk_bad(
					walk, "a Huffman table holds an impossible category");
		if (class == 0)
			walk->dc |= (uint8_t)(1u << table);
		else
			walk->ac |= (uint8_t)(1u << table);
		body += 17 + symbols;
		size -= 17 + symbols;
	}
	return 0;
}

/* Chroma must be one of the common fractions of luma, the same for both. */
static int read_sampling(struct jpeg_walk *walk)
{
	static const struct {
		uint8_t h, v;
		enum jpeg_subsampling subsampling;
	} known[] = {
		{1, 1, JPEG_SUBSAMPLING_444},
		{2, 1, JPEG_SUBSAMPLING_422},
		{2, 2, JPEG_SUBSAMPLING_420},
		{1, 2, JPEG_SUBSAMPLING_440},
		{4, 1, JPEG_SUBSAMPLING_411},
	};
	const struct jpeg_component *c = walk->component;

	if (walk->info->components == 1) {
		walk->info->subsampling = JPEG_SUBSAMPLING_GRAY;
		return 0;
	}
	if (c[0].h * c[0].v + c[1].h * c[1].v + c[2].h * c[2].v > MAX_MCU_BLOCKS)
		return jpeg_walk_bad(walk, "too many blocks in one MCU");
	if (c[1].h != c[2].h || c[1].v != c[2].v)
		return jpeg_walk_refuse(walk, "uncommon chroma subsampling");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (c[0].h == c[1].h * known[i].h && c[0].v == c[1].v * known[i].v) {
			walk->info->subsampling = known[i].subsampling;
			return 0;
		}
	}
	return jpeg_walk_refuse(walk, "uncommon chroma subsampling");
}

/* T.81, B.2.2. */
static int read_frame(struct jpeg_walk *walk, uint8_t marker, const uint8_t *body, uint32_t size)
{
	struct jpeg_info *info = walk->info;

	if (walk->frame_marker)
		return jpeg_walk_bad(walk, "two frame headers");
	if (size < 6 || size != 6 + 3u * body[5])
		return jpeg_walk_bad(walk, "malformed frame header");
	if (body[0] != 8)
		return jpeg_walk_refuse(walk, "samples of other than 8 bits");
	info->height = read_be16(body + 1);
	info->width = read_be16(body + 3);
	if (info->width == 0)
		return jpeg_walk_bad(walk, "no width");
	if (info->height == 0)
		return jpeg_walk_refuse(walk, "height after the scan");
	if (body[5] != 1 && body[5] != 3)
		return body[5] ? jpeg_walk_refuse(walk, "neither one component nor three")
			       : jpeg_walk_bad(walk, "no component");
	if (info->width > walk->limits->max_width || info->height > walk->limits->max_height) {
		walk->cause = "larger than the limit for pictures";
		return -EFBIG;
	}
	info->components = body[5];
	for (int i = 0; i < info->components; i++) {
		const uint8_t *b = body + 6 + 3 * i;
		struct jpeg_component *c = &walk->component[i];

		*c = (struct jpeg_component){b[0], b[1] >> 4, b[1] & 15, b[2]};
		if (c->h < 1 || c->h > 4 || c->v < 1 || c->v > 4 || c->quantisation >= JPEG_TABLES)
			return jpeg_walk_bad(walk, "malformed frame header");
		for (int before = 0; before < i; before++)
			if (walk->component[before].id == c->id)
				return jpeg_walk_bad(walk, "two components of one name");
	}
	walk->frame_marker = marker;
	return read_sampling(walk);
}

static uint32_t divide_up(uint32_t n, uint32_t by)
{
	return (n + by - 1) / by;
}

/* Restart markers stand between the intervals, none after the last one (T.81, B.2.1). */
static void count_restarts(struct jpeg_walk *walk)
{
	const struct jpeg_info *info = walk->info;
	const struct jpeg_component *luma = &walk->component[0];
	/* A scan of one component has MCUs of one block, whatever its factors say (T.81, A.2.2). */
	bool grey = info->components == 1;
	uint32_t across = divide_up(info->width, grey ? 8 : 8u * luma->h);
	uint32_t down = divide_up(info->height, grey ? 8 : 8u * luma->v);

	if (info->restart_interval)
		walk->restarts = divide_up(across * down, info->restart_interval) - 1;
}

/* T.81, B.2.3: one scan of all components, and everything that it names is there. */
static int read_scan_header(struct jpeg_walk *walk, const uint8_t *body, uint32_t size)
{
	if (!walk->frame_marker)
		return jpeg_walk_bad(walk, "a scan before the frame header");
	if (size < 4 || size != 4 + 2u * body[0])
		return jpeg_walk_bad(walk, "malformed scan header");
	if (body[0] != walk->info->components)
		return body[0] < walk->info->components
			? jpeg_walk_refuse(walk, "more than one scan")
			: jpeg_walk_bad(walk, "malformed scan header");
	for (int i = 0; i < walk->info->components; i++) {
		const struct jpeg_component *c = &walk->component[i];
		uint8_t dc = body[2 + 2 * i] >> 4, ac = body[2 + 2 * i] & 15;

		if (body[1 + 2 * i] != c->id)
			return jpeg_walk_bad(
				walk, "the scan names another component than the frame");
		if (dc >= JPEG_TABLES || ac >= JPEG_TABLES || !(walk->dc >> dc & 1) ||
			!(walk->ac >> ac & 1))
			return jpeg_walk_bad(walk, "a Huffman table is missing");
		if (!(walk->quantisation >> c->quantisation & 1))
			return jpeg_walk_bad(walk, "a quantisation table is missing");
		if (walk->frame_marker == MARKER_SOF0 &&
			(dc > 1 || ac > 1 || walk->wide_quantisation[c->quantisation]))
			return jpeg_walk_bad(
				walk, "a baseline picture uses tables of an extended one");
	}
	const uint8_t *spectrum = body + 1 + 2 * walk->info->components;
	if (spectrum[0] != 0 || spectrum[1] != 63 || spectrum[2] != 0)
		return jpeg_walk_bad(walk, "a sequential scan of less than all coefficients");
	count_restarts(walk);
	return 0;
}

static int read_restart_interval(struct jpeg_walk *walk, const uint8_t *body, uint32_t size)
{
	if (size != 2)
		return jpeg_walk_bad(walk, "malformed restart interval");
	walk->info->restart_interval = read_be16(body);
	return 0;
}

/* Other things stand in segments of that marker, too. */
static void read_exif(struct jpeg_walk *walk, const uint8_t *body, uint32_t size)
{
	const uint8_t orientation = jpeg_exif_orientation(body, size);

	if (orientation)
		walk->info->orientation = orientation;
}

int jpeg_segment_read(struct jpeg_walk *walk, uint8_t marker, const uint8_t *body, uint32_t size)
{
	switch (marker) {
	case MARKER_SOF0:
	case MARKER_SOF1:
		return read_frame(walk, marker, body, size);
	case MARKER_DQT:
		return read_quantisation(walk, body, size);
	case MARKER_DHT:
		return read_huffman(walk, body, size);
	case MARKER_DRI:
		return read_restart_interval(walk, body, size);
	case MARKER_SOS:
		return read_scan_header(walk, body, size);
	case MARKER_APP1:
		read_exif(walk, body, size);
		return 0;
	default:
		if ((marker >= MARKER_APP0 && marker <= MARKER_APP15) || marker == MARKER_COM)
			return 0;
		return jpeg_walk_bad(walk, "an unknown marker");
	}
}

const char *jpeg_segment_refused(uint8_t marker)
{
	switch (marker) {
	case MARKER_SOF2:
		return "progressive coding";
	case MARKER_SOF3:
		return "lossless coding";
	case MARKER_SOF5:
	case MARKER_SOF6:
	case MARKER_SOF7:
	case MARKER_DHP:
	case MARKER_EXP:
		return "hierarchical coding";
	case MARKER_SOF9:
	case MARKER_SOF10:
	case MARKER_SOF11:
	case MARKER_SOF13:
	case MARKER_SOF14:
	case MARKER_SOF15:
	case MARKER_DAC:
		return "arithmetic coding";
	default:
		return NULL;
	}
}
