/* Cameras with a `url`: what the file says of them, and what their session says. */
#include "core/config/test_configs.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "core/config/camera.h"
#include "core/config/json.h"
#include "core/config/learned.h"

static struct gw_camera_config *parsed(const char *text)
{
	struct gw_camera_config *camera;
	struct gw_error error;

	if (gw_config_camera_parse(text, strlen(text), "camera", &camera, &error) != 0)
		fail_msg("refused: %s", error.text);
	return camera;
}

static void refused(const char *text, const char *line)
{
	struct gw_camera_config *camera;
	struct gw_error error;

	assert_int_not_equal(
		gw_config_camera_parse(text, strlen(text), "camera", &camera, &error), 0);
	assert_string_equal(error.text, line);
}

static struct gw_learned said(void)
{
	struct gw_learned learned = {
		.port = 50000,
		.payload_type = 96,
		.width = 640,
		.height = 480,
	};

	learned.source.family = learned.destination.family = AF_INET;
	inet_pton(AF_INET, "192.0.2.11", learned.source.bytes);
	inet_pton(AF_INET, "192.0.2.1", learned.destination.bytes);
	return learned;
}

static void a_url_stands_in_place_of_addresses(void **state)
{
	struct gw_camera_config *camera = parsed("{name: a, url: 'rtsp://192.0.2.11/s', user: u, "
						 "password_file: /x, transport: udp}");

	assert_false(gw_camera_has_media(camera));
	assert_false(gw_camera_is_of_records(camera));
	assert_int_equal(camera->transport, GW_TRANSPORT_UDP);
	gw_config_camera_free(camera);
	refused("{name: a, url: 'rtsp://h/s', port: 5004}",
		"camera:1:36: port: a camera with a url says this itself: leave it out");
	refused("{name: a, url: 'rtsp://h/s', password_env: X}",
		"camera:1:1: user: is missing: whose password is it?");
	refused("{name: a, url: 'rtsp://h/s', user: u, password_env: X, password_file: /x}",
		"camera:1:53: password_env: the password is in a file or in the environment: give "
		"one of both");
	refused("{name: a, url: 'rtsp://u:hunter2@h/s'}",
		"camera:1:16: url: holds a user or a password: give `user`, and `password_file` or "
		"`password_env`");
	refused("{name: a, source: 10.0.0.1, destination: 10.0.0.2, port: 1, user: x}",
		"camera:1:67: user: belongs to a camera with a url: add that, or leave this out");
	refused("{name: a, url: {hunter2: x}}",
		"camera:1:16: 'url' must be text of 1 to 1023 characters");
}

#define SHA256 \
	"E5:EC:F3:FA:01:08:0F:16:1D:24:2B:32:39:40:47:4E:" \
	"55:5C:63:6A:71:78:7F:86:8D:94:9B:A2:A9:B0:B7:BE"

static void a_certificate_belongs_to_a_url_within_tls(void **state)
{
	struct gw_camera_config *camera =
		parsed("{name: a, url: 'rtsps://h/s', tls_fingerprint: '" SHA256 "'}");
	struct gw_camera_config *another = parsed("{name: a, url: 'rtsps://h/s', tls_ca_file: /x}");
	struct gw_camera_config *copy = gw_config_camera_copy(camera);

	assert_string_equal(camera->tls_fingerprint, SHA256);
	assert_true(gw_camera_same_session(camera, copy));
	assert_false(gw_camera_same_session(camera, another));
	gw_config_camera_free(camera);
	gw_config_camera_free(another);
	gw_config_camera_free(copy);
	refused("{name: a, url: 'rtsp://h/s', tls_ca_file: /x}",
		"camera:1:43: tls_ca_file: belongs to a url that begins with rtsps://: RTSP "
		"without TLS has no certificate");
	refused("{name: a, url: 'rtsps://h/s', tls_ca_file: /x, tls_fingerprint: '" SHA256 "'}",
		"camera:1:65: tls_fingerprint: one certificate is believed, or all that an "
		"authority signed: give tls_fingerprint or tls_ca_file");
	refused("{name: a, url: 'rtsps://h/s', tls_fingerprint: "
		"'X5:EC:F3:FA:01:08:0F:16:1D:24:2B:32:39:40:47:4E:"
		"55:5C:63:6A:71:78:7F:86:8D:94:9B:A2:A9:B0:B7:BE'}",
		"camera:1:48: tls_fingerprint: is no fingerprint: give SHA-256, 64 hexadecimal "
		"digits, as `gwctl camera probe` says it");
	refused("{name: a, source: 10.0.0.1, destination: 10.0.0.2, port: 1, tls_ca_file: /x}",
		"camera:1:74: tls_ca_file: belongs to a camera with a url: add that, or leave this "
		"out");
}

static void what_was_learned_is_never_stored(void **state)
{
	struct gw_camera_config *camera = parsed("{name: a, url: 'rtsp://192.0.2.11/s'}");
	const struct gw_learned learned = said();
	json_t *before = gw_config_camera_json(camera);

	assert_int_equal(gw_camera_learn(camera, &learned), 0);
	assert_true(gw_camera_has_media(camera));
	assert_string_equal(camera->source, "192.0.2.11");
	assert_int_equal(camera->width, 640);
	json_t *after = gw_config_camera_json(camera);

	assert_true(json_equal(before, after));
	assert_null(json_object_get(after, "port"));
	json_decref(before);
	json_decref(after);
	gw_config_camera_free(camera);
}

static void a_size_of_the_file_stays(void **state)
{
	struct gw_camera_config *camera =
		parsed("{name: a, url: 'rtsp://h/s', width: 1920, height: 1080}");
	const struct gw_learned learned = said();

	assert_int_equal(gw_camera_learn(camera, &learned), 0);
	assert_int_equal(camera->width, 1920);
	assert_false(camera->learned_size);
	gw_config_camera_free(camera);
}

static void one_that_is_read_anew_keeps_what_its_session_said(void **state)
{
	struct gw_camera_config *was = parsed("{name: a, url: 'rtsp://h/s'}");
	struct gw_camera_config *is = parsed("{name: a, url: 'rtsp://h/s', quota: 3}");
	struct gw_camera_config *other = parsed("{name: a, url: 'rtsp://h/s', user: anna}");
	const struct gw_learned learned = said();

	assert_int_equal(gw_camera_learn(was, &learned), 0);
	assert_true(gw_camera_same_session(is, was));
	assert_false(gw_camera_same_session(other, was));
	assert_int_equal(gw_camera_keep_learned(is, was), 0);
	assert_int_equal(is->port, 50000);
	assert_int_equal(*is->payload_type, 96);
	assert_int_equal(is->height, 480);
	assert_true(is->learned_size);
	gw_config_camera_free(was);
	gw_config_camera_free(is);
	gw_config_camera_free(other);
}

static void what_was_learned_is_forgotten(void **state)
{
	struct gw_camera_config *camera = parsed("{name: a, url: 'rtsp://h/s'}");
	struct gw_learned learned = said();

	learned.is_within = true;
	learned.srtp_key.is_set = true;
	assert_int_equal(gw_camera_learn(camera, &learned), 0);
	gw_camera_forget(camera);
	assert_false(gw_camera_has_media(camera));
	assert_false(camera->is_within || camera->srtp_key.is_set);
	assert_null(camera->source);
	assert_int_equal(camera->width, 640);
	assert_int_equal(gw_camera_learn(camera, &learned), 0);
	assert_string_equal(camera->destination, "192.0.2.1");
	gw_config_camera_free(camera);
}

static void a_port_of_tcp_is_none_of_udp(void **state)
{
	struct gw_camera_config *a = parsed("{name: a, url: 'rtsp://h/s'}");
	struct gw_camera_config *b = parsed("{name: b, url: 'rtsp://h:555/s'}");
	struct gw_learned learned = said();
	struct gw_error reason;

	assert_int_equal(gw_camera_learn(a, &learned), 0);
	assert_int_equal(gw_camera_learn(b, &learned), 0);
	assert_string_equal(gw_config_camera_conflict(a, b, &reason), "port");
	learned.is_within = true;
	assert_int_equal(gw_camera_learn(b, &learned), 0);
	assert_null(gw_config_camera_conflict(a, b, &reason));
	gw_camera_forget(b);
	assert_null(gw_config_camera_conflict(a, b, &reason));
	gw_config_camera_free(a);
	gw_config_camera_free(b);
}

static void several_that_have_said_nothing_are_no_conflict(void **state)
{
	gw_config_free(test_config("cameras:\n"
				   "  - {name: a, url: 'rtsp://h/s'}\n"
				   "  - {name: b, url: 'rtsp://h/s'}\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_stands_in_place_of_addresses),
		cmocka_unit_test(a_certificate_belongs_to_a_url_within_tls),
		cmocka_unit_test(what_was_learned_is_never_stored),
		cmocka_unit_test(a_size_of_the_file_stays),
		cmocka_unit_test(one_that_is_read_anew_keeps_what_its_session_said),
		cmocka_unit_test(what_was_learned_is_forgotten),
		cmocka_unit_test(a_port_of_tcp_is_none_of_udp),
		cmocka_unit_test(several_that_have_said_nothing_are_no_conflict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
