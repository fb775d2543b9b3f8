/* One camera alone, and many together. */
#include "core/config/test_configs.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/config/camera.h"
#include "core/config/json.h"

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
	assert_null(camera);
	assert_string_equal(error.text, line);
}

#define ADDRESSES "source: 10.0.0.1, destination: 10.0.0.2"

static void yaml_and_json_are_read_alike(void **state)
{
	struct gw_camera_config *yaml = parsed(
		"name: a\nsource: 10.0.0.1\ndestination: 10.0.0.2\nport: 5004\nconceal: true\n");
	struct gw_camera_config *json =
		parsed("{\"name\":\"a\",\"source\":\"10.0.0.1\",\"destination\":\"10.0.0.2\","
		       "\"port\":5004,\n\t\"conceal\":true}");
	json_t *a = gw_config_camera_json(yaml), *b = gw_config_camera_json(json);

	assert_true(json_equal(a, b));
	assert_int_equal(json->quota, 8);
	assert_memory_equal(json->source_address.bytes, "\x0a\0\0\1", 4);
	json_decref(a);
	json_decref(b);
	gw_config_camera_free(yaml);
	gw_config_camera_free(json);
}

static void it_is_refused_as_it_would_be_in_the_file(void **state)
{
	refused("", "camera: the file is empty");
	refused("{name: a, " ADDRESSES ", port: 1, colour: blue}",
		"camera:1:61: unknown key 'colour' (known here: name, source, destination, port, "
		"url, user, password_file, password_env, tls_ca_file, tls_fingerprint, transport, "
		"ssrc, payload_type, width, "
		"height, conceal, srtp, rtcp, orientation, rotate, range, model, plan, region, "
		"quota)");
	refused("{name: a, " ADDRESSES "}",
		"camera:1:1: port: is missing: a camera has source, "
		"destination and port, or a url");
	refused("{name: a, " ADDRESSES ", port: 70000}",
		"camera:1:58: 'port' must be a whole number from 1 to 65535, not '70000'");
	refused("{name: a, source: 10.0.0.1, destination: '::1', port: 1}",
		"camera:1:42: destination: source and destination must both be IPv4 or both IPv6");
	refused("{name: a/b, " ADDRESSES ", port: 1}",
		"camera:1:8: name: 'a/b' is not a name: use letters, digits, '.', '_' and '-'");
	refused("{name: frames.jsonl, " ADDRESSES ", port: 1}",
		"camera:1:8: name: 'frames.jsonl' is a file that is written beside the cameras' "
		"folders: choose another name");
	refused("{name: stats.json, " ADDRESSES ", port: 1}",
		"camera:1:8: name: 'stats.json' is a file that is written beside the cameras' "
		"folders: choose another name");
	refused("{name: a, " ADDRESSES ", port: 1, quota: 65}",
		"camera:1:68: quota: must be at most 64 frames");
	refused("{name: a, " ADDRESSES ", port: 1, rotate: 45}",
		"camera:1:69: rotate: must be 0, 90, 180 or 270 degrees clockwise, not 45");
	refused("{name: a, " ADDRESSES ", port: 1, range: wide}",
		"camera:1:68: 'range' must be full or limited, not 'wide'");
	refused("[1, 2]", "camera:1:1: 'the text' must be a mapping ('key: value')");
}

static const char full[] =
	"{name: a, source: '::1', destination: '::2', port: 1, ssrc: 7, payload_type: 99,\n"
	" width: 16, height: 8, conceal: true, rtcp: false, orientation: ignore,\n"
	" srtp: {suite: AES_CM_128_HMAC_SHA1_80, key_file: /k}, rotate: 270, range: limited, "
	"model: 'm:3', region: {x: 1}, "
	"quota: "
	"3}";

static void a_copy_is_whole_and_stands_alone(void **state)
{
	struct gw_camera_config *camera = parsed(full),
				*bare = parsed("{name: b, " ADDRESSES ", port: 2}");
	struct gw_camera_config *copy = gw_config_camera_copy(camera);
	struct gw_camera_config *bare_copy = gw_config_camera_copy(bare);
	json_t *before = gw_config_camera_json(camera), *bare_before = gw_config_camera_json(bare);

	gw_config_camera_free(camera);
	gw_config_camera_free(bare);
	json_t *after = gw_config_camera_json(copy), *bare_after = gw_config_camera_json(bare_copy);

	assert_true(json_equal(before, after));
	assert_true(json_equal(bare_before, bare_after));
	assert_int_equal(copy->source_address.bytes[15], 1);
	json_decref(before);
	json_decref(after);
	json_decref(bare_before);
	json_decref(bare_after);
	gw_config_camera_free(copy);
	gw_config_camera_free(bare_copy);
}

static void its_json_is_read_again(void **state)
{
	struct gw_camera_config *camera = parsed(full);
	json_t *json = gw_config_camera_json(camera);
	char *text = json_dumps(json, 0);
	struct gw_camera_config *again = parsed(text);
	json_t *json_again = gw_config_camera_json(again);

	assert_true(json_equal(json, json_again));
	free(text);
	json_decref(json);
	json_decref(json_again);
	gw_config_camera_free(camera);
	gw_config_camera_free(again);
}

static void assert_conflict(const char *a_text, const char *b_text, const char *key)
{
	struct gw_camera_config *a = parsed(a_text), *b = parsed(b_text);
	struct gw_error reason = {0};
	const char *found = gw_config_camera_conflict(a, b, &reason);

	if (key) {
		assert_non_null(found);
		assert_string_equal(found, key);
		assert_true(reason.text[0] != '\0');
	} else {
		assert_null(found);
	}
	gw_config_camera_free(a);
	gw_config_camera_free(b);
}

static void two_cameras_need_names_and_streams_of_their_own(void **state)
{
	assert_conflict(
		"{name: a, " ADDRESSES ", port: 1}", "{name: a, " ADDRESSES ", port: 2}", "name");
	assert_conflict(
		"{name: a, " ADDRESSES ", port: 1}", "{name: b, " ADDRESSES ", port: 1}", "port");
	assert_conflict("{name: a, " ADDRESSES ", port: 1, ssrc: 1}",
		"{name: b, " ADDRESSES ", port: 1}", "port");
	assert_conflict("{name: a, " ADDRESSES ", port: 1, ssrc: 1}",
		"{name: b, " ADDRESSES ", port: 1, ssrc: 2}", NULL);
	assert_conflict(
		"{name: a, " ADDRESSES ", port: 1}", "{name: b, " ADDRESSES ", port: 2}", NULL);
}

/* Any number of them are made for the keys of records. */
static void cameras_without_media_are_in_nobodys_way(void **state)
{
	struct gw_camera_config *a = parsed("{name: a, " ADDRESSES ", port: 1}");
	struct gw_camera_config *b = parsed("{name: b, " ADDRESSES ", port: 1}");
	struct gw_error reason = {0};

	a->port = b->port = 0;
	assert_null(gw_config_camera_conflict(a, b, &reason));
	gw_config_camera_free(a);
	gw_config_camera_free(b);
}

/* `count` cameras on one address with an SSRC each; then the lines of `more`. Released by the
 * caller. */
static char *many(uint32_t count, const char *more)
{
	char *text;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	fputs("cameras:\n", stream);
	for (uint32_t i = 0; i < count; i++)
		fprintf(stream, "  - {name: c%u, " ADDRESSES ", port: 1, ssrc: %u}\n", i, i);
	fputs(more, stream);
	fclose(stream);
	return text;
}

static void assert_many_refused(uint32_t count, const char *more, const char *line)
{
	struct gw_config *config;
	struct gw_error error;
	char *text = many(count, more);

	assert_int_not_equal(gw_config_parse(text, strlen(text), &config, &error), 0);
	assert_string_equal(error.text, line);
	free(text);
}

static void so_many_cameras_are_loaded_in_a_moment(void **state)
{
	char *text = many(GW_CAMERAS, "");
	const int64_t start = gw_now();
	struct gw_config *config = test_config(text);

	/* Some 100 ms; with each compared to each, seconds. */
	print_message(
		"%u cameras: %lld ms\n", config->cameras_count, (gw_now() - start) / GW_NS_PER_MS);
	assert_int_equal(config->cameras_count, GW_CAMERAS);
	gw_config_free(config);
	free(text);
}

static void the_first_camera_in_the_way_of_another_is_named(void **state)
{
	assert_many_refused(100,
		"  - {name: c7, " ADDRESSES ", port: 2}\n"
		"  - {name: c8, " ADDRESSES ", port: 3}\n",
		"configuration:102:12: cameras[100].name: 'c7' is taken: every camera needs a name "
		"of its own");
	assert_many_refused(100,
		"  - {name: x, " ADDRESSES ", port: 1, ssrc: 42}\n"
		"  - {name: c8, " ADDRESSES ", port: 3}\n",
		"configuration:102:62: cameras[100].port: 'x' would receive the same packets as "
		"'c42': change source, destination, port or ssrc");
	assert_many_refused(100, "  - {name: x, " ADDRESSES ", port: 1}\n",
		"configuration:102:62: cameras[100].port: 'x' would receive the same packets as "
		"'c0': give 'x' an ssrc too, or change source, destination or port");
	assert_many_refused(1,
		"  - {name: y, " ADDRESSES ", port: 2}\n"
		"  - {name: z, " ADDRESSES ", port: 2, ssrc: 5}\n",
		"configuration:4:62: cameras[2].port: 'z' would receive the same packets as 'y': "
		"give 'y' an ssrc too, or change source, destination or port");
}

static void one_camera_too_many_names_the_bound(void **state)
{
	assert_many_refused(GW_CAMERAS + 1, "",
		"configuration:2:3: 'cameras' holds 4097 entries: at most 4096");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(yaml_and_json_are_read_alike),
		cmocka_unit_test(it_is_refused_as_it_would_be_in_the_file),
		cmocka_unit_test(a_copy_is_whole_and_stands_alone),
		cmocka_unit_test(its_json_is_read_again),
		cmocka_unit_test(two_cameras_need_names_and_streams_of_their_own),
		cmocka_unit_test(cameras_without_media_are_in_nobodys_way),
		cmocka_unit_test(so_many_cameras_are_loaded_in_a_moment),
		cmocka_unit_test(the_first_camera_in_the_way_of_another_is_named),
		cmocka_unit_test(one_camera_too_many_names_the_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
