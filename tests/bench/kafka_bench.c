/* The gateway's way from a record to the brokers, as fast as it goes: the sink's back-end for
 * Kafka, with a spool before it when the configuration has one, fed with records that are there
 * already.
 *
 *   kafka_bench KAFKA KIND SIZE COUNT [PATTERN]
 *
 * KAFKA is the section of the configuration. KIND is `result` (copied), `picture` (by reference) or
 * `copied` (a picture that is not there when the call returns). Values have SIZE bytes: PATTERN
 * again and again. All records have one key. Prints one JSON object: seconds from the first
 * hand-over to the last confirmation, processor time of the process and of this thread.
 */
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/idle.h"
#include "core/log.h"
#include "sink/fixture.h"
#include "sink/lane.h"
#include "sink/stage.h"

#define TURN 32 /* records between two looks at what is confirmed */
#define PATIENCE_NS (60 * GW_NS_PER_S)
#define SLOTS 2048
#define MOST_SIZE 26000 /* that a slot of the fixture takes */

struct feed {
	struct fixture *fixture;
	struct sink *sink;
	struct gw_frame *frame; /* of results */
	const char *kind;
	uint8_t *value;
	uint32_t size;
	char id[80]; /* "BOOT/cam0/000000000000": counted up, as printing it costs what is to be
			seen */
	int64_t next_look;
	struct gw_idle idle;
};

static double seconds_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* As a lane does it: where there is nothing to do, it rests until its bell rings. */
static void turn(struct feed *feed, bool idle)
{
	const struct sink *sink = feed->sink;
	const uint32_t work = sink->ops->poll(sink->backend);

	if (idle)
		gw_idle_after(&feed->idle, work);
	if (gw_now() < feed->next_look)
		return;
	feed->next_look = gw_now() + 10 * GW_NS_PER_MS;
	sink->ops->housekeeping(sink->backend, gw_now());
}

/* As the stage does it, but for the records' making. */
static enum gw_drop submit(
	struct feed *feed, struct gw_frame *frame, enum sink_kind kind, const void *value)
{
	struct sink *sink = feed->sink;
	struct gw_camera_stats *stats = fixture_stats(feed->fixture, 0);
	const struct sink_record record = {
		.kind = kind,
		.frame = frame,
		.camera = "cam0",
		.id = feed->id,
		.source = "/gateways/test%20gateway/cameras/cam0",
		.time = "2026-11-21T07:40:00.123Z",
		.value = value,
		.size = feed->size,
		.comes_again = true,
		.copied = kind == SINK_SAMPLE && strcmp(feed->kind, "copied") == 0,
		.finding = GW_NO_FINDING,
	};
	struct gw_counter *gauge =
		kind == SINK_RESULT ? &stats->results_waiting : &stats->samples_held;

	sink->waiting[kind]++;
	gw_counter_add(gauge, 1);
	const enum gw_drop drop = sink->ops->submit(sink->backend, &record);

	if (drop == GW_DROP_NONE)
		return drop;
	sink->waiting[kind]--;
	gw_counter_add(gauge, (uint64_t)-1);
	return drop;
}

static void return_picture(struct feed *feed, struct gw_frame *frame)
{
	frame->pictures_held = 0;
	room_leave(&feed->sink->shared->room, frame);
}

/* A picture in a slot of its own, whose bytes stay there from one use to the next. NULL: no room.
 */
static struct gw_frame *take_picture(struct feed *feed)
{
	struct gw_frame *frame = test_gateway_frame(&feed->fixture->gw, 0, 320, 240);
	uint8_t *data;

	if (!frame)
		return NULL;
	if (!room_take(&feed->sink->shared->room, frame->size_class)) {
		gw_frame_unref(frame);
		return NULL;
	}
	data = frame->jpeg.room + GW_JPEG_HEADROOM;
	if (memcmp(data, feed->value, feed->size < 16 ? feed->size : 16) != 0)
		memcpy(data, feed->value, feed->size);
	frame->jpeg.data = data;
	frame->jpeg.size = feed->size;
	frame->capture_ns = gw_now_utc();
	frame->pictures_held = 1;
	return frame;
}

static void count_up(char *digit)
{
	while (*digit == '9')
		*digit-- = '0';
	++*digit;
}

/* False: there is no room now. */
static bool send_one(struct feed *feed)
{
	const bool result = strcmp(feed->kind, "result") == 0;
	struct gw_frame *frame = result ? feed->frame : take_picture(feed);

	if (!frame)
		return false;
	const enum gw_drop drop = submit(feed, frame, result ? SINK_RESULT : SINK_SAMPLE,
		result ? feed->value : frame->jpeg.data);

	if (drop == GW_DROP_NONE) {
		count_up(feed->id + strlen(feed->id) - 1);
		return true;
	}
	if (drop != GW_DROP_SINK_FULL && drop != GW_DROP_SAMPLE_FULL)
		fail_msg("record %s was refused: %s", feed->id, gw_drops[drop].name);
	if (!result)
		return_picture(feed, frame);
	return false;
}

/* Slots that were never used cost what a gateway has long behind it. */
static void fill_slots(struct feed *feed)
{
	static struct gw_frame *taken[SLOTS];
	uint32_t count = 0;

	while (count < SLOTS && (taken[count] = take_picture(feed)))
		count++;
	while (count > 0)
		return_picture(feed, taken[--count]);
}

static uint64_t confirmed(const struct feed *feed)
{
	const struct gw_camera_stats *stats = fixture_stats(feed->fixture, 0);

	return gw_counter_get(&stats->delivered) + gw_counter_get(&stats->samples_delivered);
}

static json_t *run(struct feed *feed, uint64_t count)
{
	const int64_t begin = gw_now();
	const double process = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
	const double thread = seconds_of(CLOCK_THREAD_CPUTIME_ID);
	uint64_t full = 0;

	for (uint64_t i = 0; i < count; i++) {
		while (!send_one(feed)) {
			full++;
			turn(feed, true);
		}
		if (i % TURN == 0)
			turn(feed, false);
	}
	int64_t moved = gw_now();

	for (uint64_t seen = 0; (seen = confirmed(feed)) < count;) {
		turn(feed, true);
		if (confirmed(feed) > seen)
			moved = gw_now();
		else if (gw_now() - moved > PATIENCE_NS)
			fail_msg("%lu of %lu records are confirmed, and no more for a minute", seen,
				count);
	}
	return json_pack("{s:f, s:f, s:f, s:I}", "seconds",
		(double)(gw_now() - begin) / GW_NS_PER_S, "process_s",
		seconds_of(CLOCK_PROCESS_CPUTIME_ID) - process, "thread_s",
		seconds_of(CLOCK_THREAD_CPUTIME_ID) - thread, "full", (json_int_t)full);
}

/* Each run is a start of its own for a spool. */
static void new_boot(struct gw *gw)
{
	FILE *file = fopen("/proc/sys/kernel/random/uuid", "r");

	if (file && fread(gw->boot_id, 1, 36, file) == 36)
		gw->boot_id[36] = '\0';
	if (file)
		fclose(file);
}

int main(int argc, char **argv)
{
	char yaml[2048];
	struct feed feed = {
		.kind = argc > 2 ? argv[2] : "", .size = argc > 3 ? (uint32_t)atoi(argv[3]) : 0};
	const char *pattern = argc > 5 ? argv[5] : "framegate";

	if (argc < 5 || feed.size == 0 || feed.size > MOST_SIZE) {
		fputs("usage: kafka_bench KAFKA result|picture|copied SIZE COUNT [PATTERN]\n",
			stderr);
		return 2;
	}
	snprintf(yaml, sizeof(yaml),
		"frames: {classes: [{width: 320, height: 240, count: %d}]}\nkafka: %s\n", SLOTS,
		argv[1]);
	feed.fixture = fixture_open(yaml, false);
	gw_log_set_level(GW_LOG_WARNING);
	new_boot(&feed.fixture->gw);
	snprintf(feed.id, sizeof(feed.id), "%s/cam0/000000000000", feed.fixture->gw.boot_id);
	feed.sink = feed.fixture->sink->state;
	feed.idle.bell = &feed.sink->lane->bell;
	feed.frame = fixture_frame(feed.fixture, 0);
	feed.frame->capture_ns = gw_now_utc();
	feed.value = malloc(feed.size);
	for (uint32_t i = 0; i < feed.size; i++)
		feed.value[i] = (uint8_t)pattern[i % strlen(pattern)];
	fill_slots(&feed);
	json_t *said = run(&feed, strtoull(argv[4], NULL, 10));

	json_dumpf(said, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
	printf("\n");
	json_decref(said);
	free(feed.value);
	/* What it did in place of the stage's other half is in no balance: it just ends. */
	return 0;
}
