#include "dataplane/test_camera.h"

#include <assert.h>
#include <stdio.h> /* before jpeglib.h, which needs it */
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "gwgen/maker.h"
#include "gwgen/network.h"

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

static void describe_picture(const struct test_jpeg *jpeg, struct picture *picture)
{
	*picture = (struct picture){
		.bytes = jpeg->bytes,
		.size = (uint32_t)jpeg->size,
		.width = jpeg->width,
		.height = jpeg->height,
		.interval = jpeg->interval,
		.components = 3,
		.sampling = jpeg->subsampling == 0 ? 0x21 : 0x22,
		.table_count = 2,
		.scan = jpeg->scan,
		.scan_size = jpeg->scan_size,
	};
	for (int t = 0; t < 3; t++)
		for (int i = 0; i < 64; i++)
			picture->table[t][i] = jpeg->tables[t > 0][i];
}

static struct maker_style style_of(const struct test_camera *camera)
{
	return (struct maker_style){
		.q = camera->q,
		.tables = (uint8_t)camera->tables_sent,
		.precision = camera->wide_tables ? 0xFF : 0,
		.announce_restart = camera->announce_restart,
		.keep_intervals = camera->keep_intervals,
		.no_size = !camera->send_size,
		.with_eoi = camera->with_eoi,
		.whole_file = camera->whole_file,
		.no_marker = camera->no_marker,
		.specific = camera->type_specific,
		.csrc = camera->csrc,
		.extension = camera->extension,
		.padding = camera->padding,
		.onvif = camera->onvif,
		.onvif_later = camera->more,
		.replay = camera->replay,
		.ntp = camera->ntp,
		.no_offset = camera->no_offset,
		.segments = camera->segments,
		.segments_size = camera->segments_size,
		.chunk = camera->payload,
	};
}

/* Puts Ethernet, IPv4 and UDP around it. */
static void keep_packet(void *arg, const uint8_t *rtp, uint32_t size)
{
	struct test_camera *camera = arg;
	struct test_packet *packet = &camera->packets[camera->count++];
	struct network network = {
		.to = {2, 0, 0, 0, 0, 2},
		.from = {2, 0, 0, 0, 0, 1},
		.vlan = camera->vlan ? 42 : 0,
		.source_port = 40000,
		.port = camera->port,
		.udp_checksum = camera->udp_checksum,
	};

	assert(camera->count <= TEST_MAX_PACKETS);
	memcpy(network.source, camera->source, 4);
	memcpy(network.destination, camera->destination, 4);
	packet->size = network_headers(&network) + size;
	packet->bytes = malloc(packet->size);
	uint8_t *payload = network_put(&network, packet->bytes, size);

	memcpy(payload, rtp, size);
	network_finish(&network, payload, size, network_sum(0, payload, size));
}

void test_camera_send(struct test_camera *camera, const struct test_jpeg *jpeg)
{
	struct maker maker = {
		.style = style_of(camera),
		.ssrc = camera->ssrc,
		.timestamp = camera->timestamp,
		.sequence = camera->sequence,
		.restart_word = camera->restart_word,
	};
	struct picture picture;

	describe_picture(jpeg, &picture);
	forget_packets(camera);
	const int status = maker_picture(&maker, &picture, keep_packet, camera);

	assert(status == 0);
	(void)status;
	camera->sequence = maker.sequence;
	camera->restart_word = maker.restart_word;
	camera->timestamp += camera->step;
}
