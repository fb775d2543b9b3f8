/* A trial over a port whose counters tell what others did, too; and a port that has no room. */
#include "gwgen/trial.h"

#include "core/test.h"

#include <errno.h>
#include <string.h>

#define RATE 2000
#define SECONDS 0.05

/* All that goes comes back. */
static struct {
	struct output base;
	uint8_t packet[2048];
	struct output_counts counts;
	uint64_t link_lost[2], driver_lost[2]; /* before the first packet, and after it */
} port;

static uint8_t *room(struct output *output)
{
	return port.packet;
}

static void put(struct output *output, uint32_t size, int64_t due_ns)
{
	port.counts.sent++;
	port.counts.bytes += size;
}

static int flush(struct output *output)
{
	return 0;
}

static void look(struct output *output, struct output_counts *counts)
{
	const bool is_after = port.counts.sent > 0;

	*counts = port.counts;
	counts->echoed = counts->sent;
	counts->link_lost = port.link_lost[is_after];
	counts->driver_lost = port.driver_lost[is_after];
}

static const struct output_ops ops = {.room = room, .put = put, .flush = flush, .look = look};

/* Sends for a moment, with these counts before and after. */
static int try(const uint64_t link_lost[2], const uint64_t driver_lost[2], struct trial *trial,
	struct gw_error *error)
{
	static const atomic_bool stop = false;
	const char *const arguments[] = {"search", "--port", "net_null0"};
	struct trial_bench bench = {.output = &port.base, .stop = &stop};
	struct options options;
	struct crew crew;
	char *argv[3];

	memset(&port, 0, sizeof(port));
	port.base = (struct output){.ops = &ops, .in_time = true};
	for (int i = 0; i < 2; i++) {
		port.link_lost[i] = link_lost[i];
		port.driver_lost[i] = driver_lost[i];
	}
	for (int i = 0; i < 3; i++)
		argv[i] = (char *)(uintptr_t)arguments[i];
	if (options_parse(3, argv, &options, error) != 0 ||
		crew_open_plain(&crew, 128, &options, error) != 0)
		fail_msg("%s", error->text);
	const int status = trial_run(&bench, &crew, RATE, SECONDS, trial, error);

	crew_close(&crew);
	return status;
}

static const uint64_t none[2] = {0, 0};

static void what_comes_back_is_no_loss(void **state)
{
	struct gw_error error = {""};
	struct trial trial;

	assert_int_equal(try(none, none, &trial, &error), 0);
	assert_int_equal(trial.sent, port.counts.sent);
	assert_true(trial.sent > 0);
	assert_true(trial.packet_loss == 0);
}

static void drops_of_others_are_told_and_give_no_figure(void **state)
{
	const uint64_t others[2] = {7, 1000000};
	struct gw_error error = {""};
	struct trial trial;

	assert_int_equal(try(others, none, &trial, &error), -EPROTO);
	assert_non_null(strstr(error.text, "dropped 999993 packets"));
	assert_non_null(strstr(error.text, "let nobody else use it"));
}

static void counters_that_go_back_are_no_loss(void **state)
{
	const uint64_t back[2] = {500, 3};
	struct gw_error error = {""};
	struct trial trial;

	assert_int_equal(try(back, back, &trial, &error), 0);
	assert_int_equal(trial.link_lost, 0);
	assert_int_equal(trial.sent, port.counts.sent);
	assert_true(trial.unsent < port.counts.sent);
}

/* Before DPDK is started. */
static void a_memif_without_room_for_a_packet_is_refused(void **state)
{
	static const char *const devices[] = {"net_memif0,role=client,bsize=17",
		"net_memif0,bsize=0", "net_memif0,bsize=85", "net_memif0,bsize=65536",
		"net_memif0,bsize=-1", "net_memif0,bsize=2k", "net_memif0,bsize="};

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		struct gw_error error = {""};

		assert_null(output_open_port(devices[i], &error));
		if (!strstr(error.text, "give 86 to 65535 bytes"))
			fail_msg("%s: %s", devices[i], error.text);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_back_is_no_loss),
		cmocka_unit_test(drops_of_others_are_told_and_give_no_figure),
		cmocka_unit_test(counters_that_go_back_are_no_loss),
		cmocka_unit_test(a_memif_without_room_for_a_packet_is_refused),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
