/* What is written where when a card changes hands, on a machine made of files: there is no kernel
 * behind them, so that a driver changes only where a test says so. */
#include "mgmt/cli/system/card.h"

#include "core/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CARD "0000:01:00.0"

struct fixture {
	char root[64];
	struct machine machine;
	struct gw_error error;
};

static void shell(const struct fixture *f, const char *script)
{
	char command[1024];

	snprintf(command, sizeof(command), "set -e; cd %s; %s", f->root, script);
	assert_int_equal(system(command), 0);
}

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->root, "/tmp/framegate-card-XXXXXX");
	if (!mkdtemp(f->root))
		return -1;
	f->machine.root = f->root;
	shell(f,
		"mkdir -p sys/bus/pci/drivers/vfio-pci sys/bus/pci/drivers/e1000e "
		"sys/bus/pci/devices/" CARD "/net/eth1; cd sys/bus/pci; touch drivers_probe "
		"drivers/e1000e/unbind drivers/vfio-pci/unbind devices/" CARD
		"/driver_override; echo 0x020000 >devices/" CARD
		"/class; echo 0x1002 >devices/" CARD
		"/net/eth1/flags; ln -s ../../drivers/e1000e devices/" CARD "/driver");
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	shell(f, "rm -r sys");
	rmdir(f->root);
	free(f);
	return 0;
}

static void expect_file(const struct fixture *f, const char *path, const char *text)
{
	char line[64];

	assert_true(machine_line(&f->machine, path, line, sizeof(line)));
	assert_string_equal(line, text);
}

static void expect_text(const struct fixture *f, const char *path, const char *text)
{
	char whole[256], said[64] = "";

	snprintf(whole, sizeof(whole), "%s%s", f->root, path);
	FILE *file = fopen(whole, "r");
	assert_non_null(file);
	said[fread(said, 1, sizeof(said) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(said, text);
}

/* No kernel does what it is told here, and that is noticed. */
static void a_card_that_vfio_does_not_get_goes_back(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(card_bind(&f->machine, CARD, &f->error), -EIO);
	assert_non_null(strstr(f->error.text, "IOMMU"));
	assert_non_null(strstr(f->error.text, "it has the driver e1000e now"));
	/* The empty line is written over the name: to the kernel it would be the whole word. */
	expect_text(f, "/sys/bus/pci/devices/" CARD "/driver_override", "\nfio-pci");
	expect_file(f, "/sys/bus/pci/drivers/e1000e/unbind", CARD);
	expect_file(f, "/sys/bus/pci/drivers_probe", CARD);
}

static void a_card_that_is_left_without_a_driver_is_told(void **state)
{
	struct fixture *f = *state;

	shell(f, "rm sys/bus/pci/devices/" CARD "/driver");
	assert_int_equal(card_bind(&f->machine, CARD, &f->error), -EIO);
	expect_text(f, "/sys/bus/pci/drivers_probe", CARD);
	assert_non_null(strstr(f->error.text, "no driver now: gwctl system unbind " CARD));
}

static void a_bind_that_breaks_off_is_undone_and_its_cause_told(void **state)
{
	struct fixture *f = *state;

	shell(f, "rm sys/bus/pci/drivers_probe");
	assert_int_equal(card_bind(&f->machine, CARD, &f->error), -ENOENT);
	assert_non_null(strstr(f->error.text, "drivers_probe"));
	expect_text(f, "/sys/bus/pci/devices/" CARD "/driver_override", "\nfio-pci");
}

static void a_card_that_vfio_has_is_left_there_and_can_be_given_back(void **state)
{
	struct fixture *f = *state;

	shell(f, "cd sys/bus/pci/devices/" CARD "; ln -sfn ../../drivers/vfio-pci driver");
	assert_int_equal(card_bind(&f->machine, CARD, &f->error), 0);
	expect_file(f, "/sys/bus/pci/drivers_probe", "");
	assert_int_equal(card_unbind(&f->machine, CARD, &f->error), -EIO);
	expect_file(f, "/sys/bus/pci/drivers/vfio-pci/unbind", CARD);
	expect_file(f, "/sys/bus/pci/devices/" CARD "/driver_override", "");
	shell(f, "cd sys/bus/pci/devices/" CARD "; ln -sfn ../../drivers/e1000e driver");
	assert_int_equal(card_unbind(&f->machine, CARD, &f->error), 0);
}

static void a_card_in_use_stays(void **state)
{
	struct fixture *f = *state;

	shell(f, "echo 0x1003 >sys/bus/pci/devices/" CARD "/net/eth1/flags");
	assert_int_equal(card_bind(&f->machine, CARD, &f->error), -EBUSY);
	assert_non_null(strstr(f->error.text, "eth1 is up"));
	expect_file(f, "/sys/bus/pci/devices/" CARD "/driver_override", "");
}

static void what_is_no_card_stays(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(card_bind(&f->machine, "../../../0000:01", &f->error), -EINVAL);
	assert_int_equal(card_bind(&f->machine, "0000:01:00.0/x", &f->error), -EINVAL);
	assert_int_equal(card_bind(&f->machine, "0000:09:00.0", &f->error), -ENODEV);
	shell(f, "echo 0x010802 >sys/bus/pci/devices/" CARD "/class");
	assert_int_equal(card_bind(&f->machine, CARD, &f->error), -EINVAL);
	assert_non_null(strstr(f->error.text, "no network card"));
	assert_int_equal(card_unbind(&f->machine, CARD, &f->error), -EINVAL);
}

static void without_the_module_nothing_is_taken_away(void **state)
{
	struct fixture *f = *state;

	shell(f, "rm -r sys/bus/pci/drivers/vfio-pci");
	assert_int_equal(card_bind(&f->machine, CARD, &f->error), -ENOENT);
	assert_non_null(strstr(f->error.text, "modprobe vfio-pci"));
	expect_file(f, "/sys/bus/pci/drivers/e1000e/unbind", "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(a_card_that_vfio_does_not_get_goes_back),
		TEST(a_card_that_is_left_without_a_driver_is_told),
		TEST(a_bind_that_breaks_off_is_undone_and_its_cause_told),
		TEST(a_card_that_vfio_has_is_left_there_and_can_be_given_back),
		TEST(a_card_in_use_stays),
		TEST(what_is_no_card_stays),
		TEST(without_the_module_nothing_is_taken_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
