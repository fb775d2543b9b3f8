/* What a changed file does to a running gateway, and what it says about it. */
#include "core/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
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
	FILE *log;
	int stderr_before;
};

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int begin(void **state)
{
	struct reload *r = calloc(1, sizeof(*r));
	struct gw_error error;

	snprintf(r->path, sizeof(r->path), "/tmp/framegate-reload-%d.yaml", (int)getpid());
	write_file(r->path, BEFORE);
	assert_int_equal(gw_config_load(r->path, &r->gw.config, &error), 0);
	r->gw.config_path = r->path;
	r->gw.cameras = gw_cameras_create();
	r->gw.cameras->high = 1;
	r->gw.cameras->slot[0].sample_every = 10;
	gw_log_open(GW_LOG_STDERR, GW_LOG_INFO);
	r->log = tmpfile();
	fflush(stderr);
	r->stderr_before = dup(STDERR_FILENO);
	dup2(fileno(r->log), STDERR_FILENO);
	*state = r;
	return 0;
}

static int end(void **state)
{
	struct reload *r = *state;

	dup2(r->stderr_before, STDERR_FILENO);
	close(r->stderr_before);
	fclose(r->log);
	unlink(r->path);
	gw_cameras_destroy(&r->gw);
	gw_config_free(r->gw.config);
	free(r);
	return 0;
}

/* Reloads what lies there; the log must then hold the words, and say nothing more than so many
 * lines. */
static void reload_file(struct reload *r, uint32_t lines, const char *words)
{
	char said[8192];
	uint32_t count = 0;

	gw_reload(&r->gw);
	fflush(stderr);
	const ssize_t size = pread(fileno(r->log), said, sizeof(said) - 1, 0);

	assert_true(size >= 0);
	said[size] = '\0';
	assert_int_equal(ftruncate(fileno(r->log), 0), 0);
	lseek(STDERR_FILENO, 0, SEEK_SET);
	for (ssize_t i = 0; i < size; i++)
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
		"kafka: {frames: {every: 3}}\n",
		1, "applied: `kafka.frames.every` (3)");
	assert_int_equal(r->gw.cameras->slot[0].sample_every, 3);
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
		"`cameras[a]` was removed: restart gwd to apply it",
		"`cameras[b]` was added: restart gwd to apply it",
		"`frames.classes[0].count` changed from 7 to 8: restart gwd to apply it",
		"`decode.workers` changed from 1 to 2: restart gwd to apply it",
		"`kafka.brokers` was added: restart gwd to apply it",
		"`api.socket` changed from /run/framegate/api.sock to /tmp/other: restart gwd",
	};
	const uint32_t count = sizeof(lines) / sizeof(lines[0]);

	for (uint32_t i = 0; i < count; i++)
		reload(*state, after, count, lines[i]);
}

static void thousands_of_changes_are_not_thousands_of_lines(void **state)
{
	size_t size;
	char *text;
	FILE *stream = open_memstream(&text, &size);

	fputs(SAME_BUT_CAMERAS "cameras:\n", stream);
	for (int i = 1; i <= 100; i++)
		fprintf(stream,
			"  - {name: c%d, source: 10.0.0.1, destination: 10.0.0.2, port: %d}\n", i,
			i);
	fclose(stream);
	/* One camera is gone and a hundred are new. */
	reload(*state, text, 33, "69 more changes need a restart of gwd");
	free(text);
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
		0, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(the_same_file_changes_nothing_and_says_nothing),
		TEST(the_sampling_rate_applies_at_once),
		TEST(what_needs_a_restart_is_named),
		TEST(thousands_of_changes_are_not_thousands_of_lines),
		TEST(a_fifo_in_place_of_the_file_changes_nothing),
		TEST(an_invalid_file_changes_nothing),
		TEST(the_log_level_applies_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
