/* Sampled pictures that are too large go smaller, or are counted: against a mock cluster. */
#include "core/test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "jpeg/make.h"
#include "kafka/test_cluster.h"
#include "sink/stage.h"

#define SHRINK "  frames: {every: 1, shrink: 8192}\n"

/* Results of a camera in their order, which say of each whether its picture goes along; '?': one or
 * the other. Returns of how many it does. */
static size_t assert_said(struct cluster *cluster, const char *camera, size_t all, const char *said)
{
	struct records results = cluster_consume(cluster, "framegate.results", all);
	size_t count = 0, with = 0;

	for (size_t i = 0; i < results.count; i++) {
		const rd_kafka_message_t *message = results.messages[i];
		json_t *json = json_loadb(message->payload, message->len, 0, NULL);
		json_t *frame = json_object_get(json, "frame");
		json_t *sampled = json_object_get(json, "sampled");

		if (strcmp(json_string_value(json_object_get(json, "sensorId")), camera) == 0) {
			assert_int_equal(
				json_integer_value(json_object_get(frame, "sequence")), count);
			assert_true(json_is_boolean(sampled));
			assert_true(count < strlen(said));
			if (said[count] != '?')
				assert_int_equal(json_is_true(sampled), said[count] == 'y');
			with += json_is_true(sampled);
			count++;
		}
		json_decref(json);
	}
	assert_int_equal(count, strlen(said));
	records_free(&results);
	return with;
}

static void send_jpeg(struct fixture *f)
{
	static uint8_t *jpeg;
	static size_t size;
	struct gw_frame *frame = fixture_frame(f, 0);
	const enum gw_frame_state state = frame->state;

	if (!jpeg)
		jpeg = jpeg_make(
			&(struct jpeg_recipe){.width = 320, .height = 240, .quality = 90}, &size);
	assert_true(size > 12000);
	jpeg_into_frame(frame, jpeg, size);
	frame->state = state;
	fixture_send(f, frame);
}

static bool is_reduced(const rd_kafka_message_t *message)
{
	rd_kafka_headers_t *headers;
	const void *value;
	size_t size;

	return rd_kafka_message_headers(message, &headers) == 0 &&
		rd_kafka_header_get_last(headers, "ce_reduced", &value, &size) == 0 && size == 4 &&
		memcmp(value, "true", 4) == 0;
}

static void assert_pictures(struct cluster *cluster, size_t count)
{
	if (count == 0)
		return;
	struct records pictures = cluster_consume(cluster, "framegate.frames", count);

	assert_int_equal(pictures.count, count);
	for (size_t i = 0; i < count; i++) {
		const rd_kafka_message_t *message = pictures.messages[i];

		assert_in_range(message->len, 500, 8192);
		assert_true(is_reduced(message));
		free(jpeg_reference(message->payload, message->len, false));
	}
	records_free(&pictures);
}

static void a_picture_above_the_limit_goes_smaller_and_says_so(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = cluster_open_sink(cluster, SHRINK);

	for (int i = 0; i < 3; i++)
		send_jpeg(f);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 3);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 3);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_TOO_LARGE), 0);
	fixture_assert_balanced(f);
	assert_pictures(cluster, 3);
	assert_said(cluster, "cam0", 3, "yyy");
	fixture_close(f, 1000);
}

/* What lies on the disk meanwhile says so, too. */
static void it_says_so_after_a_stop_with_a_spool(void **state)
{
	struct cluster *cluster = *state;
	char directory[] = "/tmp/framegate-reduce-XXXXXX", more[256], command[128];

	assert_non_null(mkdtemp(directory));
	snprintf(more, sizeof(more), SHRINK "  spool: {directory: %s/spool}\n", directory);
	struct fixture *f = cluster_open_sink(cluster, more);

	rd_kafka_mock_broker_set_down(cluster->mock, 1);
	send_jpeg(f);
	fixture_turn_until(f, &fixture_stats(f, 0)->results_spooled, 1);
	/* The picture is with a client and on the disk, which nothing tells. */
	for (int64_t until = gw_now() + GW_NS_PER_S; gw_now() < until;)
		fixture_turn(f);
	fixture_assert_balanced(f);
	fixture_close(f, 300);
	rd_kafka_mock_broker_set_up(cluster->mock, 1);
	f = cluster_open_sink(cluster, more);
	send_jpeg(f);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 1);
	assert_pictures(cluster, 2);
	fixture_close(f, 1000);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	assert_int_equal(system(command), 0);
}

/* It is no JPEG; and there are more than can be on their way. */
static void what_cannot_be_made_smaller_is_counted(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = cluster_open_sink(cluster, SHRINK);
	const int64_t deadline = gw_now() + 10 * GW_NS_PER_S;

	fixture_send_frames(f, 0, 20);
	while (fixture_drops(f, 0, GW_DROP_SAMPLE_TOO_LARGE) < 20 && gw_now() < deadline)
		fixture_turn(f);
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_TOO_LARGE), 20);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 20);
	assert_said(cluster, "cam0", 20, "nnnnnnnnnnnnnnnnnnnn");
	fixture_assert_balanced(f);
	fixture_close(f, 1000);
}

/* Frames that are sampled and those that are not, pictures that can be made smaller and those that
 * cannot, of two cameras, all at once. */
static void each_result_says_what_became_of_its_own_picture(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f =
		cluster_open_sink(cluster, "  frames: {every: 2, shrink: 8192, budget: 40}\n");

	for (int i = 0; i < 12; i++) {
		if (i % 4 == 0)
			send_jpeg(f);
		else
			fixture_send(f, fixture_frame(f, 0));
		fixture_send(f, fixture_frame(f, 1));
		if (i % 4 != 3)
			continue;
		/* As many at a time as can be made smaller. */
		for (uint32_t camera = 0; camera < 2; camera++)
			fixture_turn_until(
				f, &fixture_stats(f, camera)->delivered, (uint64_t)i + 1);
		fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, (uint64_t)i / 4 + 1);
	}
	assert_said(cluster, "cam0", 24, "ynnnynnnynnn");
	assert_said(cluster, "cam1", 24, "nnnnnnnnnnnn");
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_TOO_LARGE), 3);
	assert_int_equal(fixture_drops(f, 1, GW_DROP_SAMPLE_TOO_LARGE), 6);
	fixture_assert_balanced(f);
	fixture_close(f, 1000);
}

/* Smaller than the client's limit with its key, and larger with its headers: the spool has it by
 * the time that the client would say so. */
static void what_does_not_fit_with_its_headers_is_known_before(void **state)
{
	struct cluster *cluster = *state;
	char directory[] = "/tmp/framegate-reduce-XXXXXX", more[384], command[128];

	assert_non_null(mkdtemp(directory));
	snprintf(more, sizeof(more),
		"  frames: {every: 1}\n  spool: {directory: %s/spool}\n"
		"  properties: [{name: linger.ms, value: '5'}, "
		"{name: message.max.bytes, value: '26200'}]\n",
		directory);
	struct fixture *f = cluster_open_sink(cluster, more);

	fixture_send_frames(f, 0, 1);
	fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 1);
	assert_said(cluster, "cam0", 1, "n");
	assert_int_equal(fixture_drops(f, 0, GW_DROP_SAMPLE_TOO_LARGE), 1);
	fixture_assert_balanced(f);
	fixture_close(f, 1000);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	assert_int_equal(system(command), 0);
}

/* A gateway that ends waits for no picture; the spool still gets its result, once, and none that
 * says of a picture that it goes along when it does not. */
static void the_end_keeps_results_that_waited(void **state)
{
	struct cluster *cluster = *state;
	char directory[] = "/tmp/framegate-reduce-XXXXXX", more[256], command[128];

	assert_non_null(mkdtemp(directory));
	snprintf(more, sizeof(more), SHRINK "  spool: {directory: %s/spool}\n", directory);
	rd_kafka_mock_broker_set_down(cluster->mock, 1);
	struct fixture *f = cluster_open_sink(cluster, more);

	for (int i = 0; i < 6; i++)
		send_jpeg(f);
	sink_stage.poll(f->sink);
	/* Without waiting for what the spool has taken: fixture_close() asks for nothing else. */
	fixture_close(f, 0);
	rd_kafka_mock_broker_set_up(cluster->mock, 1);
	f = cluster_open_sink(cluster, more);
	/* Records of an earlier start count as nothing of this one. */
	fixture_send_frames(f, 1, 1);
	fixture_turn_until(f, &fixture_stats(f, 1)->delivered, 1);
	assert_said(cluster, "cam1", 7, "n");
	/* One of the four that were worked on may just have been ready: then it comes. */
	assert_pictures(cluster, assert_said(cluster, "cam0", 7, "????nn"));
	fixture_close(f, 1000);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	assert_int_equal(system(command), 0);
}

/* The topic takes less than was known: after its first refusal pictures go smaller still. */
static void a_limit_that_only_the_brokers_know_is_kept_after_a_refusal(void **state)
{
	struct cluster *cluster = *state;
	struct fixture *f = cluster_open_sink(cluster, "  frames: {every: 1, shrink: 1000000}\n");

	/* Produce (Kafka protocol, API key 0): the two requests of a result and a picture. */
	rd_kafka_mock_push_request_errors(cluster->mock, 0, 2, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
		RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
	send_jpeg(f);
	fixture_turn_until(f, &fixture_stats(f, 0)->drops[GW_DROP_SAMPLE_TOO_LARGE], 1);
	send_jpeg(f);
	fixture_turn_until(f, &fixture_stats(f, 0)->samples_delivered, 1);
	struct records pictures = cluster_consume(cluster, "framegate.frames", 1);

	assert_true(is_reduced(pictures.messages[0]));
	records_free(&pictures);
	fixture_assert_balanced(f);
	fixture_close(f, 1000);
}

/* One that is still worked on when the gateway ends is counted as lost. */
static void the_end_waits_for_none(void **state)
{
	struct fixture *f = cluster_open_sink(*state, SHRINK);

	for (int i = 0; i < 6; i++)
		send_jpeg(f);
	fixture_turn(f);
	fixture_close(f, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLUSTER_TEST(a_picture_above_the_limit_goes_smaller_and_says_so),
		CLUSTER_TEST(it_says_so_after_a_stop_with_a_spool),
		CLUSTER_TEST(what_cannot_be_made_smaller_is_counted),
		CLUSTER_TEST(each_result_says_what_became_of_its_own_picture),
		CLUSTER_TEST(what_does_not_fit_with_its_headers_is_known_before),
		CLUSTER_TEST(the_end_keeps_results_that_waited),
		CLUSTER_TEST(a_limit_that_only_the_brokers_know_is_kept_after_a_refusal),
		CLUSTER_TEST(the_end_waits_for_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
