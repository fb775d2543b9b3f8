/* What systemd hears of reloads and of how the gateway is. */
#include "gwd/service_manager.h"

#include "core/test.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/api.h"
#include "core/clock.h"
#include "core/test_gateway.h"

#define YAML \
	"interfaces: [{name: lan0, device: net_null0}]\n" \
	"cameras: [{name: a, source: 10.0.0.1, destination: 10.0.0.2, port: 1}]\n"

struct manager {
	struct sockaddr_un address;
	int fd;
	char said[512];
};

static int begin(void **state)
{
	struct manager *m = calloc(1, sizeof(*m));

	m->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	m->address.sun_family = AF_UNIX;
	snprintf(m->address.sun_path, sizeof(m->address.sun_path), "/tmp/framegate-manager-%d",
		(int)getpid());
	unlink(m->address.sun_path);
	if (bind(m->fd, (struct sockaddr *)&m->address, sizeof(m->address)) != 0)
		return -1;
	setenv("NOTIFY_SOCKET", m->address.sun_path, 1);
	*state = m;
	return 0;
}

static int end(void **state)
{
	struct manager *m = *state;

	unsetenv("NOTIFY_SOCKET");
	unlink(m->address.sun_path);
	close(m->fd);
	free(m);
	return 0;
}

/* The next message; "" when there is none. */
static const char *heard(struct manager *m)
{
	const ssize_t size = recv(m->fd, m->said, sizeof(m->said) - 1, 0);

	m->said[size > 0 ? size : 0] = '\0';
	return m->said;
}

static void a_reload_is_told_with_its_time(void **state)
{
	struct manager *m = *state;
	const int64_t before = gw_now() / 1000;
	int64_t us = 0;

	service_manager_reloading();
	assert_int_equal(sscanf(heard(m), "RELOADING=1\nMONOTONIC_USEC=%" SCNd64, &us), 1);
	assert_true(us >= before && us <= gw_now() / 1000);
	service_manager_reloaded();
	assert_string_equal(heard(m), "READY=1");
}

static const char *status_text;

static int toy_status(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	reply->json = json_loads(status_text, 0, NULL);
	return 200;
}

static int toy_open(struct gw_stage *stage, struct gw_error *error)
{
	return 0;
}

static void toy_close(struct gw_stage *stage)
{
}

static const struct gw_api_route routes[] = {
	{GW_ROLE_VIEWER, "GET", "status", "the state", .handle = toy_status}, {0}};
static const struct gw_stage_ops toy = {
	.name = "rx", .open = toy_open, .close = toy_close, .routes = routes};

static void the_status_is_told_every_five_seconds(void **state)
{
	struct manager *m = *state;
	struct gw_error error;
	struct gw gw;
	int64_t now = gw_now();

	if (test_gateway_open(&gw, YAML, NULL, GW_STAGE_RX, &toy, &error) != 0)
		fail_msg("%s", error.text);
	status_text = "{\"cameras\": 3, \"cameras_live\": 2, \"fps\": 20.0, \"kafka\": {\"state\": "
		      "\"up\"}, \"troubles\": [{\"id\": \"clock\", \"severity\": \"notice\"}]}";
	service_manager_upkeep(&gw, now);
	assert_string_equal(heard(m), "STATUS=ready; 2 of 3 cameras live, 20.0 frames/s");
	service_manager_upkeep(&gw, now + GW_NS_PER_S);
	assert_string_equal(heard(m), "");
	status_text = "{\"cameras\": 3, \"cameras_live\": 2, \"fps\": 0.0, \"kafka\": {\"state\": "
		      "\"up\"}, \"troubles\": [{\"id\": \"overload\", \"severity\": \"degraded\"}, "
		      "{\"id\": \"port.lan0.down\", \"severity\": \"failed\"}]}";
	service_manager_upkeep(&gw, now + 5 * GW_NS_PER_S);
	assert_string_equal(
		heard(m), "STATUS=not well: port.lan0.down; 2 of 3 cameras live, 0.0 frames/s");
	status_text = "{\"cameras\": 0, \"kafka\": {\"state\": \"connecting\"}}";
	service_manager_upkeep(&gw, now + 10 * GW_NS_PER_S);
	assert_non_null(strstr(heard(m), "STATUS=not well: results are not delivered; 0 of 0"));
	test_gateway_close(&gw);
}

static void what_is_read_at_a_start_for_long_is_waited_for(void **state)
{
	struct manager *m = *state;
	struct gw gw = {.start = gw_now()};

	service_manager_reading(&gw, "results", 1, 4);
	assert_string_equal(heard(m), "");
	gw.start -= 10 * GW_NS_PER_S;
	service_manager_reading(&gw, "results", 1, 4);
	assert_string_equal(
		heard(m), "EXTEND_TIMEOUT_USEC=300000000\nSTATUS=starting: results are read: 25 %");
	service_manager_reading(&gw, "results", 2, 4);
	assert_string_equal(heard(m), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_reload_is_told_with_its_time, begin, end),
		cmocka_unit_test_setup_teardown(
			what_is_read_at_a_start_for_long_is_waited_for, begin, end),
		cmocka_unit_test_setup_teardown(the_status_is_told_every_five_seconds, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
