#include "decode/jpeg_probe.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "decode/jpeg_marker.h"

#define MAX_COMPONENTS 3
#define TABLES 4
#define MAX_DC_CATEGORY 15
/* T.81, B.2.3: blocks in one MCU. */
#define MAX_MCU_BLOCKS 10

struct component {
	uint8_t id;
	uint8_t h, v; /* sampling factors, 1 .. 4 */
	uint8_t quantisation;
};

struct probe {
	const uint8_t *begin;
	const uint8_t *at;
	const uint8_t *end;
	const struct jpeg_limits *limits;
	struct jpeg_info *info;
	const char *cause;

	struct component component[MAX_COMPONENTS];
	uint8_t frame_marker; /* SOF0 or SOF1, 0 while none was seen */
	bool wide_quantisation[TABLES];
	/* Bit n: table n is defined. */
	uint8_t quantisation, dc, ac;
	uint32_t restarts; /* markers that the scan must hold */
};

static int bad(struct probe *p, const char *cause)
{
	p->cause = cause;
	return -EBADMSG;
}

static int refuse(struct probe *p, const char *cause)
{
	p->cause = cause;
	return -ENOTSUP;
}

static uint32_t be16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

/* Goes to the next marker, over fill bytes (T.81, B.1.1.2). */
static int next_marker(struct probe *p, uint8_t *marker)
{
	if (p->at == p->end || *p->at != 0xff)
		return bad(
			p, p->at == p->end ? "no end of image" : "no marker where one must stand");
	while (p->at < p->end && *p->at == 0xff)
		p->at++;
	if (p->at == p->end)
		return bad(p, "no end of image");
	*marker = *p->at++;
	return 0;
}

/* Takes a segment's length and steps over the segment: `body` is what follows the length. */
static int take_segment(struct probe *p, const uint8_t **body, uint32_t *size)
{
	size_t left = (size_t)(p->end - p->at);

	if (left < 2)
		return bad(p, "a segment is cut short");
	uint32_t length = be16(p->at);
	if (length < 2 || length > left)
		return bad(p, "a segment is longer than the picture");
	*body = p->at + 2;
	*size = length - 2;
	p->at += length;
	return 0;
}

/* T.81, B.2.4.1. */
static int read_quantisation(struct probe *p, const uint8_t *body, uint32_t size)
{
	while (size > 0) {
		bool wide = body[0] >> 4;
		uint8_t table = body[0] & 15;
		uint32_t bytes = wide ? 128 : 64;

		if (body[0] >> 4 > 1 || table >= TABLES || size < 1 + bytes)
			return bad(p, "malformed quantisation table");
		for (uint32_t i = 0; i < bytes; i += wide ? 2 : 1)
			if ((wide ? be16(body + 1 + i) : body[1 + i]) == 0)
				return bad(p, "a quantisation table holds zero");
		p->quantisation |= (uint8_t)(1u << table);
		p->wide_quantisation[table] = wide;
		body += 1 + bytes;
		size -= 1 + bytes;
	}
	return 0;
}

/* T.81, B.2.4.2 and C.2: code lengths must describe a prefix code. */
static int read_huffman(struct probe *p, const uint8_t *body, uint32_t size)
{
	while (size > 0) {
		uint8_t class = body[0] >> 4;
		uint8_t table = body[0] & 15;
		uint32_t symbols = 0, code = 0;

		if (class > 1 || table >= TABLES || size < 17)
			return bad(p, "malformed Huffman table");
		for (int length = 1; length <= 16; length++) {
			symbols += body[length];
			code += body[length];
			/* The code of all ones is reserved. */
			if (code >= 1u << length)
				return bad(p, "a Huffman table has more codes than fit");
			code <<= 1;
		}
		if (symbols == 0 || symbols > 256 || size < 17 + symbols)
			return bad(p, "malformed Huffman table");
		for (uint32_t i = 0; class == 0 && i < symbols; i++)
			if (body[17 + i] > MAX_DC_CATEGORY)
				return bad(p, "a Huffman table holds an impossible category");
		if (class == 0)
			p->dc |= (uint8_t)(1u << table);
		else
			p->ac |= (uint8_t)(1u << table);
		body += 17 + symbols;
		size -= 17 + symbols;
	}
	return 0;
}

/* Chroma must be one of the common fractions of luma, the same for both. */
static int read_sampling(struct probe *p)
{
	static const struct {
		uint8_t h, v;
		enum jpeg_sampling sampling;
	} known[] = {
		{1, 1, JPEG_SAMPLING_444},
		{2, 1, JPEG_SAMPLING_422},
		{2, 2, JPEG_SAMPLING_420},
		{1, 2, JPEG_SAMPLING_440},
		{4, 1, JPEG_SAMPLING_411},
	};
	const struct component *c = p->component;

	if (p->info->components == 1) {
		p->info->sampling = JPEG_SAMPLING_GRAY;
		return 0;
	}
	if (c[0].h * c[0].v + c[1].h * c[1].v + c[2].h * c[2].v > MAX_MCU_BLOCKS)
		return bad(p, "too many blocks in one MCU");
	if (c[1].h != c[2].h || c[1].v != c[2].v)
		return refuse(p, "uncommon chroma sampling");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (c[0].h == c[1].h * known[i].h && c[0].v == c[1].v * known[i].v) {
			p->info->sampling = known[i].sampling;
			return 0;
		}
	}
	return refuse(p, "uncommon chroma sampling");
}

/* T.81, B.2.2. */
static int read_frame(struct probe *p, uint8_t marker, const uint8_t *body, uint32_t size)
{
	struct jpeg_info *info = p->info;

	if (p->frame_marker)
		return bad(p, "two frame headers");
	if (size < 6 || size != 6 + 3u * body[5])
		return bad(p, "malformed frame header");
	if (body[0] != 8)
		return refuse(p, "samples of other than 8 bits");
	info->height = (uint16_t)be16(body + 1);
	info->width = (uint16_t)be16(body + 3);
	if (info->width == 0)
		return bad(p, "no width");
	if (info->height == 0)
		return refuse(p, "height after the scan");
	if (body[5] != 1 && body[5] != 3)
		return body[5] ? refuse(p, "neither one component nor three")
			       : bad(p, "no component");
	if (info->width > p->limits->max_width || info->height > p->limits->max_height) {
		p->cause = "larger than the limit for pictures";
		return -EFBIG;
	}
	info->components = body[5];
	for (int i = 0; i < info->components; i++) {
		const uint8_t *b = body + 6 + 3 * i;
		struct component *c = &p->component[i];

		*c = (struct component){b[0], b[1] >> 4, b[1] & 15, b[2]};
		if (c->h < 1 || c->h > 4 || c->v < 1 || c->v > 4 || c->quantisation >= TABLES)
			return bad(p, "malformed frame header");
		for (int before = 0; before < i; before++)
			if (p->component[before].id == c->id)
				return bad(p, "two components of one name");
	}
	p->frame_marker = marker;
	return read_sampling(p);
}

static uint32_t divide_up(uint32_t n, uint32_t by)
{
	return (n + by - 1) / by;
}

/* Restart markers stand between the intervals, none after the last one (T.81, B.2.1). */
static void count_restarts(struct probe *p)
{
	const struct jpeg_info *info = p->info;
	const struct component *luma = &p->component[0];
	/* A scan of one component has MCUs of one block, whatever its factors say (T.81, A.2.2). */
	bool grey = info->components == 1;
	uint32_t across = divide_up(info->width, grey ? 8 : 8u * luma->h);
	uint32_t down = divide_up(info->height, grey ? 8 : 8u * luma->v);

	if (info->restart_interval)
		p->restarts = divide_up(across * down, info->restart_interval) - 1;
}

/* T.81, B.2.3: one scan of all components, and everything that it names is there. */
static int read_scan_header(struct probe *p, const uint8_t *body, uint32_t size)
{
	if (!p->frame_marker)
		return bad(p, "a scan before the frame header");
	if (size < 4 || size != 4 + 2u * body[0])
		return bad(p, "malformed scan header");
	if (body[0] != p->info->components)
		return body[0] < p->info->components ? refuse(p, "more than one scan")
						     : bad(p, "malformed scan header");
	for (int i = 0; i < p->info->components; i++) {
		const struct component *c = &p->component[i];
		uint8_t dc = body[2 + 2 * i] >> 4, ac = body[2 + 2 * i] & 15;

		if (body[1 + 2 * i] != c->id)
			return bad(p, "the scan names another component than the frame");
		if (dc >= TABLES || ac >= TABLES || !(p->dc >> dc & 1) || !(p->ac >> ac & 1))
			return bad(p, "a Huffman table is missing");
		if (!(p->quantisation >> c->quantisation & 1))
			return bad(p, "a quantisation table is missing");
		if (p->frame_marker == MARKER_SOF0 &&
			(dc > 1 || ac > 1 || p->wide_quantisation[c->quantisation]))
			return bad(p, "a baseline picture uses tables of an extended one");
	}
	const uint8_t *spectrum = body + 1 + 2 * p->info->components;
	if (spectrum[0] != 0 || spectrum[1] != 63 || spectrum[2] != 0)
		return bad(p, "a sequential scan of less than all coefficients");
	count_restarts(p);
	return 0;
}

/* Steps over the entropy-coded bytes: only stuffed 0xff and restart markers in their order may
 * stand there. Ends before the marker that is neither. */
static int walk_scan(struct probe *p)
{
	uint32_t restarts = 0;

	for (;;) {
		const uint8_t *ff = memchr(p->at, 0xff, (size_t)(p->end - p->at));

		if (!ff)
			return bad(p, "no end of image");
		p->at = ff;
		while (p->at < p->end && *p->at == 0xff)
			p->at++;
		if (p->at == p->end)
			return bad(p, "no end of image");
		uint8_t next = *p->at++;
		if (next == 0)
			continue;
		if (next < MARKER_RST0 || next > MARKER_RST7) {
			p->at -= 2;
			break;
		}
		if (restarts == p->restarts || next != MARKER_RST0 + restarts % 8)
			return bad(p, "restart markers do not fit the interval");
		restarts++;
	}
	if (restarts != p->restarts)
		return bad(p, "restart markers do not fit the interval");
	return 0;
}

/* Zero bytes and more end markers. */
static bool only_padding(const uint8_t *at, const uint8_t *end)
{
	while (at < end) {
		if (at[0] == 0)
			at++;
		else if (end - at >= 2 && at[0] == 0xff && at[1] == MARKER_EOI)
			at += 2;
		else
			return false;
	}
	return true;
}

/* What follows the scan: the end, and nothing after it. */
static int read_end(struct probe *p)
{
	uint8_t marker;
	int status = next_marker(p, &marker);

	if (status != 0)
		return status;
	switch (marker) {
	case MARKER_EOI:
		if (!only_padding(p->at, p->end))
			return bad(p, "bytes after the end of the image");
		p->info->size = (uint32_t)(p->at - p->begin);
		return 0;
	case MARKER_DNL:
		return refuse(p, "height after the scan");
	case MARKER_SOS:
	case MARKER_DHT:
	case MARKER_DQT:
	case MARKER_DRI:
		return refuse(p, "more than one scan");
	default:
		return bad(p, "a marker that must not follow a scan");
	}
}

static const char *refused_coding(uint8_t marker)
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

static int read_restart_interval(struct probe *p, const uint8_t *body, uint32_t size)
{
	if (size != 2)
		return bad(p, "malformed restart interval");
	p->info->restart_interval = (uint16_t)be16(body);
	return 0;
}

/* One marker before the scan, with its segment. */
static int read_segment(struct probe *p, uint8_t marker)
{
	const uint8_t *body;
	uint32_t size;

	if (refused_coding(marker))
		return refuse(p, refused_coding(marker));
	if (marker == MARKER_EOI)
		return bad(p, "no scan");
	if (marker < MARKER_SOF0 || (marker >= MARKER_RST0 && marker <= MARKER_SOI))
		return bad(p, "a marker that must not stand there");
	int status = take_segment(p, &body, &size);
	if (status != 0)
		return status;
	switch (marker) {
	case MARKER_SOF0:
	case MARKER_SOF1:
		return read_frame(p, marker, body, size);
	case MARKER_DQT:
		return read_quantisation(p, body, size);
	case MARKER_DHT:
		return read_huffman(p, body, size);
	case MARKER_DRI:
		return read_restart_interval(p, body, size);
	case MARKER_SOS:
		return read_scan_header(p, body, size);
	default:
		if ((marker >= MARKER_APP0 && marker <= MARKER_APP15) || marker == MARKER_COM)
			return 0;
		return bad(p, "an unknown marker");
	}
}

static int walk(struct probe *p)
{
	uint8_t marker = 0;
	int status;

	if (p->end - p->at < 2 || p->at[0] != 0xff || p->at[1] != MARKER_SOI)
		return bad(p, "no start of image");
	p->at += 2;
	while (marker != MARKER_SOS) {
		status = next_marker(p, &marker);
		if (status == 0)
			status = read_segment(p, marker);
		if (status != 0)
			return status;
	}
	p->info->scan_offset = (uint32_t)(p->at - p->begin);
	status = walk_scan(p);
	return status == 0 ? read_end(p) : status;
}

int jpeg_probe(const uint8_t *data, size_t size, const struct jpeg_limits *limits,
	struct jpeg_info *info, const char **cause)
{
	struct probe p = {
		.begin = data, .at = data, .end = data + size, .limits = limits, .info = info};

	memset(info, 0, sizeof(*info));
	int status = walk(&p);
	*cause = p.cause;
	return status;
}

const char *jpeg_sampling_name(enum jpeg_sampling sampling)
{
	static const char *const names[] = {"grey", "4:4:4", "4:2:2", "4:2:0", "4:4:0", "4:1:1"};

	return names[sampling];
}
