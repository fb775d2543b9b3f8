/* Captures and pictures that a command leaves, and what becomes of it where there is no room. */
#include "gwgen/send.h"

#include "core/test.h"

#include <ftw.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define BEGIN 1700000000 /* of every capture, since 1970 */

static char folder[] = "/tmp/framegate-send-XXXXXX";

static int set_up(void **state)
{
	signal(SIGXFSZ, SIG_IGN);
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	return remove(path);
}

static int tear_down(void **state)
{
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Its exit code. */
static int send_to(const char *output, const char *more, const char *value)
{
	static const atomic_bool stop = false;
	const char *const arguments[] = {"send", "--frames", "3", "--output", output, more, value};
	char *argv[7];
	struct options options;
	struct gw_error error;

	for (int i = 0; i < 7; i++)
		argv[i] = (char *)(uintptr_t)arguments[i];
	if (options_parse(more ? 7 : 5, argv, &options, &error) != 0)
		fail_msg("%s", error.text);
	return send_run(&options, &stop);
}

static void path_of(char path[64], const char *name)
{
	snprintf(path, 64, "%s/%s", folder, name);
}

static void a_capture_begins_with_its_first_packet_whenever_it_is_made(void **state)
{
	struct pcap_pkthdr *header;
	const u_char *data;
	char path[64], reason[PCAP_ERRBUF_SIZE];
	int64_t last_ns = 0;
	int count = 0;

	path_of(path, "in.pcap");
	assert_int_equal(send_to(path, NULL, NULL), GWGEN_WELL);
	pcap_t *pcap =
		pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, reason);

	assert_non_null(pcap);
	for (; pcap_next_ex(pcap, &header, &data) == 1; count++) {
		const int64_t ns =
			(header->ts.tv_sec - BEGIN) * INT64_C(1000000000) + header->ts.tv_usec;

		assert_true(count == 0 ? ns == 0 : ns >= last_ns);
		last_ns = ns;
	}
	pcap_close(pcap);
	assert_true(count > 3);
	/* Three pictures at 25 a second. */
	assert_in_range(last_ns, 80000000, 120000000);
}

static void a_capture_that_finds_no_room_is_told_however_short_it_is(void **state)
{
	assert_int_equal(send_to("/dev/full", NULL, NULL), GWGEN_NOT_WELL);
	assert_int_equal(send_to("/dev/full", "--size", "16x16"), GWGEN_NOT_WELL);
}

static void so_are_pictures_that_are_saved(void **state)
{
	struct rlimit before, limit = {.rlim_cur = 8192};
	char path[64];

	path_of(path, "saved");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	const int code = send_to("/dev/null", "--save", path);

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(code, GWGEN_NOT_WELL);
	assert_int_equal(send_to("/dev/null", "--save", path), GWGEN_WELL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_capture_begins_with_its_first_packet_whenever_it_is_made),
		cmocka_unit_test(a_capture_that_finds_no_room_is_told_however_short_it_is),
		cmocka_unit_test(so_are_pictures_that_are_saved),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
