/* What is to be done to machines that tests made out of files, and doing it. */
#include "mgmt/cli/system/tuning.h"

#include "core/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG "/etc/framegate/gateway.yaml"
#define GOVERNOR "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"
#define CARD "/sys/bus/pci/devices/0000:01:00.0"

struct fixture {
	char root[64];
	struct machine machine;
	struct tuning_step steps[TUNING_STEPS];
	uint32_t count;
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->root, "/tmp/framegate-tuning-XXXXXX");
	if (!mkdtemp(f->root))
		return -1;
	f->machine.root = f->root;
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", f->root);
	const int status = system(command);

	free(f);
	return status;
}

static void put(const struct fixture *f, const char *path, const char *text)
{
	char whole[512];

	snprintf(whole, sizeof(whole), "%s%s", f->root, path);
	for (char *slash = strchr(whole + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(whole, 0755);
		*slash = '/';
	}
	FILE *file = fopen(whole, "w");

	assert_non_null(file);
	fprintf(file, "%s\n", text);
	fclose(file);
}

static void put_machine(const struct fixture *f)
{
	put(f, "/proc/meminfo", "MemTotal:        8388608 kB");
	put(f, "/proc/sys/vm/nr_hugepages", "0");
	put(f, "/etc/sysctl.d/99-other.conf", "");
	put(f, "/sys/devices/system/cpu/online", "0-3");
	put(f, "/sys/devices/system/cpu/isolated", "");
	put(f, GOVERNOR, "powersave");
	put(f, CARD "/class", "0x020000");
	put(f, CONFIG, "interfaces:\n  - name: lan0\n    device: \"01:00.0\"");
}

static const struct tuning_step *step_at(struct fixture *f, const char *path)
{
	f->count = tuning_plan(&f->machine, CONFIG, f->steps);
	for (uint32_t i = 0; i < f->count; i++)
		if (strcmp(f->steps[i].path, path) == 0)
			return &f->steps[i];
	return NULL;
}

static void do_at(struct fixture *f, const char *path)
{
	struct gw_error error;
	const struct tuning_step *step = step_at(f, path);

	assert_non_null(step);
	if (tuning_do(&f->machine, step, &error) != 0)
		fail_msg("%s", error.text);
	assert_null(step_at(f, path));
}

static void what_a_machine_lacks_is_planned(void **state)
{
	struct fixture *f = *state;

	put_machine(f);
	assert_string_equal(step_at(f, "/proc/sys/vm/nr_hugepages")->text, "512");
	assert_int_equal(step_at(f, "/etc/sysctl.d/50-framegate.conf")->kind, TUNING_KEEP);
	assert_string_equal(step_at(f, GOVERNOR)->text, "performance");
	assert_int_equal(step_at(f, "0000:01:00.0")->kind, TUNING_BIND);
	assert_int_equal(step_at(f, "the kernel's command line")->kind, TUNING_ADVICE);
	assert_int_equal(f->count, 5);
}

static void what_is_done_is_not_planned_again(void **state)
{
	struct fixture *f = *state;

	put_machine(f);
	do_at(f, "/proc/sys/vm/nr_hugepages");
	do_at(f, "/etc/sysctl.d/50-framegate.conf");
	do_at(f, GOVERNOR);
}

static void a_small_machine_keeps_its_memory(void **state)
{
	struct fixture *f = *state;

	put_machine(f);
	put(f, "/proc/meminfo", "MemTotal:        1048576 kB");
	assert_string_equal(step_at(f, "/proc/sys/vm/nr_hugepages")->text, "64");
}

static void cards_are_found_however_the_configuration_is_written(void **state)
{
	struct fixture *f = *state;

	put_machine(f);
	put(f, CONFIG, "interfaces: [{name: lan0, device: '0000:01:00.0'}]");
	assert_non_null(step_at(f, "0000:01:00.0"));
	put(f, CONFIG, "interfaces:\n  - device: 0000:01:00.0");
	assert_non_null(step_at(f, "0000:01:00.0"));
	put(f, CONFIG, "# device: 0000:01:00.0\ninterfaces:\n  - device: net_null0");
	assert_null(step_at(f, "0000:01:00.0"));
}

static void nothing_is_to_be_done_where_nothing_is_known(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(tuning_plan(&f->machine, CONFIG, f->steps), 0);
}

static void a_step_that_fails_says_where(void **state)
{
	struct fixture *f = *state;
	struct gw_error error;
	const struct tuning_step step = {.kind = TUNING_WRITE, .path = "/proc/none", .text = "1"};

	assert_true(tuning_do(&f->machine, &step, &error) < 0);
	assert_non_null(strstr(error.text, "/proc/none"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(what_a_machine_lacks_is_planned),
		TEST(what_is_done_is_not_planned_again),
		TEST(a_small_machine_keeps_its_memory),
		TEST(cards_are_found_however_the_configuration_is_written),
		TEST(nothing_is_to_be_done_where_nothing_is_known),
		TEST(a_step_that_fails_says_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
