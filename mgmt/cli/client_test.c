/* gwctl's requests, answered by the real server of a gateway made by hand. */
#include "mgmt/cli/client.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/test.h"
#include "mgmt/handmade.h"
#include "mgmt/mgmt.h"

struct client_fixture {
	struct handmade made;
	struct cli cli;
};

static int set_up(void **state)
{
	struct client_fixture *f = calloc(1, sizeof(*f));
	struct gw_service *service = &f->made.gw.services[0];

	handmade_open(&f->made);
	f->made.gw.service_count = 1;
	service->ops = &mgmt_service;
	assert_int_equal(mgmt_service.open(&f->made.gw, &service->state, NULL), 0);
	assert_int_equal(mgmt_service.start(service->state, NULL), 0);
	f->cli = (struct cli){.socket = f->made.socket, .out = stdout};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct client_fixture *f = *state;
	void *service = f->made.gw.services[0].state;

	client_close(&f->cli);
	assert_true(mgmt_service.stop(service));
	mgmt_service.close(service);
	handmade_close(&f->made);
	free(f);
	return 0;
}

static void a_body_arrives_and_the_next_request_has_none(void **state)
{
	struct client_fixture *f = *state;
	json_t *body = json_pack("{s:[i, i]}", "quota", 7, 8), *reply;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			client_send(&f->cli, "PATCH", CLIENT_PATH("echo"), body, &reply), CLI_WELL);
		assert_true(json_equal(json_object_get(reply, "body"), body));
		json_decref(reply);
		assert_int_equal(
			client_send(&f->cli, "PATCH", CLIENT_PATH("echo"), NULL, &reply), CLI_WELL);
		assert_true(json_is_null(json_object_get(reply, "body")));
		json_decref(reply);
		/* A GET with a body would be refused. */
		assert_int_equal(client_get(&f->cli, "version", &reply), CLI_WELL);
		json_decref(reply);
	}
	json_decref(body);
}

static void every_method_and_every_name_gets_through(void **state)
{
	struct client_fixture *f = *state;
	json_t *reply;

	assert_int_equal(client_send(&f->cli, "GET", CLIENT_PATH("cameras", "cam/1"), NULL, &reply),
		CLI_WELL);
	assert_string_equal(json_string_value(json_object_get(reply, "name")), "cam/1");
	json_decref(reply);
	assert_int_equal(client_send(&f->cli, "POST", CLIENT_PATH("cameras", "cam0", "sample"),
				 NULL, &reply),
		CLI_WELL);
	json_decref(reply);
	/* 204: nothing to say, and well. */
	assert_int_equal(
		client_send(&f->cli, "DELETE", CLIENT_PATH("echo", "a thing/with %"), NULL, &reply),
		CLI_WELL);
	assert_int_equal(json_object_size(reply), 0);
	json_decref(reply);
	assert_int_equal(
		client_send(&f->cli, "DELETE", CLIENT_PATH("echo", "nosuch"), NULL, &reply),
		CLI_NOT_WELL);
	assert_null(reply);
	assert_int_equal(client_send_slow(&f->cli, "PUT", CLIENT_PATH("slow", "50"), NULL, &reply),
		CLI_WELL);
	assert_string_equal(json_string_value(json_object_get(reply, "slept")), "50");
	json_decref(reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_body_arrives_and_the_next_request_has_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			every_method_and_every_name_gets_through, set_up, tear_down),
	};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	curl_global_cleanup();
	return failed;
}
