/* Which packets go, when, and what is counted. */
#include "gwgen/traffic.h"

#include "core/test.h"

#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "jpeg/make.h"

#define CAMERAS 5
#define PICTURES 40
#define PERIOD_NS 40000000
#define RTP 42

struct scene {
	struct film film;
	struct camera cameras[CAMERAS];
	struct traffic *traffic;
	uint64_t packets, bytes, marked;
	int64_t last_ns;
	uint64_t next_early; /* sequence numbers that came before the one due */
	uint16_t expected[CAMERAS];
	bool known[CAMERAS];
};

static void set_up(
	struct scene *s, const char *kind, const struct traffic_faults *faults, bool at_once)
{
	const struct jpeg_recipe recipe = {.width = 160, .height = 120};
	const struct traffic_plan plan = {
		.faults = *faults, .pictures = PICTURES, .seed = 7, .reports = false};
	struct gw_error error = {""};
	size_t size;
	uint8_t *bytes = jpeg_make(&recipe, &size);
	const struct film_source source = {"test", bytes, (uint32_t)size};

	memset(s, 0, sizeof(*s));
	assert_int_equal(film_make(&s->film, kind_find(kind), &source, 1, 600, &error), 0);
	for (uint32_t i = 0; i < CAMERAS; i++) {
		const struct network network = {.source = {10, 0, 0, (uint8_t)i},
			.destination = {10, 0, 0, 99},
			.port = 5004,
			.udp_checksum = true};
		const struct camera_plan camera = {.begin_ns = PERIOD_NS * i / CAMERAS,
			.period_ns = PERIOD_NS,
			.at_once = at_once,
			.seed = i};

		camera_begin(&s->cameras[i], &s->film, &network, &camera);
	}
	s->traffic = traffic_open(s->cameras, CAMERAS, &plan, &error);
	assert_non_null(s->traffic);
	free(bytes);
}

static void tear_down(struct scene *s)
{
	traffic_close(s->traffic);
	film_destroy(&s->film);
}

static void assert_sound(const uint8_t *packet, uint32_t size)
{
	uint32_t pseudo = 17 + size - 34;

	assert_int_equal(network_sum(0, packet + 14, 20), 0xFFFF);
	pseudo = network_sum(pseudo, packet + 26, 8);
	assert_int_equal(network_sum(pseudo, packet + 34, size - 34), 0xFFFF);
}

static void run(struct scene *s)
{
	static uint8_t packet[TRAFFIC_ROOM];
	int64_t due_ns;

	while (traffic_due(s->traffic, &due_ns)) {
		const uint32_t size = traffic_next(s->traffic, packet);
		const uint8_t camera = packet[29];

		if (due_ns > 0) {
			assert_true(due_ns >= s->last_ns);
			s->last_ns = due_ns;
		}
		if (size == 0)
			continue;
		assert_sound(packet, size);
		s->packets++;
		s->bytes += size;
		s->marked += packet[RTP + 1] >> 7;
		const uint16_t sequence = read_be16(packet + RTP + 2);

		if (s->known[camera] && (int16_t)(sequence - s->expected[camera]) < 0)
			s->next_early++;
		if (!s->known[camera] || (int16_t)(sequence - s->expected[camera]) >= 0)
			s->expected[camera] = (uint16_t)(sequence + 1);
		s->known[camera] = true;
	}
}

static void every_packet_of_every_picture_goes_once_and_in_time(void **state)
{
	for (int at_once = 0; at_once < 2; at_once++) {
		const struct traffic_faults none = {0};
		struct scene s;

		set_up(&s, "plain", &none, at_once);
		run(&s);
		const struct traffic_counts *counts = traffic_counts(s.traffic);

		assert_int_equal(s.packets, CAMERAS * PICTURES * s.film.packet_count);
		assert_int_equal(counts->packets, s.packets);
		assert_int_equal(counts->bytes, s.bytes);
		assert_int_equal(counts->pictures, CAMERAS * PICTURES);
		assert_int_equal(s.marked, CAMERAS * PICTURES);
		assert_int_equal(s.next_early, 0);
		tear_down(&s);
	}
}

static void what_goes_wrong_is_counted(void **state)
{
	const struct traffic_faults faults = {
		.loss = 0.05, .duplicate = 0.05, .reorder = 0.05, .jitter_ns = 3000000};
	struct scene s;

	set_up(&s, "plain", &faults, false);
	run(&s);
	const struct traffic_counts *counts = traffic_counts(s.traffic);

	assert_true(counts->lost > 0 && counts->duplicates > 0 && counts->reordered > 0);
	assert_int_equal(counts->packets,
		CAMERAS * PICTURES * s.film.packet_count - counts->lost + counts->duplicates);
	assert_int_equal(counts->packets, s.packets);
	assert_int_equal(counts->pictures + counts->damaged, CAMERAS * PICTURES);
	/* A copy comes late as well. */
	assert_true(s.next_early >= counts->duplicates);
	tear_down(&s);
}

static void a_picture_that_did_not_go_whole_is_not_counted_so(void **state)
{
	const struct traffic_faults faults = {.reorder = 0.2, .duplicate = 0.1};
	static uint8_t packet[TRAFFIC_ROOM];
	struct scene s;
	uint64_t whole = 0;
	bool spoilt[CAMERAS] = {0};
	int64_t due_ns;
	uint32_t turn = 0;

	set_up(&s, "plain", &faults, false);
	while (traffic_due(s.traffic, &due_ns)) {
		const uint32_t size = traffic_next(s.traffic, packet);
		const uint8_t camera = packet[29];

		if (size == 0)
			continue;
		/* Of a copy it does not matter. */
		if (++turn % 37 == 0) {
			const struct traffic_counts before = *traffic_counts(s.traffic);

			traffic_spoil(s.traffic);
			spoilt[camera] |= due_ns > 0;
			if (packet[RTP + 1] >> 7 && due_ns > 0)
				assert_int_equal(traffic_counts(s.traffic)->pictures +
						traffic_counts(s.traffic)->unsent,
					before.pictures + before.unsent);
		}
		if (packet[RTP + 1] >> 7 && due_ns > 0) {
			whole += !spoilt[camera];
			spoilt[camera] = false;
		}
	}
	const struct traffic_counts *counts = traffic_counts(s.traffic);

	assert_int_equal(counts->pictures + counts->unsent, CAMERAS * PICTURES);
	assert_true(counts->unsent > 0);
	/* Packets that were held back are spoilt too. */
	assert_true(counts->pictures <= whole);
	tear_down(&s);
}

static void intruders_come_beside_the_cameras(void **state)
{
	const struct traffic_faults faults = {.intruders = 1000};
	struct scene s;

	set_up(&s, "strays", &faults, false);
	run(&s);
	const struct traffic_counts *counts = traffic_counts(s.traffic);

	assert_in_range(counts->intruders, PICTURES * 39, PICTURES * 42);
	assert_int_equal(counts->strays, CAMERAS * PICTURES * 2);
	assert_int_equal(counts->pictures, CAMERAS * PICTURES);
	tear_down(&s);
}

static void the_same_seed_sends_the_same(void **state)
{
	const struct traffic_faults faults = {.loss = 0.1, .reorder = 0.1, .jitter_ns = 1000000};
	uint32_t sum[2] = {0};

	for (int i = 0; i < 2; i++) {
		static uint8_t packet[TRAFFIC_ROOM];
		struct scene s;
		int64_t due_ns;

		set_up(&s, "tables-once", &faults, false);
		while (traffic_due(s.traffic, &due_ns))
			sum[i] = network_sum(sum[i], packet, traffic_next(s.traffic, packet));
		tear_down(&s);
	}
	assert_int_equal(sum[0], sum[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_packet_of_every_picture_goes_once_and_in_time),
		cmocka_unit_test(what_goes_wrong_is_counted),
		cmocka_unit_test(a_picture_that_did_not_go_whole_is_not_counted_so),
		cmocka_unit_test(intruders_come_beside_the_cameras),
		cmocka_unit_test(the_same_seed_sends_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
