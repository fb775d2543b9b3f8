#include "dataplane/test_camera.h"

#include <assert.h>
#include <stdio.h> /* before jpeglib.h, which needs it */
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

/* Where the coefficients of a table in zigzag order stand in the block (T.81, figure A.6). */
static const uint8_t zigzag[64] = {0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19,
	26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29,
	22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

/* The scan follows the SOS segment; the tables are those of the DQT segments. */
static void take_apart(struct test_jpeg *jpeg)
{
	unsigned long at = 2;

	while (jpeg->bytes[at + 1] != 0xDA) {
		const uint8_t *segment = jpeg->bytes + at + 4;
		const unsigned long length =
			(unsigned long)jpeg->bytes[at + 2] << 8 | jpeg->bytes[at + 3];

		if (jpeg->bytes[at + 1] == 0xDB)
			for (unsigned long i = 0; i + 65 <= length - 2; i += 65)
				memcpy(jpeg->tables[segment[i] & 1], segment + i + 1, 64);
		at += 2 + length;
	}
	at += 2 + ((unsigned long)jpeg->bytes[at + 2] << 8 | jpeg->bytes[at + 3]);
	jpeg->scan = jpeg->bytes + at;
	jpeg->scan_size = (uint32_t)(jpeg->size - at - 2);
}

static void paint(uint8_t *row, uint32_t y, uint32_t width, uint32_t seed)
{
	for (uint32_t x = 0; x < width; x++) {
		uint32_t noise = (x / 5 * 2654435761u) ^ (y / 3 * 40503u) ^ (seed * 97u);

		row[3 * x] = (uint8_t)(x * 2 + seed * 16);
		row[3 * x + 1] = (uint8_t)(y * 3 + (noise >> 13) % 64);
		row[3 * x + 2] = (uint8_t)((x + y) / 2 + (noise >> 7) % 32);
	}
}

void test_jpeg_make(struct test_jpeg *jpeg, uint16_t width, uint16_t height, int quality,
	uint8_t subsampling, int tables, uint16_t interval, uint32_t seed)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr errors;
	uint8_t *row = malloc(3u * width);

	memset(jpeg, 0, sizeof(*jpeg));
	c.err = jpeg_std_error(&errors);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &jpeg->bytes, &jpeg->size);
	c.image_width = width;
	c.image_height = height;
	c.input_components = 3;
	c.in_color_space = JCS_RGB;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, quality, TRUE);
	c.comp_info[0].h_samp_factor = 2;
	c.comp_info[0].v_samp_factor = subsampling == 0 ? 1 : 2;
	if (tables == 1)
		c.comp_info[1].quant_tbl_no = c.comp_info[2].quant_tbl_no = 0;
	c.restart_interval = interval;
	jpeg_start_compress(&c, TRUE);
	for (uint32_t y = 0; y < height; y++) {
		paint(row, y, width, seed);
		jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	free(row);
	jpeg->width = width;
	jpeg->height = height;
	jpeg->interval = interval;
	jpeg->subsampling = subsampling;
	take_apart(jpeg);
}

static void read_facts(struct test_jpeg *jpeg)
{
	struct jpeg_decompress_struct d;
	struct jpeg_error_mgr errors;

	d.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&d);
	jpeg_mem_src(&d, jpeg->bytes, jpeg->size);
	jpeg_read_header(&d, TRUE);
	jpeg->width = (uint16_t)d.image_width;
	jpeg->height = (uint16_t)d.image_height;
	jpeg->interval = (uint16_t)d.restart_interval;
	jpeg->subsampling = d.comp_info[0].v_samp_factor == 2;
	/* RTP/JPEG has a table for the first component, and one for the others. */
	for (int t = 0; t < 2; t++)
		for (int i = 0; i < 64; i++)
			jpeg->tables[t][i] = (uint8_t)d.quant_tbl_ptrs[d.comp_info[t].quant_tbl_no]
						     ->quantval[zigzag[i]];
	jpeg_destroy_decompress(&d);
}

bool test_jpeg_load(struct test_jpeg *jpeg, const char *path)
{
	FILE *file = fopen(path, "rb");
	long size = -1;

	memset(jpeg, 0, sizeof(*jpeg));
	if (file && fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	if (size > 0) {
		rewind(file);
		jpeg->size = (unsigned long)size;
		jpeg->bytes = malloc(jpeg->size);
	}
	if (!jpeg->bytes || fread(jpeg->bytes, 1, jpeg->size, file) != jpeg->size)
		size = -1;
	if (file)
		fclose(file);
	if (size <= 0)
		return false;
	take_apart(jpeg);
	read_facts(jpeg);
	return true;
}

void test_jpeg_free(struct test_jpeg *jpeg)
{
	free(jpeg->bytes);
}

static uint8_t *decode(const uint8_t *bytes, unsigned long size, uint32_t *width, uint32_t *height)
{
	struct jpeg_decompress_struct d;
	struct jpeg_error_mgr errors;

	d.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&d);
	jpeg_mem_src(&d, bytes, size);
	jpeg_read_header(&d, TRUE);
	d.out_color_space = JCS_RGB;
	jpeg_start_decompress(&d);
	*width = d.output_width;
	*height = d.output_height;
	uint8_t *pixels = malloc(3u * *width * *height);

	while (d.output_scanline < d.output_height) {
		uint8_t *row = pixels + 3u * *width * d.output_scanline;

		jpeg_read_scanlines(&d, &row, 1);
	}
	jpeg_finish_decompress(&d);
	const bool clean = errors.num_warnings == 0;

	jpeg_destroy_decompress(&d);
	if (!clean) {
		free(pixels);
		return NULL;
	}
	return pixels;
}

bool test_jpeg_same_pixels(
	const uint8_t *a, unsigned long a_size, const uint8_t *b, unsigned long b_size)
{
	uint32_t aw = 0, ah = 0, bw = 0, bh = 0;
	uint8_t *pa = decode(a, a_size, &aw, &ah);
	uint8_t *pb = decode(b, b_size, &bw, &bh);
	bool same = pa && pb && bw <= aw && bh <= ah;

	for (uint32_t y = 0; same && y < bh; y++)
		same = memcmp(pa + 3u * aw * y, pb + 3u * bw * y, 3u * bw) == 0;
	free(pa);
	free(pb);
	return same;
}

void test_camera_init(struct test_camera *camera, uint8_t number, uint16_t port)
{
	*camera = (struct test_camera){
		.source = {10, 0, 0, number},
		.destination = {10, 0, 0, 2},
		.port = port,
		.ssrc = 0x1000u + number,
		.sequence = 1000,
		.timestamp = 90000,
		.step = 3000,
		.payload = 400,
		.q = 255,
		.tables_sent = 2,
		.send_size = true,
		.restart_word = 0xFFFF,
	};
}

static void forget_packets(struct test_camera *camera)
{
	for (uint32_t i = 0; i < camera->count; i++)
		free(camera->packets[i].bytes);
	camera->count = 0;
}

void test_camera_free(struct test_camera *camera)
{
	forget_packets(camera);
}

static uint8_t *put8(uint8_t *out, uint32_t value)
{
	*out = (uint8_t)value;
	return out + 1;
}

static uint8_t *put16(uint8_t *out, uint32_t value)
{
	return put8(put8(out, value >> 8), value);
}

static uint8_t *put32(uint8_t *out, uint32_t value)
{
	return put16(put16(out, value >> 16), value);
}

static uint16_t sum_words(uint32_t sum, const uint8_t *data, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Ethernet, IPv4 and UDP around `size` bytes that follow. */
static uint8_t *put_network(const struct test_camera *camera, uint8_t *out, uint32_t size)
{
	static const uint8_t addresses[12] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};

	memcpy(out, addresses, sizeof(addresses));
	out += sizeof(addresses);
	if (camera->vlan)
		out = put16(put16(out, 0x8100), 42);
	out = put16(out, 0x0800);
	uint8_t *ip = out;

	out = put16(put8(put8(out, 0x45), 0), 20 + 8 + size);
	out = put16(put8(put8(put16(put16(out, 0), 0x4000), 64), 17), 0);
	memcpy(out, camera->source, 4);
	memcpy(out + 4, camera->destination, 4);
	put16(ip + 10, sum_words(0, ip, 20));
	out += 8;
	return put16(put16(put16(put16(out, 40000), camera->port), 8 + size), 0);
}

static void put_udp_checksum(const struct test_camera *camera, uint8_t *udp, uint32_t size)
{
	uint32_t pseudo = 17 + size;

	for (int i = 0; i < 4; i += 2) {
		pseudo += (uint32_t)camera->source[i] << 8 | camera->source[i + 1];
		pseudo += (uint32_t)camera->destination[i] << 8 | camera->destination[i + 1];
	}
	put16(udp + 6, sum_words(pseudo, udp, size));
}

/* What a header extension holds: words of 4 bytes, the last one filled up with 0xFF. */
static uint8_t *put_segments(const struct test_camera *camera, uint8_t *out, bool is_first)
{
	const uint32_t size = is_first ? camera->segments_size : 0;
	const uint32_t words = (size + 3) / 4;

	if (camera->replay) {
		out = put16(put16(out, 0xABAC), words + 4);
		out = put32(put32(out, (uint32_t)(camera->ntp >> 32)), (uint32_t)camera->ntp);
		out = put32(out, 0xE0000000u + camera->sequence);
	}
	out = put16(put16(out, is_first ? 0xFFD8 : 0xFFFF), words);
	memcpy(out, camera->segments, size);
	memset(out + size, 0xFF, words * 4 - size);
	return out + words * 4;
}

static uint8_t *put_rtp(const struct test_camera *camera, uint8_t *out, bool marker, bool is_first)
{
	const bool onvif = camera->onvif && (is_first ? camera->segments_size > 0 : camera->more);

	out = put8(out,
		0x80 | (camera->padding ? 0x20 : 0) | (camera->extension || onvif ? 0x10 : 0) |
			camera->csrc);
	out = put8(out, (marker ? 0x80 : 0) | 26);
	out = put32(put32(put16(out, camera->sequence), camera->timestamp), camera->ssrc);
	for (uint8_t i = 0; i < camera->csrc; i++)
		out = put32(out, 0xC0FFEE00u + i);
	if (onvif)
		out = put_segments(camera, out, is_first);
	else if (camera->extension)
		out = put32(put32(put16(put16(out, 0xBEDE), 2), 0x10AA0000), 0);
	return out;
}

static uint8_t *put_tables(
	const struct test_camera *camera, const struct test_jpeg *jpeg, uint8_t *out)
{
	const uint32_t width = camera->wide_tables ? 2 : 1;
	const uint32_t count = (uint32_t)camera->tables_sent;

	out = put8(put8(out, 0), camera->wide_tables ? (1u << count) - 1 : 0);
	out = put16(out, count * 64 * width);
	for (uint32_t t = 0; t < count; t++)
		for (int i = 0; i < 64; i++)
			out = width == 2 ? put16(out, jpeg->tables[t > 0][i])
					 : put8(out, jpeg->tables[t > 0][i]);
	return out;
}

static uint8_t *put_jpeg(const struct test_camera *camera, const struct test_jpeg *jpeg,
	uint32_t offset, uint8_t *out)
{
	const bool restart = camera->announce_restart && jpeg->interval > 0;

	out = put16(put8(put8(out, camera->type_specific), offset >> 16), offset);
	out = put8(put8(out, jpeg->subsampling | (restart ? 64 : 0)), camera->q);
	out = put8(put8(out, camera->send_size ? (jpeg->width + 7u) / 8 : 0),
		camera->send_size ? (jpeg->height + 7u) / 8 : 0);
	if (restart)
		out = put16(put16(out, jpeg->interval), camera->restart_word);
	if (offset == 0 && camera->q >= 128)
		out = put_tables(camera, jpeg, out);
	return out;
}

static void put_packet(struct test_camera *camera, const struct test_jpeg *jpeg, uint32_t offset,
	const uint8_t *data, uint32_t size, bool marker)
{
	uint8_t rtp[8192];
	uint8_t *end = put_jpeg(camera, jpeg, camera->no_offset ? 0 : offset,
		put_rtp(camera, rtp, marker, offset == 0));
	const uint32_t headers = (uint32_t)(end - rtp);
	const uint32_t payload = headers + size + camera->padding;
	struct test_packet *packet = &camera->packets[camera->count++];

	assert(camera->count <= TEST_MAX_PACKETS);
	packet->size = TEST_RTP_OFFSET + (camera->vlan ? 4 : 0) + payload;
	packet->bytes = malloc(packet->size);
	uint8_t *udp_payload = put_network(camera, packet->bytes, payload);

	memcpy(udp_payload, rtp, headers);
	memcpy(udp_payload + headers, data, size);
	if (camera->padding) {
		memset(udp_payload + headers + size, 0, camera->padding);
		packet->bytes[packet->size - 1] = camera->padding;
	}
	if (camera->udp_checksum)
		put_udp_checksum(camera, udp_payload - 8, payload + 8);
	camera->sequence++;
}

/* Where the interval that begins at `at` ends, its marker included. */
static uint32_t end_of_interval(const uint8_t *data, uint32_t at, uint32_t size)
{
	for (; at + 1 < size; at++)
		if (data[at] == 0xFF && data[at + 1] >= 0xD0 && data[at + 1] <= 0xD7)
			return at + 2;
	return size;
}

/* Chunks of whole intervals; one that is larger than a packet goes into several. */
static void send_intervals(struct test_camera *camera, const struct test_jpeg *jpeg,
	const uint8_t *data, uint32_t size)
{
	uint32_t at = 0, count = 0;

	while (at < size) {
		uint32_t end = end_of_interval(data, at, size);
		uint32_t held = 1;

		for (uint32_t next; end < size; end = next, held++) {
			next = end_of_interval(data, end, size);
			if (next - at > camera->payload)
				break;
		}
		for (uint32_t from = at; from < end; from += camera->payload) {
			const bool is_last = end - from <= camera->payload;
			const uint32_t length = is_last ? end - from : camera->payload;

			camera->restart_word = (uint16_t)((from == at ? 0x8000 : 0) |
				(is_last ? 0x4000 : 0) | count);
			put_packet(camera, jpeg, from, data + from, length,
				is_last && end == size && !camera->no_marker);
		}
		count += held;
		at = end;
	}
	camera->restart_word = 0xFFFF;
}

void test_camera_send(struct test_camera *camera, const struct test_jpeg *jpeg)
{
	const uint8_t *data = camera->whole_file ? jpeg->bytes : jpeg->scan;
	const uint32_t size = camera->whole_file ? (uint32_t)jpeg->size
						 : jpeg->scan_size + (camera->with_eoi ? 2 : 0);

	forget_packets(camera);
	if (camera->keep_intervals)
		send_intervals(camera, jpeg, data, size);
	for (uint32_t offset = 0; !camera->keep_intervals && offset < size;
		offset += camera->payload) {
		const bool last = size - offset <= camera->payload;
		const uint32_t length = last ? size - offset : camera->payload;

		put_packet(camera, jpeg, offset, data + offset, length, last && !camera->no_marker);
	}
	camera->timestamp += camera->step;
}
