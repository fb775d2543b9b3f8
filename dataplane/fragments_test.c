/* The list of fragments at the end of a slot. */
#include "dataplane/fragments.h"

#include <stdlib.h>
#include <string.h>

#include "core/camera.h"
#include "core/test.h"
#include "dataplane/onvif.h"
#include "dataplane/open_frame.h"

#define SMALL (GW_JPEG_HEADROOM + 8192)
#define LARGE (GW_JPEG_HEADROOM + 65536)

struct bench {
	struct gw_camera_config config;
	struct gw_camera version;
	struct stream *stream;
	struct gw_frame slot[2]; /* the second one is larger */
	struct open_frame open;
	uint8_t bytes[8192];
};

static void set_slot(struct gw_frame *slot, struct gw_camera *version, uint32_t capacity)
{
	*slot = (struct gw_frame){.version = version, .width = 64, .height = 64};
	slot->jpeg.room = malloc(capacity);
	slot->jpeg.capacity = capacity;
}

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	b->version.config = &b->config;
	b->stream = calloc(1, sizeof(*b->stream));
	b->stream->config = &b->config;
	b->stream->other = b->stream;
	set_slot(&b->slot[0], &b->version, SMALL);
	set_slot(&b->slot[1], &b->version, LARGE);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	free(b->slot[0].jpeg.room);
	free(b->slot[1].jpeg.room);
	free(b->stream);
	free(b);
	return 0;
}

/* As the assembler does: into the larger slot when the small one is outgrown. */
static void add_onvif(struct bench *b, uint32_t number, uint8_t value, uint32_t size)
{
	const struct rtp_packet rtp = {.sequence = (uint16_t)number, .timestamp = 7};
	const struct rtp_jpeg jpeg = {
		.part = number == 100 ? RTP_JPEG_ONVIF_FIRST : RTP_JPEG_ONVIF_MORE,
		.offset = number > 100,
		.type = 1,
		.q = 50,
		.width = 64,
		.height = 64,
		.segments = b->bytes,
		.data = b->bytes,
		.size = size,
	};

	memset(b->bytes, value, size);
	if (!b->open.frame)
		open_frame_begin(&b->open, &b->slot[0], &rtp, &jpeg, number);
	enum gw_drop drop = open_frame_add(&b->open, b->stream, &rtp, &jpeg, number);

	if (drop == GW_DROP_TOO_LARGE) {
		assert_ptr_equal(b->open.frame, &b->slot[0]);
		open_frame_move(&b->open, &b->slot[1]);
		drop = open_frame_add(&b->open, b->stream, &rtp, &jpeg, number);
	}
	assert_int_equal(drop, GW_DROP_NONE);
}

/* The bytes of a fragment fit, with or without its place in the list. */
static void a_fragment_that_needs_a_larger_slot_is_listed_once(void **state)
{
	for (uint32_t spare = 0; spare < 30; spare++) {
		struct bench *b = *state;
		uint32_t at = 0;

		add_onvif(b, 100, 1, 1000);
		add_onvif(b, 102, 3, 1000);
		add_onvif(b, 101, 2, 1000);
		const uint32_t last = b->open.limit - coverage_end(&b->open.coverage) - spare;

		add_onvif(b, 103, 4, last);
		assert_int_equal(b->open.fragments, 4);
		assert_ptr_equal(b->open.frame,
			spare < sizeof(struct jpeg_chunk) ? &b->slot[1] : &b->slot[0]);
		if (b->open.frame == &b->slot[0])
			break;
		b->open.have_last = true;
		b->open.last = 103;
		assert_int_equal(onvif_finish(&b->open), GW_DROP_NONE);
		assert_int_equal(b->open.size, 3000 + last);
		/* Memory of both slots. */
		assert_in_range(b->slot[0].reached_back, 3 * sizeof(struct jpeg_chunk),
			3 * sizeof(struct jpeg_chunk) + 4);
		assert_in_range(b->slot[1].reached_back, 4 * sizeof(struct jpeg_chunk),
			4 * sizeof(struct jpeg_chunk) + 4);
		assert_int_equal(b->slot[1].reached, GW_JPEG_HEADROOM + 2 * b->open.size);
		for (uint8_t value = 1; value <= 4; value++)
			for (uint32_t i = 0; i < (value < 4 ? 1000 : last); i++)
				assert_int_equal(b->open.data[at++], value);
		tear_down(state);
		set_up(state);
	}
}

static uint32_t asked;

static bool is_larger(const struct jpeg_chunk *a, const struct jpeg_chunk *b)
{
	asked++;
	return a->begin > b->begin;
}

/* A sender may choose any order and any number: each is asked for 2 * log2 times at most. */
static void no_order_takes_long_to_sort(void **state)
{
	static struct jpeg_chunk list[60000];
	static const uint32_t counts[] = {0, 1, 2, 3, 100, 60000};

	for (uint32_t kind = 0; kind < 4; kind++) {
		for (uint32_t i = 0; i < 6; i++) {
			const uint32_t count = counts[i];
			uint32_t log = 1;

			for (uint32_t k = 0; k < count; k++)
				list[k] = (struct jpeg_chunk){.begin = kind == 0 ? k
						: kind == 1                      ? count - k
						: kind == 2                      ? k * 2654435761u
										 : 7,
					.size = k};
			while (count >> log)
				log++;
			asked = 0;
			fragments_sort(list, count, is_larger);
			assert_true(asked <= 2 * log * count);
			for (uint32_t k = 1; k < count; k++)
				assert_true(list[k - 1].begin <= list[k].begin);
		}
	}
}

/* Bytes that came before say nothing new. */
static void a_repeated_fragment_is_not_listed(void **state)
{
	struct bench *b = *state;

	b->config.conceal = true;
	for (uint32_t number = 100; number < 200; number++) {
		const struct rtp_packet rtp = {.sequence = (uint16_t)number, .timestamp = 7};
		const struct rtp_jpeg jpeg = {
			.type = 65,
			.q = 50,
			.width = 64,
			.height = 64,
			.restart_interval = 4,
			.restart_first = true,
			.restart_count = 1,
			.offset = 1000 - (number - 100),
			.data = b->bytes,
			.size = number == 100 ? 1000 : 1,
		};

		if (number == 100)
			open_frame_begin(&b->open, &b->slot[0], &rtp, &jpeg, number);
		const enum gw_drop drop = open_frame_add(&b->open, b->stream, &rtp, &jpeg, number);

		assert_int_equal(drop, GW_DROP_NONE);
	}
	assert_int_equal(b->open.fragments, 100);
	for (uint32_t number = 200; number < 300; number++) {
		const struct rtp_packet rtp = {.sequence = (uint16_t)number, .timestamp = 7};
		const struct rtp_jpeg jpeg = {.type = 65,
			.q = 50,
			.restart_interval = 4,
			.restart_first = true,
			.offset = 1500 - (number - 200),
			.data = b->bytes,
			.size = 1};

		assert_int_equal(open_frame_add(&b->open, b->stream, &rtp, &jpeg, number),
			GW_DROP_DUPLICATE);
	}
	assert_int_equal(b->open.fragments, 100);
	assert_true(b->open.can_conceal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_fragment_that_needs_a_larger_slot_is_listed_once, set_up, tear_down),
		cmocka_unit_test(no_order_takes_long_to_sort),
		cmocka_unit_test_setup_teardown(
			a_repeated_fragment_is_not_listed, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
