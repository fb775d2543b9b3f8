/* What a scrape gets: which figures there are, and that they are those that were counted. */
#include "mgmt/metrics.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/test.h"
#include "mgmt/handmade.h"
#include "mgmt/rates.h"
#include "mgmt/routes.h"
#include "mgmt/watch.h"

static const struct gw_service_ops service = {.name = "api", .routes = mgmt_routes};

struct fixture {
	struct handmade made;
	struct mgmt mgmt;
	struct gw_stage_ops ops; /* of a stage that is to say something else */
	char *said; /* the answer */
	size_t size;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	handmade_open(&f->made);
	f->mgmt.gw = &f->made.gw;
	f->mgmt.rates = rates_create(&f->made.gw);
	f->mgmt.watch = watch_create(&f->made.gw);
	f->made.gw.services[0] = (struct gw_service){&service, &f->mgmt};
	f->made.gw.service_count = 1;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	watch_destroy(f->mgmt.watch);
	rates_destroy(f->mgmt.rates);
	handmade_close(&f->made);
	free(f->said);
	free(f);
	return 0;
}

/* Returns the HTTP status; what came is text. */
static int ask(struct fixture *f, const char *path)
{
	const struct gw_request request = {.role = GW_ROLE_VIEWER, .who = "a test"};
	struct gw_reply reply;

	gw_api_call(&f->made.gw, "GET", path, &request, &reply);
	const int status = reply.status;

	assert_null(reply.json);
	assert_memory_equal(reply.type, "text/plain; ", strlen("text/plain; "));
	free(f->said);
	f->said = strndup(reply.bytes, reply.size);
	f->size = reply.size;
	assert_int_equal(strlen(f->said), f->size);
	gw_reply_release(&reply);
	return status;
}

static void scrape(struct fixture *f)
{
	assert_int_equal(ask(f, "metrics"), 200);
}

/* What stands behind a series; -1: there is no such series. */
static double value(const struct fixture *f, const char *series)
{
	const size_t length = strlen(series);

	for (const char *at = f->said; (at = strstr(at, series)); at += length)
		if ((at == f->said || at[-1] == '\n') && at[length] == ' ')
			return strtod(at + length, NULL);
	return -1;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each family is told once, with help and type before its samples; each series stands there once.
 */
static void assert_orderly(const struct fixture *f)
{
	char *text = strdup(f->said), *rest = text, *line;
	char **seen = calloc(f->size, sizeof(*seen));
	char family[128] = "", helped[128] = "", type[16] = "";
	size_t count = 0;

	while ((line = strsep(&rest, "\n")) && *line) {
		if (sscanf(line, "# HELP %127s", helped) == 1) {
			seen[count++] = line;
			continue;
		}
		if (sscanf(line, "# TYPE %127s %15s", family, type) == 2) {
			assert_string_equal(family, helped);
			continue;
		}
		assert_memory_equal(line, family, strlen(family));
		*strrchr(line, ' ') = '\0';
		seen[count++] = line;
	}
	qsort(seen, count, sizeof(*seen), compare);
	for (size_t i = 1; i < count; i++)
		assert_string_not_equal(seen[i - 1], seen[i]);
	free(seen);
	free(text);
}

static void every_reason_is_there_before_it_happens(void **state)
{
	struct fixture *f = *state;
	char series[256];

	scrape(f);
	assert_orderly(f);
	for (int i = GW_DROP_NONE + 1; i < GW_DROP_COUNT; i++) {
		snprintf(series, sizeof(series),
			"framegate_drops_total{reason=\"%s\",stage=\"%s\",unit=\"%s\"}",
			gw_drops[i].name, gw_place_name(gw_drops[i].place),
			gw_unit_name(gw_drops[i].unit));
		assert_true(value(f, series) == 0);
	}
	for (int i = 0; i < GW_EVENT_COUNT; i++) {
		snprintf(series, sizeof(series), "framegate_events_total{event=\"%s\"}",
			gw_events[i].name);
		assert_true(value(f, series) == 0);
	}
	assert_true(value(f, "framegate_camera_frames_dropped_total{camera=\"cam0\"}") == 0);
	assert_true(value(f, "framegate_camera_live{camera=\"cam0\",origin=\"network\"}") == 0);
	assert_true(value(f, "framegate_cameras_left_out") == 0);
	assert_true(value(f, "framegate_cameras{state=\"silent\"}") == 2);
}

static void what_was_counted_is_told_per_camera_and_in_all(void **state)
{
	struct fixture *f = *state;
	struct gw_camera_stats *rx = handmade_stats(&f->made, GW_STAGE_RX, 0);

	gw_counter_add(&rx->packets, 7);
	gw_counter_add(&rx->bytes, 7000);
	gw_counter_add(&rx->frames_in, 3);
	gw_counter_add(&rx->drops[GW_DROP_INCOMPLETE], 1);
	gw_counter_add(&rx->drops[GW_DROP_LATE], 2);
	gw_counter_add(&rx->events[GW_EVENT_SEQUENCE_GAP], 5);
	gw_counter_add(&handmade_stats(&f->made, GW_STAGE_SINK, 0)->delivered, 1);
	gw_counter_add(&handmade_stats(&f->made, GW_STAGE_RX, GW_REMOVED)->packets, 10);
	gw_counter_add(&handmade_stats(&f->made, GW_STAGE_RX, GW_UNMATCHED)->packets, 100);
	gw_counter_add(
		&handmade_stats(&f->made, GW_STAGE_RX, GW_UNMATCHED)->drops[GW_DROP_NOT_IP], 100);
	handmade_hold(&f->made, 0, 1);
	scrape(f);
	assert_orderly(f);
	assert_true(value(f, "framegate_packets_total") == 117);
	assert_true(value(f, "framegate_camera_packets_total{camera=\"cam0\"}") == 7);
	assert_true(value(f, "framegate_camera_packets_total{camera=\"cam/1\"}") == 0);
	assert_true(value(f, "framegate_received_bytes_total") == 7000);
	assert_true(value(f, "framegate_camera_packets_lost_total{camera=\"cam0\"}") == 5);
	assert_true(value(f, "framegate_frames_total") == 3);
	assert_true(value(f, "framegate_results_delivered_total") == 1);
	assert_true(value(f, "framegate_frames_in_flight") == 1);
	assert_true(value(f, "framegate_frame_slots_in_use") == 1);
	assert_true(value(f, "framegate_camera_frames_dropped_total{camera=\"cam0\"}") == 1);
	assert_true(value(f,
			    "framegate_camera_drops_total{camera=\"cam0\",reason=\"late\",unit="
			    "\"packet\"}") == 2);
	assert_true(value(f,
			    "framegate_drops_total{reason=\"not_ip\",stage=\"rx\",unit="
			    "\"packet\"}") == 100);
	assert_null(strstr(f->said, "framegate_camera_drops_total{camera=\"cam/1\""));
}

static void latency_is_a_histogram_in_seconds(void **state)
{
	struct fixture *f = *state;
	struct gw_latency *latency = f->made.gw.latency[0];

	gw_histogram_record(&latency->segment[GW_SEGMENT_TOTAL], 100);
	gw_histogram_record(&latency->segment[GW_SEGMENT_TOTAL], 1023);
	gw_histogram_record(&latency->segment[GW_SEGMENT_TOTAL], 1024);
	gw_histogram_record(&latency->segment[GW_SEGMENT_TOTAL], 100000000);
	gw_histogram_record(&latency->camera[0], 250000);
	scrape(f);
	assert_orderly(f);
	assert_true(value(f, "framegate_frame_seconds_bucket{le=\"0.000128\"}") == 1);
	assert_true(value(f, "framegate_frame_seconds_bucket{le=\"0.000192\"}") == 1);
	assert_true(value(f, "framegate_frame_seconds_bucket{le=\"0.001024\"}") == 2);
	assert_true(value(f, "framegate_frame_seconds_bucket{le=\"0.001536\"}") == 3);
	assert_true(value(f, "framegate_frame_seconds_bucket{le=\"33.554432\"}") == 3);
	assert_true(value(f, "framegate_frame_seconds_bucket{le=\"+Inf\"}") == 4);
	assert_true(value(f, "framegate_frame_seconds_count") == 4);
	assert_true(value(f, "framegate_frame_seconds_sum") == 100.002147);
	assert_true(value(f, "framegate_frame_part_seconds_count{part=\"decode\"}") == 0);
	assert_true(value(f, "framegate_camera_latency_seconds_sum{camera=\"cam0\"}") == 0.25);
	assert_true(value(f, "framegate_camera_latency_seconds_count{camera=\"cam0\"}") == 1);
}

/* Cameras that are well but for their names and ports. */
static void add_cameras(struct fixture *f, uint32_t from, uint32_t to)
{
	const uint32_t first = gw_camera_find(&f->made.gw, "cam0");
	struct gw_camera_config config = *gw_camera_now(&f->made.gw, first)->config;
	struct gw_error error = {{0}};
	char name[GW_NAME];

	config.name = name;
	for (uint32_t i = from; i < to; i++) {
		snprintf(name, sizeof(name), "more%u", i);
		config.port = (uint16_t)(10000 + i);
		if (gw_camera_put(&f->made.gw, &config, &error) != 0)
			fail_msg("%s", error.text);
	}
}

static int64_t time_of_a_scrape(struct fixture *f)
{
	int64_t best = INT64_MAX;

	for (int i = 0; i < 5; i++) {
		const int64_t begin = gw_now();

		scrape(f);
		best = gw_now() - begin < best ? gw_now() - begin : best;
	}
	return best;
}

static void a_scrape_has_a_largest_size(void **state)
{
	struct fixture *f = *state;

	add_cameras(f, 0, 254);
	const int64_t of_256 = time_of_a_scrape(f);
	const size_t bytes_of_256 = f->size;

	add_cameras(f, 254, METRICS_CAMERAS + 6);
	for (uint32_t i = 0; i < METRICS_CAMERAS + 8; i++)
		gw_counter_add(&handmade_stats(&f->made, GW_STAGE_RX, i)->packets, 1);
	const int64_t of_all = time_of_a_scrape(f);

	print_message("a scrape: 256 cameras %.2f ms, %zu KiB; %d cameras %.2f ms, %zu KiB\n",
		(double)of_256 / 1e6, bytes_of_256 / 1024, METRICS_CAMERAS + 8,
		(double)of_all / 1e6, f->size / 1024);
	assert_orderly(f);
	assert_true(value(f, "framegate_cameras_left_out") == 8);
	assert_true(value(f, "framegate_cameras{state=\"silent\"}") == METRICS_CAMERAS + 8);
	assert_true(value(f, "framegate_packets_total") == METRICS_CAMERAS + 8);
	assert_true(value(f, "framegate_camera_packets_total{camera=\"more1021\"}") == 1);
	assert_true(value(f, "framegate_camera_packets_total{camera=\"more1022\"}") == -1);
	assert_true(f->size < 4u << 20);
}

static void troubles_are_told(void **state)
{
	struct fixture *f = *state;

	watch_look(f->mgmt.watch, gw_now());
	scrape(f);
	assert_true(value(f, "framegate_well") == 1);
	assert_true(value(f, "framegate_troubles{severity=\"degraded\"}") == 0);
	f->made.gw.stages[GW_STAGE_RX].lanes[0].exhausted = true;
	watch_look(f->mgmt.watch, gw_now());
	scrape(f);
	assert_true(value(f, "framegate_well") == 0);
	assert_true(value(f, "framegate_troubles{severity=\"degraded\"}") == 1);
	assert_true(value(f,
			    "framegate_trouble{id=\"stage.rx.exhausted\",severity="
			    "\"degraded\"}") == 1);
}

static json_t *kafka_says(struct gw_stage *stage)
{
	return json_pack("{s:s, s:s, s:[{s:s, s:s, s:i, s:i, s:f}, {s:s, s:s}], s:{s:i, s:s}}",
		"backend", "kafka", "state", "down", "topics", "topic", "one", "state", "up",
		"queued", 5, "oldest_ms", 1500, "queue_fill", 0.25, "topic", "one", "state", "down",
		"spool", "used", 4096, "state", "failing");
}

static json_t *decode_says(struct gw_stage *stage)
{
	return json_pack("{s:i, s:[{s:s, s:b, s:i}, {s:s, s:b, s:i}]}", "decoded", 7, "opencl",
		"device", "gpu", "well", 1, "rescued", 0, "device", "gpu", "well", 0, "rescued", 3);
}

static void lanes_may_share_a_device(void **state)
{
	struct fixture *f = *state;

	f->ops = *f->made.gw.stages[GW_STAGE_DECODE].ops;
	f->ops.describe = decode_says;
	f->made.gw.stages[GW_STAGE_DECODE].ops = &f->ops;
	scrape(f);
	assert_orderly(f);
	assert_true(value(f, "framegate_decode_pictures_total") == 7);
	assert_true(value(f, "framegate_decode_device_up{device=\"gpu\",lane=\"0\"}") == 1);
	assert_true(value(f, "framegate_decode_device_up{device=\"gpu\",lane=\"1\"}") == 0);
	assert_true(value(f,
			    "framegate_decode_device_rescued_total{device=\"gpu\",lane="
			    "\"1\"}") == 3);
}

static void what_a_stage_says_is_told_in_base_units(void **state)
{
	struct fixture *f = *state;

	f->ops = *f->made.gw.stages[GW_STAGE_SINK].ops;
	f->ops.describe = kafka_says;
	f->made.gw.stages[GW_STAGE_SINK].ops = &f->ops;
	scrape(f);
	assert_orderly(f);
	assert_true(value(f, "framegate_sink_up{backend=\"kafka\"}") == 0);
	assert_true(value(f, "framegate_kafka_up{topic=\"one\",kind=\"results\"}") == 1);
	assert_true(value(f, "framegate_kafka_up{topic=\"one\",kind=\"frames\"}") == 0);
	assert_true(value(f,
			    "framegate_kafka_oldest_record_seconds{topic=\"one\",kind="
			    "\"results\"}") == 1.5);
	assert_true(value(f, "framegate_spool_used_bytes") == 4096);
	assert_true(value(f, "framegate_spool_writing") == 0);
	/* It does not say that: no sample, and no 0 that would be a lie. */
	assert_true(value(f, "framegate_spool_size_bytes") == -1);
}

static void a_thread_that_stands_still_is_not_alive(void **state)
{
	struct fixture *f = *state;
	struct gw_lane *lane = &f->made.gw.stages[GW_STAGE_DECODE].lanes[0];

	assert_int_equal(ask(f, "livez"), 200);
	atomic_store(&lane->running, true);
	atomic_store(&lane->turned_at, gw_now() - 3 * GW_NS_PER_S);
	assert_int_equal(ask(f, "livez"), 503);
	assert_non_null(strstr(f->said, "the thread decode has not turned for 3.0 s"));
	assert_ptr_equal(strchr(f->said, '\n'), f->said + f->size - 1);
	atomic_store(&lane->running, false);
	assert_int_equal(ask(f, "livez"), 200);
}

static void nothing_gets_through(struct gw_stage *stage, struct gw_health *health)
{
	gw_health_add(health, GW_DEGRADED, "a.degraded", NULL, "a part is missing");
	gw_health_add(health, GW_FAILED, "a.failed", NULL, "nothing gets through");
}

static void who_does_not_deliver_is_not_ready(void **state)
{
	struct fixture *f = *state;
	struct gw *gw = &f->made.gw;

	watch_look(f->mgmt.watch, gw_now());
	assert_int_equal(ask(f, "readyz"), 200);
	/* A part of the work is enough to be asked for more. */
	gw->stages[GW_STAGE_RX].lanes[0].exhausted = true;
	watch_look(f->mgmt.watch, gw_now());
	assert_int_equal(ask(f, "readyz"), 200);
	f->ops = *gw->stages[GW_STAGE_SINK].ops;
	f->ops.health = nothing_gets_through;
	gw->stages[GW_STAGE_SINK].ops = &f->ops;
	watch_look(f->mgmt.watch, gw_now());
	assert_int_equal(ask(f, "readyz"), 503);
	assert_string_equal(f->said, "nothing gets through\n");
	atomic_store(&gw->ready, false);
	assert_int_equal(ask(f, "readyz"), 503);
	assert_string_equal(f->said, "the gateway starts or ends\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_reason_is_there_before_it_happens),
		TEST(what_was_counted_is_told_per_camera_and_in_all),
		TEST(latency_is_a_histogram_in_seconds),
		TEST(a_scrape_has_a_largest_size),
		TEST(troubles_are_told),
		TEST(lanes_may_share_a_device),
		TEST(what_a_stage_says_is_told_in_base_units),
		TEST(a_thread_that_stands_still_is_not_alive),
		TEST(who_does_not_deliver_is_not_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
