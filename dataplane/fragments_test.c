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
		for (uint8_t value = 1; value <= 4; value++)
			for (uint32_t i = 0; i < (value < 4 ? 1000 : last); i++)
				assert_int_equal(b->open.data[at++], value);
		tear_down(state);
		set_up(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_fragment_that_needs_a_larger_slot_is_listed_once, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
