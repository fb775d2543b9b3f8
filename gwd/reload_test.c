/* What a changed file does to a running gateway, and what it says about it. */
#include "core/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "core/test_gateway.h"
#include "core/test_log.h"
#include "gwd/gateway.h"

#define BEFORE \
	"cores: {rx: [0]}\n" \
	"log: {level: info, to: stderr}\n" \
	"interfaces: [{name: lan0, device: net_null0}]\n" \
	"cameras: [{name: a, source: 10.0.0.1, destination: 10.0.0.2, port: 1}]\n" \
	"frames: {classes: [{width: 16, height: 16, count: 7}]}\n" \
	"kafka: {frames: {every: 10}}\n"

struct reload {
	char path[64];
	struct gw gw;
	struct test_log log;
};

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int toy_open(struct gw_stage *stage, struct gw_error *error)
{
	return 0;
}

static void toy_close(struct gw_stage *stage)
{
}

/* Cameras whose names begin with "odd" cannot be prepared. */
static int toy_prepare(struct gw_stage *stage, struct gw_camera *is, const struct gw_camera *was,
	struct gw_error *error)
{
	if (strncmp(is->config->name, "odd", 3) == 0)
		return gw_error_set(error, -EIO, "it is odd");
	return 0;
}

static const struct gw_stage_ops toy = {
	.name = "rx", .open = toy_open, .close = toy_close, .camera_prepare = toy_prepare};

static int begin(void **state)
{
	struct reload *r = calloc(1, sizeof(*r));
	struct gw_error error;

	snprintf(r->path, sizeof(r->path), "/tmp/framegate-reload-%d.yaml", (int)getpid());
	if (test_gateway_open(&r->gw, BEFORE, NULL, GW_STAGE_RX, &toy, &error) != 0)
		fail_msg("%s", error.text);
	r->gw.config_path = r->path;
	gw_log_open(GW_LOG_STDERR, GW_LOG_INFO);
	test_log_begin(&r->log);
	*state = r;
	return 0;
}

static int end(void **state)
{
	struct reload *r = *state;

	char command[192];

	test_log_end(&r->log);
	test_gateway_close(&r->gw);
	snprintf(command, sizeof(command), "rm -rf %s %s.history", r->path, r->path);
	const int status = system(command);

	free(r);
	return status;
}

/* Reloads what lies there; the log must then hold the words, and say nothing more than so many
 * lines. */
static void reload_file(struct reload *r, uint32_t lines, const char *words)
{
	uint32_t count = 0;

	gw_reload(&r->gw);
	const char *said = test_log_said(&r->log);

	for (size_t i = 0; said[i]; i++)
		count += said[i] == '\n';
	assert_int_equal(count, lines);
	if (words && !strstr(said, words))
		fail_msg("'%s' is not in: %s", words, said);
}

static void reload(struct reload *r, const char *text, uint32_t lines, const char *words)
{
	write_file(r->path, text);
	reload_file(r, lines, words);
}

static void the_same_file_changes_nothing_and_says_nothing(void **state)
{
	reload(*state, BEFORE, 0, NULL);
}

static void the_sampling_rate_applies_at_once(void **state)
{
	struct reload *r = *state;

	reload(r, BEFORE "", 0, NULL);
	reload(r,
		"interfaces: [{name: lan0, device: net_null0}]\n"
		"cores: {rx: [0]}\n"
		"log: {level: info, to: stderr}\n"
		"cameras: [{name: a, source: 10.0.0.1, destination: 10.0.0.2, port: 1}]\n"
		"frames: {classes: [{width: 16, height: 16, count: 7}]}\n"
		"kafka: {frames: {every: 3, disagreement: 0.25}}\n",
		2, "applied: `kafka.frames.every` (3), `kafka.frames.disagreement` (0.25)");
	assert_int_equal(r->gw.cameras->slot[0].sample_every, 3);
	assert_true(r->gw.cameras->slot[0].sample_disagreement == 0.25f);
}

#define SAME_BUT_CAMERAS \
	"cores: {rx: [0]}\n" \
	"log: {level: info, to: stderr}\n" \
	"interfaces: [{name: lan0, device: net_null0}]\n" \
	"frames: {classes: [{width: 16, height: 16, count: 7}]}\n" \
	"kafka: {frames: {every: 10}}\n"

static void what_needs_a_restart_is_named(void **state)
{
	static const char after[] =
		"log: {level: info, to: stderr}\n"
		"cameras: [{name: b, source: 10.0.0.1, destination: 10.0.0.2, port: 1}]\n"
		"frames: {classes: [{width: 16, height: 16, count: 8}]}\n"
		"decode: {workers: 2}\n"
		"kafka: {brokers: '127.0.0.1:1', frames: {every: 10}}\n"
		"api: {socket: /tmp/other}\n";
	static const char *const lines[] = {
		"`cores.rx` was removed: restart gwd to apply it",
		"`interfaces[lan0]` was removed: restart gwd to apply it",
		"`frames.classes[0].count` changed from 7 to 8: restart gwd to apply it",
		"`decode.workers` changed from 1 to 2: restart gwd to apply it",
		"`kafka.brokers` was added: restart gwd to apply it",
		"`api.socket` changed from /run/framegate/api.sock to /tmp/other: restart gwd",
	};
	const uint32_t count = sizeof(lines) / sizeof(lines[0]) + 1;

	reload(*state, after, count + 1, "applied: `cameras` (1 added, 0 changed, 1 removed)");
	for (uint32_t i = 0; i < count - 1; i++)
		reload(*state, after, count - 1, lines[i]);
}

/* The file with these cameras; the log must hold the words, in so many lines. */
static void reload_cameras(struct reload *r, const char *cameras, uint32_t lines, const char *words)
{
	char text[2048];

	snprintf(text, sizeof(text), SAME_BUT_CAMERAS "cameras:\n%s", cameras);
	reload(r, text, lines, words);
}

#define CAMERA(name, port) \
	"  - {name: " name ", source: 10.0.0.1, destination: 10.0.0.2, port: " port "}\n"

static uint16_t port_of(const struct reload *r, const char *name)
{
	const uint32_t id = gw_camera_find(&r->gw, name);

	return id == GW_NO_CAMERA ? 0 : gw_camera_now(&r->gw, id)->config->port;
}

static void cameras_come_change_and_go(void **state)
{
	struct reload *r = *state;

	reload_cameras(r, CAMERA("a", "2") CAMERA("b", "1"), 2,
		"applied: `cameras` (1 added, 1 changed, 0 removed)");
	assert_int_equal(port_of(r, "a"), 2);
	assert_int_equal(port_of(r, "b"), 1);
	reload_cameras(r, CAMERA("b", "1") CAMERA("a", "2"), 0, NULL);
	/* Each where the next one was: they make room for each other. */
	reload_cameras(r, CAMERA("a", "1") CAMERA("b", "3") CAMERA("c", "2"), 2,
		"applied: `cameras` (1 added, 2 changed, 0 removed)");
	assert_int_equal(port_of(r, "a"), 1);
	reload(r, SAME_BUT_CAMERAS, 2, "applied: `cameras` (0 added, 0 changed, 3 removed)");
	assert_int_equal(r->gw.cameras->count, 0);
}

static void it_is_the_cameras_that_there_are_which_count(void **state)
{
	struct reload *r = *state;
	struct gw_error error;

	assert_int_equal(gw_camera_remove(&r->gw, "a", &error), 0);
	reload(r, BEFORE, 2, "applied: `cameras` (1 added, 0 changed, 0 removed)");
	reload(r, BEFORE, 0, NULL);
}

/* No file names those that were made for the keys of records. */
static void cameras_of_records_stay(void **state)
{
	struct reload *r = *state;
	char name[] = "made", topic[] = "pictures", nowhere[] = "";
	const struct gw_camera_config made = {
		.name = name, .source = topic, .destination = nowhere, .quota = 1};
	struct gw_error error;

	assert_int_equal(gw_camera_put(&r->gw, &made, &error), 0);
	reload(r, BEFORE, 0, NULL);
	reload(r, SAME_BUT_CAMERAS, 2, "applied: `cameras` (0 added, 0 changed, 1 removed)");
	assert_int_not_equal(gw_camera_find(&r->gw, "made"), GW_NO_CAMERA);
}

static void what_cannot_be_applied_whole_is_not_applied(void **state)
{
	struct reload *r = *state;

	reload_cameras(r, CAMERA("odd", "5") CAMERA("b", "2"), 2,
		"nothing was changed: camera odd: it is odd");
	assert_int_equal(port_of(r, "a"), 1);
	assert_int_equal(port_of(r, "b"), 0);
	/* Two that change places stand in each other's way. */
	reload_cameras(r, CAMERA("b", "2") CAMERA("c", "3"), 2, NULL);
	reload_cameras(r, CAMERA("b", "3") CAMERA("c", "2") CAMERA("d", "4"), 2,
		"nothing was changed: camera b: 'b' would receive the same packets as 'c'");
	assert_int_equal(port_of(r, "b"), 2);
	assert_int_equal(port_of(r, "d"), 0);
}

static void who_sent_the_signal_is_kept(void **state)
{
	struct reload *r = *state;

	r->gw.hangup_uid = 4242;
	reload_cameras(r, CAMERA("a", "2"), 2, "commit 2 by uid 4242, from SIGHUP");
	reload_cameras(r, CAMERA("a", "3"), 2, "commit 3 by uid 4242, from SIGHUP");
}

static void a_fifo_in_place_of_the_file_changes_nothing(void **state)
{
	struct reload *r = *state;

	unlink(r->path);
	assert_int_equal(mkfifo(r->path, 0600), 0);
	alarm(10);
	reload_file(r, 1, "nothing was changed: ");
	alarm(0);
}

static void an_invalid_file_changes_nothing(void **state)
{
	struct reload *r = *state;

	reload(r, "cameras: []\nkafka: {frames: {every: many}}\n", 1, "nothing was changed: ");
	assert_int_equal(r->gw.cameras->slot[0].sample_every, 10);
}

static void the_log_level_applies_at_once(void **state)
{
	reload(*state,
		"cores: {rx: [0]}\n"
		"log: {level: error, to: stderr}\n"
		"interfaces: [{name: lan0, device: net_null0}]\n"
		"cameras: [{name: b, source: 10.0.0.1, destination: 10.0.0.2, port: 1}]\n"
		"frames: {classes: [{width: 16, height: 16, count: 7}]}\n"
		"kafka: {frames: {every: 10}}\n",
		1, "applied: `cameras` (1 added, 0 changed, 1 removed)");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(the_same_file_changes_nothing_and_says_nothing),
		TEST(the_sampling_rate_applies_at_once),
		TEST(what_needs_a_restart_is_named),
		TEST(cameras_come_change_and_go),
		TEST(it_is_the_cameras_that_there_are_which_count),
		TEST(cameras_of_records_stay),
		TEST(what_cannot_be_applied_whole_is_not_applied),
		TEST(who_sent_the_signal_is_kept),
		TEST(a_fifo_in_place_of_the_file_changes_nothing),
		TEST(an_invalid_file_changes_nothing),
		TEST(the_log_level_applies_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
