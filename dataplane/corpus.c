/* Writes the seeds of the fuzz targets `packet`, `ip_fragments`, `rtp` and `rtp_jpeg`: what a
 * camera sends, in many ways.
 *
 *     dataplane_corpus tests/fuzz/corpus
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/test_camera.h"

static const char *root;

static FILE *create(const char *target, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s/%s", root, target, name);
	FILE *file = fopen(path, "wb");

	if (!file) {
		perror(path);
		exit(1);
	}
	return file;
}

static void write_packet(FILE *file, const struct test_packet *packet, uint32_t flags)
{
	const uint8_t *rtp = packet->bytes + TEST_RTP_OFFSET;
	const uint32_t size = packet->size - TEST_RTP_OFFSET;
	const uint8_t length[2] = {(uint8_t)size, (uint8_t)(size >> 8 | flags)};

	fwrite(length, 1, 2, file);
	fwrite(rtp, 1, size, file);
}

/* Three frames; in the second, packets may be lost, repeated or in reverse order; 'c' and 'e' are
 * of the other camera. */
static void write_stream(const char *name, const struct test_camera *like, uint16_t width,
	uint16_t height, uint16_t interval, char disorder)
{
	struct test_camera camera = *like;
	FILE *file = create("rtp_jpeg", name);

	fputc(disorder == 'w' ? 1 : 0, file);
	for (uint32_t frame = 0; frame < 3; frame++) {
		struct test_jpeg picture;

		test_jpeg_make(&picture, width, height,
			camera.q > 0 && camera.q < 128 ? camera.q : 40, like->type_specific & 1, 2,
			interval, frame);
		if (disorder == 's' && frame == 1)
			camera.ssrc++;
		camera.segments = picture.bytes + 2;
		camera.segments_size = (uint32_t)(picture.scan - camera.segments);
		test_camera_send(&camera, &picture);
		for (uint32_t i = 0; i < camera.count; i++) {
			const uint32_t k = disorder == 'r' ? camera.count - 1 - i : i;
			const uint32_t flags = (disorder == 't' && i == 1 ? 0x80u : 0) |
				(disorder == 'c' || disorder == 'e' ? 0x40u : 0);

			if ((disorder == 'l' || disorder == 'e') && frame == 1 && i == 1)
				continue;
			write_packet(file, &camera.packets[k], flags);
			if (disorder == 'd')
				write_packet(file, &camera.packets[k], flags);
		}
		test_jpeg_free(&picture);
	}
	test_camera_free(&camera);
	fclose(file);
}

static void write_header(const char *name, const struct test_camera *like)
{
	struct test_camera camera = *like;
	struct test_jpeg picture;
	FILE *file = create("rtp", name);

	test_jpeg_make(&picture, 16, 16, 20, 1, 2, 0, 0);
	test_camera_send(&camera, &picture);
	fwrite(camera.packets[0].bytes + TEST_RTP_OFFSET, 1, 64, file);
	fclose(file);
	test_camera_free(&camera);
	test_jpeg_free(&picture);
}

/* Datagrams of 40 bytes in pieces of 16; `order` is the numbers of the pieces: of the other family
 * when `flags` says so. */
static void write_pieces(const char *name, uint8_t flags, const char *order)
{
	FILE *file = create("ip_fragments", name);

	for (const char *at = order; *at; at++) {
		const uint8_t piece = (uint8_t)(*at - '0');
		const uint8_t size = piece % 3 == 2 ? 8 : 16;

		/* The number of the datagram is every third's. */
		fputc(flags | (piece % 3 == 2 ? 0 : 2) | (piece / 3 & 3) << 3, file);
		fputc(piece % 3 * 2, file);
		fputc(size, file);
		for (uint8_t i = 0; i < size; i++)
			fputc(17 + i, file);
	}
	fclose(file);
}

/* A packet for the kernel, or none; the rest of it is zero. */
static void write_packet_file(const char *name, const uint8_t *bytes, uint32_t size)
{
	FILE *file = create("packet", name);

	fwrite(bytes, 1, size, file);
	fclose(file);
}

static void write_packets(const struct test_camera *like)
{
	static const uint8_t arp[42] = {[12] = 0x08, 0x06, 0, 1, 8};
	static const uint8_t tagged[46] = {[12] = 0x88, 0xA8, 0, 7, 0x81, 0, 0, 9, 8, 6};
	static const uint8_t mld[70] = {
		[12] = 0x86, 0xDD, 0x60, [19] = 16, 0, 1, [54] = 58, 0, 5, 2, [62] = 143};
	static const uint8_t piece[78] = {
		[12] = 0x86, 0xDD, 0x60, [19] = 24, 44, 64, [54] = 17, 0, 0, 9, 0, 0, 0, 7};
	struct test_camera camera = *like;
	struct test_jpeg picture;

	test_jpeg_make(&picture, 16, 16, 20, 1, 2, 0, 0);
	camera.udp_checksum = true;
	test_camera_send(&camera, &picture);
	write_packet_file("rtp", camera.packets[0].bytes, 100);
	write_packet_file("whole", camera.packets[0].bytes, camera.packets[0].size);
	camera.packets[0].bytes[20] = 0x20;
	write_packet_file("fragment", camera.packets[0].bytes, camera.packets[0].size);
	write_packet_file("arp", arp, sizeof(arp));
	write_packet_file("tagged", tagged, sizeof(tagged));
	write_packet_file("mld", mld, sizeof(mld));
	write_packet_file("fragment_ipv6", piece, sizeof(piece));
	test_camera_free(&camera);
	test_jpeg_free(&picture);
}

int main(int argc, char **argv)
{
	struct test_camera plain, camera;

	if (argc != 2) {
		fprintf(stderr, "usage: dataplane_corpus tests/fuzz/corpus\n");
		return 2;
	}
	root = argv[1];
	test_camera_init(&plain, 1, 5004);
	plain.payload = 150;
	write_header("plain", &plain);
	camera = plain;
	camera.csrc = 3;
	write_header("csrc", &camera);
	camera.extension = true;
	camera.padding = 9;
	write_header("all", &camera);

	write_packets(&plain);
	write_pieces("in_order", 0, "012");
	write_pieces("reverse_ipv6", 1, "210");
	write_pieces("in_turns", 0, "031425");
	write_pieces("copies", 1, "001122");
	write_pieces("late", 4, "012345");
	write_stream("plain", &plain, 48, 32, 0, 0);
	write_stream("lost", &plain, 48, 32, 0, 'l');
	write_stream("reverse", &plain, 48, 32, 0, 'r');
	write_stream("duplicate", &plain, 32, 32, 0, 'd');
	write_stream("time_out", &plain, 48, 32, 0, 't');
	write_stream("lossless", &plain, 48, 32, 0, 'w');
	write_stream("new_ssrc", &plain, 48, 32, 0, 's');
	write_stream("configured", &plain, 157, 117, 0, 'c');
	write_stream("unannounced_restarts", &plain, 48, 32, 2, 0);
	camera = plain;
	camera.announce_restart = true;
	write_stream("restarts", &camera, 48, 32, 2, 0);
	camera = plain;
	camera.q = 30;
	write_stream("computed_tables", &camera, 48, 32, 0, 0);
	camera = plain;
	camera.tables_sent = 1;
	write_stream("one_table", &camera, 48, 32, 0, 0);
	camera.tables_sent = 3;
	write_stream("three_tables", &camera, 48, 32, 0, 0);
	camera.tables_sent = 2;
	camera.wide_tables = true;
	write_stream("wide_tables", &camera, 48, 32, 0, 0);
	camera = plain;
	camera.whole_file = true;
	write_stream("file", &camera, 48, 32, 0, 0);
	camera = plain;
	camera.type_specific = 1;
	camera.no_marker = true;
	camera.step = 0;
	write_stream("fields", &camera, 48, 32, 0, 0);
	camera = plain;
	camera.with_eoi = true;
	write_stream("eoi", &camera, 48, 32, 0, 0);
	camera = plain;
	camera.announce_restart = true;
	camera.keep_intervals = true;
	camera.payload = 60;
	write_stream("concealed", &camera, 157, 117, 2, 'e');
	camera = plain;
	camera.onvif = true;
	camera.q = 0;
	camera.send_size = false;
	camera.more = true;
	write_stream("onvif", &camera, 48, 32, 0, 0);
	camera.replay = true;
	write_stream("onvif_replay_reverse", &camera, 48, 32, 2, 'r');
	return 0;
}
