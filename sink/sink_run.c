/* Runs the sink stage alone, for tests/kafka/: the same stage as in gwd, with frames that are made
 * here.
 *
 *   sink_run print                    one record of every shape, a line each
 *   sink_run both                     the same; after each the same as protobuf, in hexadecimal
 * digits sink_run random SEED COUNT        both, of random results sink_run send KAFKA COUNT RATE
 * [SMALL [tell]]  COUNT frames of each of two cameras at RATE frames a second, with KAFKA as
 * configuration; then waits for the brokers and prints the counts. Every second picture that is
 * sampled has SMALL bytes. Troubles are logged as in gwd. With `tell`, it says again and again how
 * much was accepted: what it has said so must arrive, also when it is killed.
 */
#include <jansson.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/drops.h"
#include "core/health.h"
#include "sink/fixture.h"
#include "sink/shapes.h"
#include "sink/stage.h"

#define DRAIN_MS 180000

static void watch(struct fixture *f)
{
	static struct gw_health_log *log;
	static struct gw_health health;
	static int64_t next;

	if (gw_now() < next)
		return;
	next = gw_now() + 100 * GW_NS_PER_MS;
	if (!log)
		log = gw_health_log_create();
	health.count = health.left_out = 0;
	sink_stage.health(f->sink->stage, &health);
	gw_health_watch(log, &health, gw_now());
}

/* One turn and a nap: the tests look at the records, not at the speed. */
static void turn(struct fixture *f)
{
	static const struct timespec pause = {.tv_nsec = GW_NS_PER_MS};

	fixture_turn(f);
	watch(f);
	nanosleep(&pause, NULL);
}

/* A line with the boot id and, of each camera, what is delivered, and what is that or spooled. */
static void tell(struct fixture *f)
{
	uint64_t delivered[2], accepted[2];

	for (uint32_t camera = 0; camera < 2; camera++) {
		struct gw_camera_stats *stats = fixture_stats(f, camera);

		delivered[camera] = gw_counter_get(&stats->delivered);
		accepted[camera] = delivered[camera] + gw_counter_get(&stats->results_spooled);
	}
	printf("%s %lu %lu %lu %lu\n", f->gw.boot_id, delivered[0], accepted[0], delivered[1],
		accepted[1]);
	fflush(stdout);
}

/* Each run is a start of its own. */
static void new_boot(struct gw *gw)
{
	FILE *file = fopen("/proc/sys/kernel/random/uuid", "r");

	if (file && fread(gw->boot_id, 1, 36, file) == 36)
		gw->boot_id[36] = '\0';
	if (file)
		fclose(file);
}

static void send_frame(struct fixture *f, uint32_t camera, uint32_t every, uint32_t small)
{
	struct gw_frame *frame;

	/* In lossless mode they wait. */
	while (!(frame = fixture_frame(f, camera)))
		turn(f);
	if (small > 0 && every > 0 && frame->sequence / every % 2 == 1)
		frame->jpeg.size = small;
	fixture_send(f, frame);
	fixture_turn(f);
}

static uint64_t unsettled(struct fixture *f, uint32_t camera)
{
	struct gw_camera_stats *stats = fixture_stats(f, camera);

	return gw_counter_get(&stats->results_waiting) + gw_counter_get(&stats->results_spooled) +
		gw_counter_get(&stats->samples_held) + gw_counter_get(&stats->samples_spooled);
}

static void send(const char *section, uint32_t count, uint32_t rate, uint32_t small, bool tells)
{
	char yaml[1024];
	json_t *counts = json_object();

	snprintf(yaml, sizeof(yaml), "kafka: %s\n", section);
	struct fixture *f = fixture_open(yaml, false);

	new_boot(&f->gw);
	int64_t begin = gw_now();
	int64_t deadline;

	for (uint32_t i = 0; i < 2 * count; i++) {
		while (gw_now() < begin + i * GW_NS_PER_S / rate)
			turn(f);
		send_frame(f, i % 2, f->gw.cameras->slot[0].sample_every, small);
		if (tells && i % 16 == 0)
			tell(f);
	}
	deadline = gw_now() + DRAIN_MS * GW_NS_PER_MS;
	while (unsettled(f, 0) + unsettled(f, 1) > 0 && gw_now() < deadline)
		turn(f);
	for (uint32_t camera = 0; camera < 2; camera++) {
		struct gw_camera_stats *stats = fixture_stats(f, camera);
		json_t *drops = json_object();

		for (int drop = 1; drop < GW_DROP_COUNT; drop++)
			if (gw_counter_get(&stats->drops[drop]) > 0)
				json_object_set_new(drops, gw_drops[drop].name,
					json_integer(
						(json_int_t)gw_counter_get(&stats->drops[drop])));
		json_object_set_new(counts, f->gw.config->cameras[camera].name,
			json_pack("{s:I, s:I, s:I, s:o}", "delivered",
				(json_int_t)gw_counter_get(&stats->delivered), "samples",
				(json_int_t)gw_counter_get(&stats->samples), "samples_delivered",
				(json_int_t)gw_counter_get(&stats->samples_delivered), "drops",
				drops));
	}
	json_object_set_new(counts, "describe", sink_stage.describe(f->sink->stage));
	json_dumpf(counts, stdout, JSON_SORT_KEYS);
	printf("\n");
	json_decref(counts);
	fixture_close(f, 1000);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && (strcmp(argv[1], "print") == 0 || strcmp(argv[1], "both") == 0)) {
		shapes_print(argv[1][0] == 'b');
		return 0;
	}
	if (argc == 4 && strcmp(argv[1], "random") == 0) {
		shapes_print_random((unsigned int)atoi(argv[2]), (uint32_t)atoi(argv[3]));
		return 0;
	}
	if (argc >= 5 && argc <= 7 && strcmp(argv[1], "send") == 0) {
		send(argv[2], (uint32_t)atoi(argv[3]), (uint32_t)atoi(argv[4]),
			argc >= 6 ? (uint32_t)atoi(argv[5]) : 0, argc == 7);
		return 0;
	}
	fprintf(stderr,
		"usage: sink_run print | both | random SEED COUNT | "
		"send KAFKA COUNT RATE [SMALL [tell]]\n");
	return 2;
}
