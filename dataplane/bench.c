/* Measures the receive path: the very stage that gwd runs, on any port, with a sink that gives
 * every frame back at once.
 *
 *     dataplane_bench capture FILE.pcap           writes an RTP/JPEG capture: 4 cameras, 1280x720
 *     dataplane_bench run DEVICE SECONDS          receives from a DPDK device, prints JSON
 */
#include <jansson.h>
#include <pcap/pcap.h>
#include <rte_cycles.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/test_gateway.h"
#include "dataplane/dataplane.h"
#include "dataplane/test_camera.h"

#define CAMERAS 4
#define SEGMENTS 3
#define PICTURES 2

/* A port that plays the capture again and again repeats its sequence numbers, which are duplicates
 * to a receiver. So every camera jumps far ahead after a few pictures: for the receiver it begins
 * anew, and the second round follows the last jump as well as any other. */
static int write_capture(const char *path)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);
	pcap_dumper_t *dumper = pcap_dump_open(pcap, path);
	struct pcap_pkthdr header = {.ts = {.tv_sec = 1700000000}};

	if (!dumper) {
		fprintf(stderr, "dataplane_bench: %s\n", pcap_geterr(pcap));
		return 1;
	}
	for (uint32_t i = 0; i < CAMERAS; i++) {
		struct test_camera camera;

		test_camera_init(&camera, (uint8_t)(2 * i + 1), 5004);
		camera.payload = 1400;
		camera.udp_checksum = true;
		for (uint32_t k = 0; k < SEGMENTS * PICTURES; k++) {
			struct test_jpeg picture;

			test_jpeg_make(&picture, 1280, 720, 30, 1, 2, 0, k);
			if (k % PICTURES == 0)
				camera.sequence = (uint16_t)(k / PICTURES * (65536 / SEGMENTS));
			test_camera_send(&camera, &picture);
			for (uint32_t p = 0; p < camera.count; p++) {
				header.caplen = header.len = camera.packets[p].size;
				header.ts.tv_usec += 10;
				pcap_dump((u_char *)dumper, &header, camera.packets[p].bytes);
			}
			test_jpeg_free(&picture);
		}
		test_camera_free(&camera);
	}
	pcap_dump_close(dumper);
	pcap_close(pcap);
	return 0;
}

static const char configuration[] =
	"interfaces: [{name: port, device: \"%s\", checksum: %s}]\n"
	"frames: {populate: true, classes: [{width: 1280, height: 720, count: 32}]}\n"
	"cameras:\n"
	"  - {name: cam0, source: 10.0.0.1, destination: 10.0.0.2, port: 5004}\n"
	"  - {name: cam1, source: 10.0.0.3, destination: 10.0.0.2, port: 5004}\n"
	"  - {name: cam2, source: 10.0.0.5, destination: 10.0.0.2, port: 5004}\n"
	"  - {name: cam3, source: 10.0.0.7, destination: 10.0.0.2, port: 5004}\n";

static uint64_t total(const struct gw *gw, size_t counter)
{
	uint64_t sum = gw_stage_count(&gw->stages[GW_STAGE_RX], GW_UNMATCHED, counter);

	for (uint32_t i = 0; i < gw_camera_high(gw); i++)
		sum += gw_stage_count(&gw->stages[GW_STAGE_RX], i, counter);
	return sum;
}

/* The sink: every frame goes back at once. */
static void give_back(struct gw *gw)
{
	struct gw_frame *frames[GW_BURST];
	const uint32_t count = test_gateway_pop(gw, GW_STAGE_RX, frames, GW_BURST);

	for (uint32_t i = 0; i < count; i++) {
		gw_counter_add(&gw->cameras->slot[frames[i]->camera].through, 1);
		gw_frame_unref(frames[i]);
	}
}

static json_t *drops_json(const struct gw *gw)
{
	json_t *drops = json_object();

	for (int drop = 1; drop < GW_DROP_COUNT; drop++) {
		const uint64_t n = total(gw,
			offsetof(struct gw_camera_stats, drops) +
				(size_t)drop * sizeof(struct gw_counter));

		if (n > 0)
			json_object_set_new(
				drops, gw_drops[drop].name, json_integer((json_int_t)n));
	}
	return drops;
}

/* What this thread used of a processor, in nanoseconds: other processes do not count. */
static int64_t processor_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * GW_NS_PER_S + t.tv_nsec;
}

static void run(struct gw *gw, double seconds)
{
	struct gw_lane *rx = &gw->stages[GW_STAGE_RX].lanes[0];
	const size_t packets = offsetof(struct gw_camera_stats, packets);

	dataplane_stage.begin(rx);
	const int64_t warm = gw_now() + GW_NS_PER_S / 4;

	while (gw_now() < warm)
		if (dataplane_stage.poll(rx) > 0)
			give_back(gw);
	const uint64_t before = total(gw, packets);
	const uint64_t frames = total(gw, offsetof(struct gw_camera_stats, frames_out));
	const int64_t until = gw_now() + (int64_t)(seconds * 1e9);
	const int64_t begin = processor_time();
	uint32_t turn = 0;

	for (int64_t now = 0; now < until;) {
		if (dataplane_stage.poll(rx) > 0)
			give_back(gw);
		if (++turn % 64 == 0) {
			now = gw_now();
			if (turn % 4096 == 0)
				dataplane_stage.housekeeping(rx, now);
		}
	}
	const double elapsed = (double)(processor_time() - begin) / 1e9;
	const uint64_t received = total(gw, packets) - before;
	const double cycles = elapsed * (double)rte_get_tsc_hz();
	json_t *result = json_pack("{s:I, s:f, s:f, s:f, s:f, s:I, s:o}", "packets",
		(json_int_t)received, "processor_seconds", elapsed, "tsc_hz",
		(double)rte_get_tsc_hz(), "mpps", (double)received / elapsed / 1e6,
		"cycles_per_packet", received ? cycles / (double)received : 0.0, "frames",
		(json_int_t)(total(gw, offsetof(struct gw_camera_stats, frames_out)) - frames),
		"drops", drops_json(gw));

	json_dumpf(result, stdout, JSON_INDENT(2));
	puts("");
	json_decref(result);
	dataplane_stage.end(rx);
}

int main(int argc, char **argv)
{
	struct gw gw = {0};
	struct gw_error error = {""};
	char text[2048];

	if (argc == 3 && strcmp(argv[1], "capture") == 0)
		return write_capture(argv[2]);
	if (argc < 4 || strcmp(argv[1], "run") != 0) {
		fprintf(stderr,
			"usage: dataplane_bench capture FILE | run DEVICE SECONDS "
			"[port|software|off]\n");
		return 2;
	}
	snprintf(text, sizeof(text), configuration, argv[2], argc > 4 ? argv[4] : "software");
	if (test_gateway_open(&gw, text, NULL, GW_STAGE_RX, &dataplane_stage, &error) != 0) {
		fprintf(stderr, "dataplane_bench: %s\n", error.text);
		return 1;
	}
	run(&gw, atof(argv[3]));
	test_gateway_close(&gw);
	return 0;
}
