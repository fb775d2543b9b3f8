/* What the API tells of the gateway, as a client has it. */
#include "core/test.h"

#include <string.h>
#include <unistd.h>

#include "mgmt/test_server.h"

/* Its session may have said another one than before. */
static void transports(struct server_fixture *f, const char *transport, bool encrypted)
{
	json_t *camera = server_get(f, "/api/v1/cameras/cam0");
	const json_t *said = json_object_get(camera, "transport");

	if (transport)
		assert_string_equal(json_string_value(said), transport);
	else
		assert_true(json_is_null(said));
	assert_int_equal(json_is_true(json_object_get(camera, "encrypted")), encrypted);
	json_decref(camera);
}

static void how_packets_come_is_told_as_it_is(void **state)
{
	struct server_fixture *f = *state;
	struct gw *gw = &f->made.gw;
	const struct gw_camera *version = gw_camera_now(gw, gw_camera_find(gw, "cam0"));
	struct gw_camera_config *camera = (struct gw_camera_config *)version->config;
	const uint8_t machine = camera->destination_address.bytes[0];
	const uint16_t port = camera->port;

	transports(f, "udp", false);
	camera->destination_address.bytes[0] = 239;
	camera->srtp_key.is_set = true;
	transports(f, "multicast", true);
	camera->destination_address.bytes[0] = machine;
	camera->is_within = true;
	transports(f, "tcp", true);
	camera->srtp_key.is_set = camera->is_within = false;
	camera->port = 0;
	transports(f, NULL, false);
	camera->port = port;
}

static void a_trouble_makes_the_status_unwell(void **state)
{
	struct server_fixture *f = *state;
	json_t *reply = server_get(f, "/api/v1/status");

	assert_true(json_is_true(json_object_get(reply, "well")));
	assert_int_equal(json_array_size(json_object_get(reply, "troubles")), 0);
	json_decref(reply);
	f->made.gw.stages[GW_STAGE_RX].lanes[0].exhausted = true;
	for (int i = 0; i < 30; i++) {
		reply = server_get(f, "/api/v1/status");
		if (json_is_false(json_object_get(reply, "well")))
			break;
		json_decref(reply);
		usleep(100000);
	}
	json_t *trouble = json_array_get(json_object_get(reply, "troubles"), 0);

	assert_false(json_is_true(json_object_get(reply, "well")));
	assert_string_equal(
		json_string_value(json_object_get(trouble, "id")), "stage.rx.exhausted");
	assert_string_equal(json_string_value(json_object_get(trouble, "severity")), "degraded");
	assert_true(json_number_value(json_object_get(trouble, "since_s")) < 3);
	json_decref(reply);
}

static void what_prometheus_and_supervisors_ask_for_is_where_they_look(void **state)
{
	struct server_fixture *f = *state;

	assert_int_equal(server_ask(f, "GET", "/metrics"), 200);
	assert_string_equal(f->type, "text/plain; version=0.0.4; charset=utf-8");
	assert_non_null(strstr(f->body, "\nframegate_ready 1\n"));
	assert_int_equal(server_ask(f, "GET", "/api/v1/metrics"), 200);
	assert_int_equal(server_ask(f, "GET", "/livez"), 200);
	assert_string_equal(f->type, "text/plain; charset=utf-8");
	assert_int_equal(server_ask(f, "GET", "/readyz"), 200);
	assert_int_equal(server_ask(f, "POST", "/metrics"), 405);
	assert_int_equal(server_ask(f, "GET", "/metrics/"), 404);
	assert_int_equal(server_ask(f, "GET", "/status"), 404);
	server_assert_error(f, "not_found");
}

static void audit_tells_a_leak(void **state)
{
	struct server_fixture *f = *state;
	json_t *reply = server_get(f, "/api/v1/audit");

	assert_true(json_is_true(json_object_get(reply, "balanced")));
	json_decref(reply);
	gw_counter_add(&handmade_stats(&f->made, GW_STAGE_RX, 0)->frames_in, 1);
	reply = server_get(f, "/api/v1/audit");
	assert_true(json_is_false(json_object_get(reply, "balanced")));
	json_decref(reply);
}

static void drops_are_all_named_and_add_up(void **state)
{
	struct server_fixture *f = *state;

	gw_counter_add(&handmade_stats(&f->made, GW_STAGE_RX, 0)->drops[GW_DROP_LATE], 2);
	gw_counter_add(&handmade_stats(&f->made, GW_STAGE_RX, 1)->drops[GW_DROP_LATE], 3);
	gw_counter_add(
		&handmade_stats(&f->made, GW_STAGE_RX, GW_UNMATCHED)->drops[GW_DROP_NOT_IP], 4);
	json_t *reply = server_get(f, "/api/v1/drops"), *line;
	size_t i;

	assert_int_equal(json_array_size(json_object_get(reply, "drops")), GW_DROP_COUNT - 1);
	json_array_foreach(json_object_get(reply, "drops"), i, line) {
		const char *reason = json_string_value(json_object_get(line, "reason"));
		json_int_t total = json_integer_value(json_object_get(line, "total"));

		if (strcmp(reason, "late") == 0)
			assert_int_equal(total, 5);
		else
			assert_int_equal(total, strcmp(reason, "not_ip") == 0 ? 4 : 0);
	}
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(reply, "unmatched"), "not_ip")),
		4);
	json_decref(reply);
}

static double sink_busy(struct server_fixture *f)
{
	json_t *reply = server_get(f, "/api/v1/stages");
	const json_t *stages = json_object_get(reply, "stages");
	json_t *sink = json_array_get(stages, json_array_size(stages) - 1);
	double busy = json_number_value(json_object_get(sink, "busy"));

	json_decref(reply);
	return busy;
}

static void busy_is_what_the_idle_policy_lets_tell(void **state)
{
	struct server_fixture *f = *state;
	struct gw_lane_stats *stats = f->made.gw.stages[GW_STAGE_SINK].lanes[0].stats;

	gw_counter_add(&stats->turns, 10);
	gw_counter_add(&stats->busy_turns, 4);
	f->made.gw.config->gateway->idle = GW_IDLE_SPIN;
	assert_float_equal(sink_busy(f), 0.4, 0.001);
	/* Nothing runs here: no thread of that name took time. */
	f->made.gw.config->gateway->idle = GW_IDLE_ADAPTIVE;
	assert_float_equal(sink_busy(f), 0, 0.001);
}

static void secrets_stay_out_of_the_configuration(void **state)
{
	struct server_fixture *f = *state;
	json_t *config = server_get(f, "/api/v1/config");
	json_t *camera = json_array_get(json_object_get(config, "cameras"), 0);

	assert_null(strstr(f->body, "hunter2"));
	assert_non_null(strstr(f->body, "linger.ms"));
	assert_int_equal(json_integer_value(json_object_get(camera, "port")), 5004);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(config, "gateway"), "mode")),
		"realtime");
	json_decref(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SERVER_TEST(how_packets_come_is_told_as_it_is),
		SERVER_TEST(a_trouble_makes_the_status_unwell),
		SERVER_TEST(what_prometheus_and_supervisors_ask_for_is_where_they_look),
		SERVER_TEST(audit_tells_a_leak),
		SERVER_TEST(drops_are_all_named_and_add_up),
		SERVER_TEST(busy_is_what_the_idle_policy_lets_tell),
		SERVER_TEST(secrets_stay_out_of_the_configuration),
	};

	return cmocka_run_group_tests(tests, server_begin, server_end);
}
