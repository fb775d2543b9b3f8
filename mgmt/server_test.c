/* The whole API over its socket, on a gateway made by hand, asked by a client that is not ours. */
#include "core/test.h"

#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/thread.h"
#include "mgmt/handmade.h"
#include "mgmt/jobs.h"
#include "mgmt/mgmt.h"

struct server_fixture {
	struct handmade made;
	CURL *curl;
	char body[65536];
	size_t size;
	char allow[128];
	char type[64];
};

static size_t on_body(char *data, size_t one, size_t size, void *arg)
{
	struct server_fixture *f = arg;

	if (f->size + size >= sizeof(f->body))
		return 0;
	memcpy(f->body + f->size, data, size);
	f->size += size;
	f->body[f->size] = '\0';
	return size;
}

static size_t on_header(char *data, size_t one, size_t size, void *arg)
{
	struct server_fixture *f = arg;

	sscanf(data, "Allow: %127[^\r]", f->allow);
	sscanf(data, "Content-Type: %63[^\r]", f->type);
	return size;
}

/* As the gateway does it. */
static int open_api(struct gw *gw, struct gw_error *error)
{
	struct gw_service *service = &gw->services[0];

	gw->service_count = 1;
	service->ops = &mgmt_service;
	int status = mgmt_service.open(gw, &service->state, error);
	return status == 0 ? mgmt_service.start(service->state, error) : status;
}

/* False: somebody is still at work in it. Then it is not taken down. */
static bool close_api(struct gw *gw)
{
	struct gw_service *service = &gw->services[0];

	if (!service->state)
		return true;
	if (!mgmt_service.stop(service->state))
		return false;
	mgmt_service.close(service->state);
	service->state = NULL;
	return true;
}

static int set_up(void **state)
{
	struct server_fixture *f = calloc(1, sizeof(*f));
	struct gw_error error;

	handmade_open(&f->made);
	if (open_api(&f->made.gw, &error) != 0)
		fail_msg("%s", error.text);
	f->curl = curl_easy_init();
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct server_fixture *f = *state;

	curl_easy_cleanup(f->curl);
	assert_true(close_api(&f->made.gw));
	assert_int_equal(access(f->made.socket, F_OK), -1);
	handmade_close(&f->made);
	free(f);
	return 0;
}

/* Returns the HTTP status, 0 when the connection broke; the body is left in the fixture. */
static long try_to_ask(
	struct server_fixture *f, const char *method, const char *path, const char *body)
{
	char url[2048];
	long status = 0;

	snprintf(url, sizeof(url), "http://gw%s", path);
	curl_easy_reset(f->curl);
	f->size = 0;
	f->body[0] = f->allow[0] = f->type[0] = '\0';
	curl_easy_setopt(f->curl, CURLOPT_UNIX_SOCKET_PATH, f->made.socket);
	curl_easy_setopt(f->curl, CURLOPT_URL, url);
	curl_easy_setopt(f->curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(f->curl, CURLOPT_TIMEOUT_MS, 5000L);
	curl_easy_setopt(f->curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(f->curl, CURLOPT_WRITEDATA, f);
	curl_easy_setopt(f->curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(f->curl, CURLOPT_HEADERDATA, f);
	if (strcmp(method, "HEAD") == 0)
		curl_easy_setopt(f->curl, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(f->curl, CURLOPT_CUSTOMREQUEST, method);
	if (body)
		curl_easy_setopt(f->curl, CURLOPT_POSTFIELDS, body);
	if (curl_easy_perform(f->curl) != CURLE_OK)
		return 0;
	curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static long ask_with(
	struct server_fixture *f, const char *method, const char *path, const char *body)
{
	long status = try_to_ask(f, method, path, body);

	assert_int_not_equal(status, 0);
	return status;
}

static long ask(struct server_fixture *f, const char *method, const char *path)
{
	return ask_with(f, method, path, NULL);
}

/* A well answer, as JSON; the caller releases it. */
static json_t *get(struct server_fixture *f, const char *path)
{
	assert_int_equal(ask(f, "GET", path), 200);
	assert_string_equal(f->type, "application/json");
	json_t *reply = json_loads(f->body, 0, NULL);
	assert_non_null(reply);
	return reply;
}

static void assert_error(struct server_fixture *f, const char *code)
{
	json_t *reply = json_loads(f->body, 0, NULL);
	json_t *error = json_object_get(reply, "error");

	assert_string_equal(json_string_value(json_object_get(error, "code")), code);
	assert_true(json_string_length(json_object_get(error, "message")) > 0);
	json_decref(reply);
}

static void every_route_of_ours_answers(void **state)
{
	static const char *const paths[] = {"/api/v1/", "/api/v1/version", "/api/v1/status",
		"/api/v1/config", "/api/v1/cameras", "/api/v1/cameras/cam0", "/api/v1/drops",
		"/api/v1/latency", "/api/v1/audit", "/api/v1/stages", "/api/v1/services"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		json_decref(get(*state, paths[i]));
}

static void stages_answer_on_routes_of_their_own(void **state)
{
	json_decref(get(*state, "/api/v1/models"));
	assert_int_equal(ask(*state, "POST", "/api/v1/cameras/cam0/sample"), 202);
}

static void the_errors_of_a_handler_become_http(void **state)
{
	struct server_fixture *f = *state;

	assert_int_equal(ask(f, "GET", "/api/v1/cameras/nosuch"), 404);
	assert_error(f, "not_found");
	assert_non_null(strstr(f->body, "nosuch"));
	assert_int_equal(ask(f, "POST", "/api/v1/cameras/busy/sample"), 409);
	assert_error(f, "busy");
	assert_int_equal(ask(f, "POST", "/api/v1/cameras/broken/sample"), 500);
	assert_error(f, "internal");
}

static void wrong_paths_are_not_found(void **state)
{
	static const char *const paths[] = {"/", "/api", "/api/v1", "/api/v2/status",
		"/api/v1/nosuch", "/api/v1/status/", "/api/v1/cameras//sample",
		"/api/v1/../v1/status", "/api/v1/cameras/%ff"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(ask(*state, "GET", paths[i]), 404);
		assert_error(*state, "not_found");
	}
}

static void broken_escapes_are_bad_requests(void **state)
{
	assert_int_equal(ask(*state, "GET", "/api/v1/cameras/%zz"), 400);
	assert_error(*state, "bad_request");
	assert_int_equal(ask(*state, "GET", "/api/v1/cameras/cam0%00"), 400);
}

static void names_are_decoded(void **state)
{
	json_t *camera = get(*state, "/api/v1/cameras/cam%2F1");

	assert_string_equal(json_string_value(json_object_get(camera, "name")), "cam/1");
	assert_int_equal(json_integer_value(json_object_get(camera, "width")), 320);
	assert_string_equal(json_string_value(json_object_get(camera, "state")), "silent");
	json_decref(camera);
}

/* Its session may have said another one than before. */
static void transports(struct server_fixture *f, const char *transport, bool encrypted)
{
	json_t *camera = get(f, "/api/v1/cameras/cam0");
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

static void wrong_methods_hear_which_are_right(void **state)
{
	struct server_fixture *f = *state;

	assert_int_equal(ask(f, "DELETE", "/api/v1/status"), 405);
	assert_error(f, "method_not_allowed");
	assert_string_equal(f->allow, "GET, HEAD, OPTIONS");
	assert_int_equal(ask(f, "GET", "/api/v1/cameras/cam0/sample"), 405);
	assert_string_equal(f->allow, "POST, OPTIONS");
}

static void head_and_options_have_no_body(void **state)
{
	struct server_fixture *f = *state;

	assert_int_equal(ask(f, "HEAD", "/api/v1/status"), 200);
	assert_int_equal(f->size, 0);
	assert_int_equal(ask(f, "OPTIONS", "/api/v1/status"), 204);
	assert_string_equal(f->allow, "GET, HEAD, OPTIONS");
	assert_int_equal(f->size, 0);
	assert_int_equal(ask(f, "OPTIONS", "/api/v1/nosuch"), 404);
}

static void a_large_body_is_refused(void **state)
{
	char *body = malloc(100001);

	memset(body, 'x', 100000);
	body[0] = '"';
	body[100000] = '\0';
	assert_int_equal(ask_with(*state, "PATCH", "/api/v1/echo", body), 413);
	assert_error(*state, "too_large");
	free(body);
}

static void a_body_is_handed_to_the_route_that_takes_one(void **state)
{
	struct server_fixture *f = *state;

	assert_int_equal(ask_with(f, "PATCH", "/api/v1/echo", "{\"quota\": 7}"), 200);
	assert_non_null(strstr(f->body, "{\"quota\":7}"));
	assert_int_equal(ask(f, "PATCH", "/api/v1/echo"), 200);
	assert_non_null(strstr(f->body, "\"body\":null"));
	assert_int_equal(ask_with(f, "POST", "/api/v1/cameras/cam0/sample", "{}"), 400);
	assert_non_null(strstr(f->body, "takes no body"));
}

static void a_body_that_is_no_json_is_told_where(void **state)
{
	struct server_fixture *f = *state;

	assert_int_equal(ask_with(f, "PATCH", "/api/v1/echo", "{\"a\": 1,\n  \"b\": }"), 400);
	assert_error(f, "bad_request");
	assert_non_null(strstr(f->body, "line 2, column 8"));
	assert_int_equal(ask_with(f, "PATCH", "/api/v1/echo", "{\"a\": 1, \"a\": 2}"), 400);
	assert_int_equal(ask_with(f, "PATCH", "/api/v1/echo", "{} {}"), 400);
	assert_int_equal(ask_with(f, "PATCH", "/api/v1/echo", "\xff"), 400);
}

static void what_is_said_of_a_body_is_about_json_and_not_about_the_library(void **state)
{
	struct server_fixture *f = *state;

	assert_int_equal(ask_with(f, "POST", "/api/v1/cameras", "null"), 400);
	assert_non_null(strstr(f->body, "the body must be a JSON object"));
	assert_int_equal(
		ask_with(f, "POST", "/api/v1/cameras", "{\"name\":\n \"a\\u0000b\"}"), 400);
	assert_non_null(strstr(f->body, "the body holds a text with \\\\u0000 in it: line 2"));
	assert_null(strstr(f->body, "JSON_ALLOW_NUL"));
}

static void who_asks_is_the_user_at_the_other_end(void **state)
{
	struct server_fixture *f = *state;
	char who[64];

	snprintf(who, sizeof(who), "\"who\":\"uid %u", getuid());
	assert_int_equal(ask(f, "PATCH", "/api/v1/echo"), 200);
	assert_non_null(strstr(f->body, who));
	if (getuid() == 0)
		assert_non_null(strstr(f->body, "uid 0 (root)"));
}

static void the_description_is_served_as_it_stands(void **state)
{
	struct server_fixture *f = *state;
	char text[sizeof(f->body)];
	FILE *file = fopen(SOURCE_ROOT "/mgmt/openapi.yaml", "r");

	assert_non_null(file);
	size_t size = fread(text, 1, sizeof(text), file);
	fclose(file);
	assert_int_equal(ask(f, "GET", "/api/v1/openapi.yaml"), 200);
	assert_string_equal(f->type, "application/yaml");
	assert_int_equal(f->size, size);
	assert_memory_equal(f->body, text, size);
	assert_int_equal(ask(f, "HEAD", "/api/v1/openapi.yaml"), 200);
	assert_int_equal(f->size, 0);
}

static void a_trouble_makes_the_status_unwell(void **state)
{
	struct server_fixture *f = *state;
	json_t *reply = get(f, "/api/v1/status");

	assert_true(json_is_true(json_object_get(reply, "well")));
	assert_int_equal(json_array_size(json_object_get(reply, "troubles")), 0);
	json_decref(reply);
	f->made.gw.stages[GW_STAGE_RX].lanes[0].exhausted = true;
	for (int i = 0; i < 30; i++) {
		reply = get(f, "/api/v1/status");
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

/* A client of its own thread: what it asked for, and what it heard. */
struct asking {
	struct server_fixture f;
	const char *path, *body;
	long status;
	pthread_t thread;
};

static void *ask_in_thread(void *arg)
{
	struct asking *asking = arg;

	asking->status = try_to_ask(&asking->f, "PUT", asking->path, asking->body);
	return NULL;
}

static struct asking *begin_asking(struct server_fixture *f, const char *path, const char *body)
{
	struct asking *asking = calloc(1, sizeof(*asking));

	strcpy(asking->f.made.socket, f->made.socket);
	asking->f.curl = curl_easy_init();
	asking->path = path;
	asking->body = body;
	assert_int_equal(pthread_create(&asking->thread, NULL, ask_in_thread, asking), 0);
	return asking;
}

static long finish_asking(struct asking *asking, const char *words)
{
	pthread_join(asking->thread, NULL);
	long status = asking->status;

	assert_non_null(strstr(asking->f.body, words));
	curl_easy_cleanup(asking->f.curl);
	free(asking);
	return status;
}

static void wait_for_slow(struct server_fixture *f, int waiting, int running)
{
	int64_t end = gw_now() + 5 * GW_NS_PER_S;
	json_int_t is_waiting = -1, is_running = -1;

	while (is_waiting != waiting || is_running != running) {
		assert_true(gw_now() < end);
		json_t *facts = mgmt_service.describe(f->made.gw.services[0].state);

		json_unpack(facts, "{s:I, s:I}", "slow_waiting", &is_waiting, "slow_running",
			&is_running);
		json_decref(facts);
		usleep(2000);
	}
}

static void a_slow_route_holds_up_nobody(void **state)
{
	struct server_fixture *f = *state;
	struct asking *slow = begin_asking(f, "/api/v1/slow/2000", "{}");
	int64_t worst = 0, begin = gw_now();

	wait_for_slow(f, 0, 1);
	for (int i = 0; i < 200; i++) {
		int64_t before = gw_now();

		json_decref(get(f, "/api/v1/version"));
		if (gw_now() - before > worst)
			worst = gw_now() - before;
	}
	wait_for_slow(f, 0, 1);
	print_message("worst of 200 beside a slow one: %.2f ms\n", (double)worst / 1e6);
	assert_true(worst < 500 * GW_NS_PER_MS);
	assert_int_equal(finish_asking(slow, "\"slept\":\"2000\""), 200);
	assert_true(gw_now() - begin >= 2 * GW_NS_PER_S);
}

static void one_slow_request_too_many_is_refused(void **state)
{
	struct server_fixture *f = *state;
	struct asking *asking[JOBS_THREADS + JOBS_WAITING];

	for (int i = 0; i < JOBS_THREADS; i++)
		asking[i] = begin_asking(f, "/api/v1/slow/700", NULL);
	wait_for_slow(f, 0, JOBS_THREADS);
	for (int i = JOBS_THREADS; i < JOBS_THREADS + JOBS_WAITING; i++)
		asking[i] = begin_asking(f, "/api/v1/slow/1", NULL);
	wait_for_slow(f, JOBS_WAITING, JOBS_THREADS);
	assert_int_equal(ask(f, "PUT", "/api/v1/slow/1"), 503);
	assert_error(f, "unavailable");
	for (int i = 0; i < JOBS_THREADS + JOBS_WAITING; i++)
		assert_int_equal(finish_asking(asking[i], "slept"), 200);
	assert_int_equal(ask(f, "PUT", "/api/v1/slow/1"), 200);
}

static void a_client_that_goes_away_takes_nothing_with_it(void **state)
{
	static const char text[] = "PUT /api/v1/slow/300 HTTP/1.1\r\nHost: gw\r\n"
				   "Content-Length: 0\r\n\r\n";
	struct server_fixture *f = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, f->made.socket);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	wait_for_slow(f, 0, 1);
	close(fd);
	wait_for_slow(f, 0, 0);
	json_decref(get(f, "/api/v1/version"));
	assert_int_equal(ask(f, "PUT", "/api/v1/slow/1"), 200);
}

static void a_slow_request_that_listens_ends_with_the_gateway(void **state)
{
	struct server_fixture *f = *state;
	struct asking *slow = begin_asking(f, "/api/v1/slow/4000", NULL);
	int64_t begin = gw_now();

	wait_for_slow(f, 0, 1);
	assert_true(close_api(&f->made.gw));
	assert_true(gw_now() - begin < GW_NS_PER_S);
	/* Whether its answer still got through is a matter of luck. */
	pthread_join(slow->thread, NULL);
	curl_easy_cleanup(slow->f.curl);
	free(slow);
}

static void one_that_does_not_is_left_behind_in_time(void **state)
{
	struct server_fixture *f = *state;
	struct asking *slow = begin_asking(f, "/api/v1/slow/1500", "{\"deaf\": true}");
	int64_t begin = gw_now();

	wait_for_slow(f, 0, 1);
	/* Nothing may be taken down while it is at work. */
	assert_false(mgmt_service.stop(f->made.gw.services[0].state));
	assert_true(gw_now() - begin < 1200 * GW_NS_PER_MS);
	assert_int_equal(access(f->made.socket, F_OK), -1);
	pthread_join(slow->thread, NULL);
	curl_easy_cleanup(slow->f.curl);
	free(slow);
	wait_for_slow(f, 0, 0);
}

static void audit_tells_a_leak(void **state)
{
	struct server_fixture *f = *state;
	json_t *reply = get(f, "/api/v1/audit");

	assert_true(json_is_true(json_object_get(reply, "balanced")));
	json_decref(reply);
	gw_counter_add(&handmade_stats(&f->made, GW_STAGE_RX, 0)->frames_in, 1);
	reply = get(f, "/api/v1/audit");
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
	json_t *reply = get(f, "/api/v1/drops"), *line;
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
	json_t *reply = get(f, "/api/v1/stages");
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
	json_t *config = get(f, "/api/v1/config");
	json_t *camera = json_array_get(json_object_get(config, "cameras"), 0);

	assert_null(strstr(f->body, "hunter2"));
	assert_non_null(strstr(f->body, "linger.ms"));
	assert_int_equal(json_integer_value(json_object_get(camera, "port")), 5004);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(config, "gateway"), "mode")),
		"realtime");
	json_decref(config);
}

static void the_socket_is_for_owner_and_group(void **state)
{
	struct server_fixture *f = *state;
	struct stat stat;

	assert_int_equal(lstat(f->made.socket, &stat), 0);
	assert_true(S_ISSOCK(stat.st_mode));
	assert_int_equal(stat.st_mode & 0777, 0660);
}

static void a_second_gateway_is_refused_and_the_first_goes_on(void **state)
{
	struct server_fixture *f = *state;
	struct gw_error error = {{0}};
	void *second = NULL;

	assert_int_equal(mgmt_service.open(&f->made.gw, &second, &error), -EADDRINUSE);
	assert_true(mgmt_service.stop(second));
	mgmt_service.close(second);
	assert_non_null(strstr(error.text, "another gwd answers on"));
	assert_null(strchr(error.text, '\n'));
	json_decref(get(f, "/api/v1/status"));
}

/* Leaves a socket file that nobody listens on, as after kill -9. */
static void leave_dead_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static void the_socket_of_a_dead_gateway_is_replaced(void **state)
{
	struct server_fixture *f = *state;

	assert_true(close_api(&f->made.gw));
	leave_dead_socket(f->made.socket);
	struct gw_error error;
	assert_int_equal(open_api(&f->made.gw, &error), 0);
	json_decref(get(f, "/api/v1/status"));
}

static void a_file_that_is_no_socket_is_left_alone(void **state)
{
	struct server_fixture *f = *state;
	struct gw_error error;
	void *second = NULL;

	assert_true(close_api(&f->made.gw));
	FILE *file = fopen(f->made.socket, "w");
	fclose(file);
	assert_int_equal(mgmt_service.open(&f->made.gw, &second, &error), -EEXIST);
	assert_true(mgmt_service.stop(second));
	mgmt_service.close(second);
	assert_int_equal(access(f->made.socket, F_OK), 0);
	unlink(f->made.socket);
}

static void a_missing_directory_is_made(void **state)
{
	struct server_fixture *f = *state;
	char **path = &f->made.gw.config->api->socket, *before = *path;
	struct gw_error error = {{0}};
	char folder[128], deep[128];
	struct stat stat;
	void *service = NULL;

	snprintf(folder, sizeof(folder), "%s/run", f->made.folder);
	snprintf(deep, sizeof(deep), "%s/run/api.sock", f->made.folder);
	*path = deep;
	assert_int_equal(mgmt_service.open(&f->made.gw, &service, &error), 0);
	assert_int_equal(lstat(folder, &stat), 0);
	assert_int_equal(stat.st_mode & 0777, 0755);
	assert_true(mgmt_service.stop(service));
	mgmt_service.close(service);
	rmdir(folder);

	snprintf(deep, sizeof(deep), "%s/no/such/api.sock", f->made.folder);
	service = NULL;
	assert_int_equal(mgmt_service.open(&f->made.gw, &service, &error), -ENOENT);
	assert_true(mgmt_service.stop(service));
	mgmt_service.close(service);
	assert_non_null(strstr(error.text, "api.socket"));
	*path = before;
}

static unsigned long long blocked_signals(pid_t thread)
{
	unsigned long long blocked = 0;
	char path[64], line[256];

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", thread);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		sscanf(line, "SigBlk: %llx", &blocked);
	fclose(file);
	return blocked;
}

static int count_threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	int count = 0;

	while (readdir(tasks))
		count++;
	closedir(tasks);
	return count - 2; /* "." and ".." */
}

/* The main thread may be pinned and has signals of its own: neither is the API's business. */
static void its_threads_take_no_signals_and_are_not_pinned(void **state)
{
	struct server_fixture *f = *state;
	cpu_set_t before, one, after;
	struct gw_error error;
	sigset_t mask;

	assert_true(close_api(&f->made.gw));
	const int threads = count_threads();
	sched_getaffinity(0, sizeof(before), &before);
	gw_inherit_remember();
	CPU_ZERO(&one);
	CPU_SET((unsigned int)sched_getcpu(), &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	assert_int_equal(open_api(&f->made.gw, &error), 0);
	sched_getaffinity(0, sizeof(after), &after);
	assert_memory_equal(&after, &one, sizeof(one));
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	assert_false(sigismember(&mask, SIGUSR1));

	DIR *tasks = opendir("/proc/self/task");
	for (struct dirent *task; (task = readdir(tasks));) {
		pid_t thread = atoi(task->d_name);
		cpu_set_t cores;

		if (thread == 0 || thread == getpid())
			continue;
		assert_true(blocked_signals(thread) & 1ull << (SIGTERM - 1));
		assert_int_equal(sched_getaffinity(thread, sizeof(cores), &cores), 0);
		assert_true(CPU_COUNT(&cores) >= CPU_COUNT(&before));
	}
	closedir(tasks);
	assert_int_equal(count_threads(), threads + 3 + JOBS_THREADS);
	sched_setaffinity(0, sizeof(before), &before);
}

static void a_replay_has_no_api(void **state)
{
	struct server_fixture *f = *state;
	struct gw_replay replay = {0};
	struct gw_error error;
	void *none = NULL;

	f->made.gw.replay = &replay;
	assert_int_equal(mgmt_service.open(&f->made.gw, &none, &error), 0);
	assert_null(none);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_route_of_ours_answers),
		TEST(stages_answer_on_routes_of_their_own),
		TEST(the_errors_of_a_handler_become_http),
		TEST(wrong_paths_are_not_found),
		TEST(broken_escapes_are_bad_requests),
		TEST(names_are_decoded),
		TEST(how_packets_come_is_told_as_it_is),
		TEST(wrong_methods_hear_which_are_right),
		TEST(head_and_options_have_no_body),
		TEST(a_large_body_is_refused),
		TEST(a_body_is_handed_to_the_route_that_takes_one),
		TEST(a_body_that_is_no_json_is_told_where),
		TEST(what_is_said_of_a_body_is_about_json_and_not_about_the_library),
		TEST(who_asks_is_the_user_at_the_other_end),
		TEST(the_description_is_served_as_it_stands),
		TEST(a_trouble_makes_the_status_unwell),
		TEST(a_slow_route_holds_up_nobody),
		TEST(one_slow_request_too_many_is_refused),
		TEST(a_client_that_goes_away_takes_nothing_with_it),
		TEST(a_slow_request_that_listens_ends_with_the_gateway),
		TEST(one_that_does_not_is_left_behind_in_time),
		TEST(audit_tells_a_leak),
		TEST(drops_are_all_named_and_add_up),
		TEST(busy_is_what_the_idle_policy_lets_tell),
		TEST(secrets_stay_out_of_the_configuration),
		TEST(the_socket_is_for_owner_and_group),
		TEST(a_second_gateway_is_refused_and_the_first_goes_on),
		TEST(the_socket_of_a_dead_gateway_is_replaced),
		TEST(a_file_that_is_no_socket_is_left_alone),
		TEST(a_missing_directory_is_made),
		TEST(its_threads_take_no_signals_and_are_not_pinned),
		TEST(a_replay_has_no_api),
	};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	curl_global_cleanup();
	return failed;
}
