/* Measures the receive stage by the number of its cameras and lanes: the very stage that gwd runs,
 * on a port whose packets are made where its driver would put them. Its lanes give every frame back
 * at once.
 *
 *     scale_bench CAMERAS AT_ONCE LANES own|crossed|port SECONDS        prints JSON
 *
 * AT_ONCE: cameras whose pictures come mixed, packet by packet. own: each lane receives what its
 * own cameras send; crossed: half of what it receives is another lane's; port: packets are taken
 * and freed, which is what the port costs.
 */
#include <jansson.h>
#include <pthread.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/test_gateway.h"
#include "dataplane/dataplane.h"
#include "dataplane/stage.h"
#include "dataplane/test_load.h"

#define WIDTH 1280
#define HEIGHT 720
#define QUALITY 30
#define PAYLOAD 1400
#define WARM_NS (GW_NS_PER_S / 4)

struct worker {
	struct gw *gw;
	struct gw_lane *lane;
	bool port_only;
	double seconds;
	struct test_load load;
	pthread_t thread;

	uint64_t packets;
	double processor_seconds;
};

static pthread_barrier_t together;

/* The configuration of so many cameras; the caller frees it. */
static char *configuration(uint32_t cameras, uint32_t at_once, uint32_t lanes)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fprintf(out,
		"interfaces: [{name: port, device: 'net_null0,size=%u', checksum: off}]\n"
		"cores: {rx: %u}\n"
		"frames: {classes: [{width: %u, height: %u, count: %u}]}\n"
		"cameras:\n",
		TEST_RTP_OFFSET + PAYLOAD, lanes, WIDTH, HEIGHT, at_once + 2 * GW_BURST);
	for (uint32_t i = 0; i < cameras; i++)
		fprintf(out,
			"  - {name: cam%u, source: " TEST_LOAD_SOURCE
			", destination: 10.0.0.2, port: 5004}\n",
			i, TEST_LOAD_SOURCE_OF(i));
	fclose(out);
	return text;
}

/* In the place of the driver: the null port's packets become those of the load. */
static uint16_t fill(uint16_t port, uint16_t queue, struct rte_mbuf *packets[], uint16_t count,
	uint16_t most, void *load)
{
	for (uint16_t i = 0; i < count; i++) {
		packets[i]->data_len =
			(uint16_t)test_load_next(load, rte_pktmbuf_mtod(packets[i], uint8_t *));
		packets[i]->pkt_len = packets[i]->data_len;
	}
	return count;
}

static uint64_t lane_sum(const struct worker *worker, size_t counter)
{
	const struct gw_camera_stats *stats = worker->lane->stats->camera;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < gw_camera_high(worker->gw); i++)
		sum += gw_counter_get(
			(const struct gw_counter *)((const char *)&stats[i] + counter));
	return sum;
}

/* The sink: every frame goes back at once. */
static void give_back(struct worker *worker)
{
	struct gw_frame *frames[GW_BURST];

	for (uint32_t to = 0; to < worker->lane->out_count; to++) {
		const uint32_t count = gw_link_pop(worker->lane->out[to], frames, GW_BURST);

		for (uint32_t i = 0; i < count; i++) {
			gw_counter_add(&worker->gw->cameras->slot[frames[i]->camera].through, 1);
			gw_frame_unref(frames[i]);
		}
	}
}

static void turn(struct worker *worker)
{
	if (!worker->port_only) {
		if (dataplane_stage.poll(worker->lane) > 0)
			give_back(worker);
		return;
	}
	const struct rx_lane *rx = worker->lane->state;
	struct rte_mbuf *packets[GW_BURST];
	const uint16_t count =
		rte_eth_rx_burst(rx->queues[0].port->id, rx->queues[0].queue, packets, GW_BURST);

	rte_pktmbuf_free_bulk(packets, count);
	worker->packets += count;
}

static void turn_until(struct worker *worker, int64_t until)
{
	uint32_t turns = 0;

	for (int64_t now = 0; now < until;) {
		turn(worker);
		if (++turns % 64 == 0)
			now = gw_now();
		if (turns % 4096 == 0)
			dataplane_stage.housekeeping(worker->lane, now);
	}
}

/* What this thread used of a processor: other processes do not count. */
static double processor_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	/* What another lane had no room for is no work done. */
	const size_t packets = offsetof(struct gw_camera_stats, packets_used);

	dataplane_stage.begin(worker->lane);
	pthread_barrier_wait(&together);
	turn_until(worker, gw_now() + WARM_NS);
	const uint64_t before = worker->port_only ? worker->packets : lane_sum(worker, packets);
	const double begin = processor_seconds();

	turn_until(worker, gw_now() + (int64_t)(worker->seconds * 1e9));
	worker->processor_seconds = processor_seconds() - begin;
	worker->packets =
		(worker->port_only ? worker->packets : lane_sum(worker, packets)) - before;
	dataplane_stage.end(worker->lane);
	return NULL;
}

/* Lane i runs on processor `first` - i. */
static int start(struct worker *worker, int first)
{
	pthread_attr_t attributes;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(first - (int)worker->lane->index, &set);
	pthread_attr_init(&attributes);
	pthread_attr_setaffinity_np(&attributes, sizeof(set), &set);
	const int status = pthread_create(&worker->thread, &attributes, work, worker);

	pthread_attr_destroy(&attributes);
	return status;
}

/* Which cameras a lane's queue carries. */
static void share_out(struct worker *worker, uint32_t cameras, uint32_t at_once, bool crossed)
{
	const uint32_t lanes = worker->lane->stage->lane_count;
	struct test_load *load = &worker->load;
	const uint32_t index = worker->lane->index;

	load->at_once = (at_once + lanes - 1) / lanes;
	load->cameras = cameras / lanes;
	/* Crossed: whole halves of the cameras, of which every second one is another lane's. */
	load->first = crossed ? index * load->cameras : index;
	load->step = crossed ? 1 : lanes;
}

static void print(const struct gw *gw, const struct worker *workers, uint32_t lanes)
{
	uint64_t frames = 0, drops = 0;
	double mpps = 0, cycles = 0;

	for (uint32_t i = 0; i < lanes; i++) {
		const double packets = (double)workers[i].packets;

		mpps += packets / workers[i].processor_seconds / 1e6;
		cycles += workers[i].processor_seconds * (double)rte_get_tsc_hz() / packets / lanes;
		frames += lane_sum(&workers[i], offsetof(struct gw_camera_stats, frames_out));
		for (size_t drop = 1; drop < GW_DROP_COUNT; drop++)
			drops += lane_sum(&workers[i],
				offsetof(struct gw_camera_stats, drops) +
					drop * sizeof(struct gw_counter));
	}
	json_t *result = json_pack("{s:f, s:f, s:I, s:I, s:I}", "mpps", mpps, "cycles_per_packet",
		cycles, "frames", (json_int_t)frames, "drops", (json_int_t)drops, "slots_touched",
		(json_int_t)gw_pool_touched(gw->pool));

	json_dumpf(result, stdout, JSON_INDENT(2));
	puts("");
	json_decref(result);
}

static int run(
	struct gw *gw, const struct worker *like, uint32_t cameras, uint32_t at_once, bool crossed)
{
	struct gw_stage *stage = &gw->stages[GW_STAGE_RX];
	const struct dataplane *dp = stage->state;
	struct worker workers[GW_LANES];
	cpu_set_t set;
	int last = 0;

	sched_getaffinity(0, sizeof(set), &set);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			last = i;
	pthread_barrier_init(&together, NULL, stage->lane_count);
	for (uint32_t i = 0; i < stage->lane_count; i++) {
		workers[i] = *like;
		workers[i].lane = &stage->lanes[i];
		share_out(&workers[i], cameras, at_once, crossed);
		if (!rte_eth_add_rx_callback(
			    dp->ports[0].id, (uint16_t)i, fill, &workers[i].load) ||
			start(&workers[i], last) != 0)
			return 1;
	}
	for (uint32_t i = 0; i < stage->lane_count; i++)
		pthread_join(workers[i].thread, NULL);
	print(gw, workers, stage->lane_count);
	return 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: scale_bench CAMERAS AT_ONCE LANES own|crossed|port SECONDS\n");
	return 2;
}

int main(int argc, char **argv)
{
	static struct test_camera picture;
	struct gw gw = {0};
	struct gw_error error = {""};
	struct test_jpeg jpeg;

	if (argc != 6)
		return usage();
	const uint32_t cameras = (uint32_t)atoi(argv[1]), at_once = (uint32_t)atoi(argv[2]),
		       lanes = (uint32_t)atoi(argv[3]);

	if (lanes < 1 || lanes > GW_LANES || at_once < 1 || cameras < lanes ||
		cameras > GW_CAMERAS || cameras % lanes != 0)
		return usage();
	test_jpeg_make(&jpeg, WIDTH, HEIGHT, QUALITY, 1, 2, 0, 0);
	test_camera_init(&picture, 1, 5004);
	picture.payload = PAYLOAD;
	test_camera_send(&picture, &jpeg);
	char *text = configuration(cameras, at_once, lanes);
	const struct worker like = {.gw = &gw,
		.port_only = strcmp(argv[4], "port") == 0,
		.seconds = atof(argv[5]),
		.load.picture = &picture};
	int status = test_gateway_open(&gw, text, NULL, GW_STAGE_RX, &dataplane_stage, &error) != 0;

	if (status != 0)
		fprintf(stderr, "scale_bench: %s\n", error.text);
	else
		status = run(&gw, &like, cameras, at_once, strcmp(argv[4], "crossed") == 0);
	test_gateway_close(&gw);
	free(text);
	test_camera_free(&picture);
	test_jpeg_free(&jpeg);
	return status;
}
