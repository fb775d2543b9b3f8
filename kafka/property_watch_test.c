/* When a client is to be made anew for the sake of the files that its properties name. */
#include "kafka/property_watch.h"

#include "core/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"

#define FIRST GW_NS_PER_S /* gw_now() of the first look */
/* Longer than a file system's clock may stand still. */
#define TICK_US 50000

static char path[] = "/tmp/framegate-watch-XXXXXX";

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
	snprintf(path, sizeof(path), "/tmp/framegate-watch-XXXXXX");
	close(mkstemp(path));
	write_file("one");
	return 0;
}

static int tear_down(void **state)
{
	unlink(path);
	return 0;
}

static void a_change_counts_when_it_has_stood_for_a_second(void **state)
{
	const struct gw_property_config secret = {.name = "sasl.password", .file = path};
	struct property_watch watch = {0};

	property_watch_begin(&watch, &secret, 1);
	assert_false(property_watch_look(&watch, &secret, 1, FIRST));
	write_file("two, longer");
	assert_false(property_watch_look(&watch, &secret, 1, FIRST + GW_NS_PER_S));
	write_file("three, which is longer still");
	assert_false(property_watch_look(&watch, &secret, 1, FIRST + 2 * GW_NS_PER_S));
	assert_false(property_watch_look(&watch, &secret, 1, FIRST + 2 * GW_NS_PER_S + 1));
	assert_true(property_watch_look(&watch, &secret, 1, FIRST + 3 * GW_NS_PER_S));
	/* Until the client has taken them. */
	assert_true(property_watch_look(&watch, &secret, 1, FIRST + 4 * GW_NS_PER_S));
	property_watch_take(&watch);
	assert_false(property_watch_look(&watch, &secret, 1, FIRST + 5 * GW_NS_PER_S));
}

static bool sees_a_change(const struct gw_property_config *property, void (*change)(void))
{
	struct property_watch watch = {0};

	property_watch_begin(&watch, property, 1);
	change();
	property_watch_look(&watch, property, 1, FIRST);
	return property_watch_look(&watch, property, 1, FIRST + GW_NS_PER_S);
}

static void append(void)
{
	write_file("one and more");
}

/* As `cp -p` and rsync do. */
static void write_and_keep_size_and_time(void)
{
	struct stat facts;

	assert_int_equal(stat(path, &facts), 0);
	usleep(TICK_US);
	write_file("eno");
	const struct timespec times[] = {facts.st_atim, facts.st_mtim};

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void a_change_that_keeps_size_and_time_is_seen(void **state)
{
	const struct gw_property_config secret = {.name = "sasl.password", .file = path};

	assert_true(sees_a_change(&secret, write_and_keep_size_and_time));
}

static void what_the_library_reads_itself_is_watched(void **state)
{
	static const struct {
		const char *name;
		bool watched;
	} values[] = {
		{"ssl.key.location", true},
		{"sasl.kerberos.keytab", true},
		{"client.rack", false},
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const struct gw_property_config property = {
			.name = (char *)values[i].name, .value = path};

		write_file("one");
		assert_int_equal(sees_a_change(&property, append), values[i].watched);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_change_counts_when_it_has_stood_for_a_second),
		TEST(a_change_that_keeps_size_and_time_is_seen),
		TEST(what_the_library_reads_itself_is_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
