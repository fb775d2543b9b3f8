/* pcapng captures, block by block. */
#include "dataplane/pcapng.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/test.h"

#define HEAD 24 /* bytes of a pcap file before its packets */

struct files {
	int from, to;
	uint8_t got[1024];
	ssize_t size;
};

static int set_up(void **state)
{
	static struct files files;

	files = (struct files){.from = memfd_create("from", 0), .to = memfd_create("to", 0)};
	*state = &files;
	return files.from < 0 || files.to < 0;
}

static int tear_down(void **state)
{
	const struct files *files = *state;

	close(files->from);
	close(files->to);
	return 0;
}

static void put_block(const struct files *files, uint32_t type, const void *body, uint32_t size)
{
	const uint32_t length = size + 12;

	assert_int_equal(write(files->from, &type, 4), 4);
	assert_int_equal(write(files->from, &length, 4), 4);
	assert_int_equal(write(files->from, body, size), size);
	assert_int_equal(write(files->from, &length, 4), 4);
}

/* A section, and an interface that counts time in 10 to the power of -`digits` seconds. */
static void put_beginning(const struct files *files, uint32_t digits)
{
	const uint32_t section[] = {0x1A2B3C4D, 1, UINT32_MAX, UINT32_MAX};
	const uint32_t interface[] = {1, 65535, 9 | 1u << 16, digits, 0};

	put_block(files, 0x0A0D0D0A, section, sizeof(section));
	put_block(files, 1, interface, sizeof(interface));
}

static int convert(struct files *files, struct gw_error *error)
{
	const int status = pcapng_convert(files->from, files->to, error);

	files->size = pread(files->to, files->got, sizeof(files->got), 0);
	return status;
}

static void the_old_kind_of_packet_is_read(void **state)
{
	struct files *files = *state;
	/* Interface 0, seven packets lost. */
	const uint32_t packet[] = {7u << 16, 0, 1500000, 4, 60, 0x64636261};
	const uint32_t want[] = {1, 500000000, 4, 60, 0x64636261};
	struct gw_error error;

	put_beginning(files, 6);
	put_block(files, 2, packet, sizeof(packet));
	assert_int_equal(convert(files, &error), 0);
	assert_int_equal(files->size, HEAD + sizeof(want));
	assert_memory_equal(files->got + HEAD, want, sizeof(want));
}

static void a_time_that_nothing_can_hold_is_malformed(void **state)
{
	static const struct {
		uint32_t digits, high, low;
		bool is_bad;
	} times[] = {
		{0, 0, UINT32_MAX, false},
		{0, 1, 0, true},
		{0, INT32_MAX, UINT32_MAX, true},
		{0, UINT32_MAX, UINT32_MAX, true},
		{9, UINT32_MAX / 8, 0, false},
		{9, UINT32_MAX, UINT32_MAX, true},
	};

	for (uint32_t i = 0; i < 6; i++) {
		struct files *files = *state;
		const uint32_t good[] = {0, 0, 1, 4, 4, 0};
		const uint32_t packet[] = {0, times[i].high, times[i].low, 4, 4, 0};
		struct gw_error error;

		put_beginning(files, times[i].digits);
		put_block(files, 6, good, sizeof(good));
		put_block(files, 6, packet, sizeof(packet));
		assert_int_equal(convert(files, &error), times[i].is_bad ? -EBADMSG : 0);
		/* What stands before it was read. */
		assert_int_equal(files->size, HEAD + (times[i].is_bad ? 20 : 40));
		tear_down(state);
		set_up(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_old_kind_of_packet_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_time_that_nothing_can_hold_is_malformed, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
