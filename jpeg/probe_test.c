#include "jpeg/probe.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jpeg/make.h"
#include "jpeg/marker.h"

static const struct jpeg_limits limits = {8192, 8192};

/* A JPEG that a test may damage. */
struct sample {
	uint8_t *data;
	size_t size;
};

static struct sample make(struct jpeg_recipe recipe)
{
	struct sample s;

	s.data = jpeg_make(&recipe, &s.size);
	return s;
}

static struct sample make_small(void)
{
	return make((struct jpeg_recipe){.width = 40, .height = 24});
}

static uint8_t *segment(struct sample *s, uint8_t marker)
{
	return s->data + jpeg_find(s->data, s->size, marker) + 2;
}

/* Probes and frees the sample; `cause` NULL: it must pass. */
static void assert_probe(struct sample s, int status, const char *cause)
{
	struct jpeg_info info;
	const char *said = NULL;

	assert_int_equal(jpeg_probe(s.data, s.size, &limits, &info, &said), status);
	if (cause)
		assert_string_equal(said, cause);
	free(s.data);
}

static void insert(struct sample *s, size_t at, const void *bytes, size_t count)
{
	uint8_t *longer = malloc(s->size + count);

	assert_non_null(longer);
	memcpy(longer, s->data, at);
	memcpy(longer + at, bytes, count);
	memcpy(longer + at + count, s->data + at, s->size - at);
	free(s->data);
	s->data = longer;
	s->size += count;
}

static void cut(struct sample *s, size_t at, size_t count)
{
	uint8_t *shorter = malloc(s->size - count);

	assert_non_null(shorter);
	memcpy(shorter, s->data, at);
	memcpy(shorter + at, s->data + at + count, s->size - at - count);
	free(s->data);
	s->data = shorter;
	s->size -= count;
}

static void cut_segment(struct sample *s, uint8_t marker)
{
	size_t at = jpeg_find(s->data, s->size, marker);

	cut(s, at, 2u + s->data[at + 2] * 256u + s->data[at + 3]);
}

static void it_tells_size_sampling_and_restart_interval(void **state)
{
	static const struct {
		struct jpeg_recipe recipe;
		enum jpeg_subsampling subsampling;
	} cases[] = {
		{{.width = 64, .height = 48, .h = 2, .v = 2}, JPEG_SUBSAMPLING_420},
		{{.width = 331, .height = 237, .h = 2, .v = 1}, JPEG_SUBSAMPLING_422},
		{{.width = 17, .height = 9, .h = 1, .v = 1}, JPEG_SUBSAMPLING_444},
		{{.width = 40, .height = 40, .h = 1, .v = 2}, JPEG_SUBSAMPLING_440},
		{{.width = 70, .height = 16, .h = 4, .v = 1}, JPEG_SUBSAMPLING_411},
		{{.width = 28, .height = 28, .components = 1}, JPEG_SUBSAMPLING_GRAY},
		{{.width = 64, .height = 48, .restart_interval = 1}, JPEG_SUBSAMPLING_420},
		{{.width = 200, .height = 100, .restart_interval = 4}, JPEG_SUBSAMPLING_420},
		{{.width = 99, .height = 70, .components = 1, .restart_interval = 7},
			JPEG_SUBSAMPLING_GRAY},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct jpeg_recipe *recipe = &cases[i].recipe;
		struct sample s = make(*recipe);
		struct jpeg_info info;
		const char *cause;

		assert_int_equal(jpeg_probe(s.data, s.size, &limits, &info, &cause), 0);
		assert_int_equal(info.width, recipe->width);
		assert_int_equal(info.height, recipe->height);
		assert_int_equal(info.subsampling, cases[i].subsampling);
		assert_int_equal(info.components, recipe->components ? recipe->components : 3);
		assert_int_equal(info.restart_interval, recipe->restart_interval);
		assert_int_equal(info.size, s.size);
		assert_true(info.scan_offset > 20 && info.scan_offset < s.size);
		free(s.data);
	}
}

static void every_prefix_is_refused_and_none_is_read_past(void **state)
{
	struct sample s =
		make((struct jpeg_recipe){.width = 48, .height = 32, .restart_interval = 2});

	for (size_t size = 0; size < s.size; size++) {
		uint8_t *prefix = malloc(size ? size : 1);
		struct jpeg_info info;
		const char *cause = NULL;

		memcpy(prefix, s.data, size);
		assert_int_equal(jpeg_probe(prefix, size, &limits, &info, &cause), -EBADMSG);
		assert_non_null(cause);
		free(prefix);
	}
	free(s.data);
}

static void no_single_wrong_byte_makes_it_read_past_the_end(void **state)
{
	struct sample s = make((struct jpeg_recipe){.width = 16, .height = 16});

	for (size_t at = 0; at < s.size; at++) {
		static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xc4, 0xda, 0xfe, 0xff};
		uint8_t before = s.data[at];

		for (size_t i = 0; i < sizeof(values); i++) {
			struct jpeg_info info;
			const char *cause;

			s.data[at] = values[i];
			if (jpeg_probe(s.data, s.size, &limits, &info, &cause) == 0)
				assert_true(info.width <= limits.max_width && info.size <= s.size);
		}
		s.data[at] = before;
	}
	free(s.data);
}

static void a_bomb_is_refused_by_its_header_alone(void **state)
{
	struct sample s = make_small();
	struct jpeg_info info;
	const char *cause;
	uint8_t *sof = segment(&s, MARKER_SOF0);

	sof[3] = sof[5] = 65500 >> 8;
	sof[4] = sof[6] = 65500 & 255;
	/* Not even the scan has to be there. */
	size_t header = (size_t)(sof - s.data) + sof[1];
	assert_int_equal(jpeg_probe(s.data, header, &limits, &info, &cause), -EFBIG);
	assert_probe(s, -EFBIG, "larger than the limit for pictures");
}

static void a_limit_is_met_but_not_exceeded(void **state)
{
	struct sample s = make_small();
	struct jpeg_info info;
	const char *cause;

	assert_int_equal(
		jpeg_probe(s.data, s.size, &(struct jpeg_limits){40, 24}, &info, &cause), 0);
	assert_int_equal(
		jpeg_probe(s.data, s.size, &(struct jpeg_limits){39, 24}, &info, &cause), -EFBIG);
	assert_int_equal(
		jpeg_probe(s.data, s.size, &(struct jpeg_limits){40, 23}, &info, &cause), -EFBIG);
	free(s.data);
}

static void other_codings_are_refused(void **state)
{
	static const struct {
		uint8_t marker;
		const char *cause;
	} codings[] = {
		{MARKER_SOF2, "progressive coding"},
		{MARKER_SOF3, "lossless coding"},
		{MARKER_SOF5, "hierarchical coding"},
		{MARKER_SOF9, "arithmetic coding"},
		{MARKER_SOF10, "arithmetic coding"},
		{MARKER_SOF15, "arithmetic coding"},
	};

	assert_probe(make((struct jpeg_recipe){.width = 40, .height = 24, .progressive = true}),
		-ENOTSUP, "progressive coding");
	for (size_t i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
		struct sample s = make_small();

		segment(&s, MARKER_SOF0)[-1] = codings[i].marker;
		assert_probe(s, -ENOTSUP, codings[i].cause);
	}
	assert_probe(make((struct jpeg_recipe){.width = 40, .height = 24, .components = 4}),
		-ENOTSUP, "neither one component nor three");
	assert_probe(make((struct jpeg_recipe){.width = 40, .height = 24, .split = true}), -ENOTSUP,
		"more than one scan");

	struct sample twelve_bits = make_small();
	segment(&twelve_bits, MARKER_SOF0)[2] = 12;
	assert_probe(twelve_bits, -ENOTSUP, "samples of other than 8 bits");

	struct sample no_height = make_small();
	memset(segment(&no_height, MARKER_SOF0) + 3, 0, 2);
	assert_probe(no_height, -ENOTSUP, "height after the scan");

	struct sample odd = make_small();
	segment(&odd, MARKER_SOF0)[9] = 0x31;
	assert_probe(odd, -ENOTSUP, "uncommon chroma subsampling");
}

static void a_second_scan_after_the_first_is_refused(void **state)
{
	static const uint8_t dht[] = {0xff, MARKER_DHT, 0, 2};
	struct sample s = make_small();

	insert(&s, s.size - 2, dht, sizeof(dht));
	assert_probe(s, -ENOTSUP, "more than one scan");
}

static void a_table_that_is_not_there_is_missed(void **state)
{
	struct sample s = make_small();

	cut_segment(&s, MARKER_DQT);
	assert_probe(s, -EBADMSG, "a quantisation table is missing");
	s = make_small();
	cut_segment(&s, MARKER_DHT);
	assert_probe(s, -EBADMSG, "a Huffman table is missing");
}

static void tables_that_make_no_sense_are_found(void **state)
{
	struct sample s = make_small();
	segment(&s, MARKER_DQT)[10] = 0;
	assert_probe(s, -EBADMSG, "a quantisation table holds zero");

	s = make_small();
	segment(&s, MARKER_DQT)[2] = 0x20;
	assert_probe(s, -EBADMSG, "malformed quantisation table");

	s = make_small();
	segment(&s, MARKER_DHT)[3] = 3; /* three codes of one bit */
	assert_probe(s, -EBADMSG, "a Huffman table has more codes than fit");

	s = make_small();
	segment(&s, MARKER_DHT)[18]++; /* one symbol more than the segment holds */
	assert_probe(s, -EBADMSG, "malformed Huffman table");

	s = make_small();
	segment(&s, MARKER_DHT)[19] = 16;
	assert_probe(s, -EBADMSG, "a Huffman table holds an impossible category");
}

static void wide_tables_belong_to_extended_pictures_only(void **state)
{
	struct jpeg_recipe recipe = {.width = 40, .height = 24, .quality = 1, .wide = true};
	struct sample s = make(recipe);
	assert_int_equal(segment(&s, MARKER_DQT)[2] >> 4, 1);
	assert_probe(s, 0, NULL);

	s = make(recipe);
	segment(&s, MARKER_SOF1)[-1] = MARKER_SOF0;
	assert_probe(s, -EBADMSG, "a baseline picture uses tables of an extended one");
}

static void headers_that_make_no_sense_are_found(void **state)
{
	struct sample s = make_small();
	s.data[1] = MARKER_EOI;
	assert_probe(s, -EBADMSG, "no start of image");

	s = make_small();
	memset(segment(&s, MARKER_SOF0) + 5, 0, 2);
	assert_probe(s, -EBADMSG, "no width");

	s = make_small();
	segment(&s, MARKER_SOF0)[1]++;
	assert_probe(s, -EBADMSG, "malformed frame header");

	s = make_small();
	segment(&s, MARKER_SOF0)[11] = segment(&s, MARKER_SOF0)[8];
	assert_probe(s, -EBADMSG, "two components of one name");

	s = make_small();
	segment(&s, MARKER_SOF0)[9] = 0x44;
	assert_probe(s, -EBADMSG, "too many blocks in one MCU");

	s = make_small();
	segment(&s, MARKER_SOS)[3] = 9;
	assert_probe(s, -EBADMSG, "the scan names another component than the frame");

	s = make_small();
	segment(&s, MARKER_SOS)[10] = 62;
	assert_probe(s, -EBADMSG, "a sequential scan of less than all coefficients");

	s = make_small();
	cut_segment(&s, MARKER_SOF0);
	assert_probe(s, -EBADMSG, "a scan before the frame header");

	s = make_small();
	cut(&s, 2, s.size - 4);
	assert_probe(s, -EBADMSG, "no scan");
}

static void restart_markers_must_fit_the_interval(void **state)
{
	struct jpeg_recipe recipe = {.width = 64, .height = 64, .restart_interval = 4};
	struct sample s = make(recipe);
	assert_probe(s, 0, NULL);

	s = make(recipe);
	cut(&s, jpeg_find(s.data, s.size, MARKER_RST0 + 1), 2);
	assert_probe(s, -EBADMSG, "restart markers do not fit the interval");

	s = make(recipe);
	segment(&s, MARKER_RST0 + 1)[-1] = MARKER_RST0 + 5;
	assert_probe(s, -EBADMSG, "restart markers do not fit the interval");

	s = make(recipe);
	cut_segment(&s, MARKER_DRI);
	assert_probe(s, -EBADMSG, "restart markers do not fit the interval");
}

static void a_last_restart_marker_that_begins_nothing_is_borne_with(void **state)
{
	struct jpeg_recipe recipe = {.width = 64, .height = 64, .restart_interval = 4};
	struct sample s = make(recipe);

	insert(&s, s.size - 2, "\xff\xd3\0\0", 4);
	assert_probe(s, 0, NULL);
	s = make(recipe);
	insert(&s, s.size - 2, "\xff\xd3\x12", 3);
	assert_probe(s, -EBADMSG, "restart markers do not fit the interval");
	s = make(recipe);
	insert(&s, s.size - 2, "\xff\xd3\xff\xd4", 4);
	assert_probe(s, -EBADMSG, "restart markers do not fit the interval");
}

static void fill_bytes_and_foreign_segments_are_borne_with(void **state)
{
	static const uint8_t app[] = {0xff, 0xff, 0xff, MARKER_APP15, 0, 5, 0xff, 0xd9, 0xda};
	static const uint8_t fill[] = {0xff, 0xff};
	struct sample s = make_small();

	insert(&s, 2, app, sizeof(app));
	insert(&s, s.size - 2, fill, sizeof(fill));
	assert_probe(s, 0, NULL);
}

static void padding_after_the_end_is_not_part_of_the_picture(void **state)
{
	static const uint8_t padding[] = {0, 0, 0xff, MARKER_EOI, 0};
	struct sample s = make_small();
	struct jpeg_info info;
	const char *cause;
	size_t size = s.size;

	insert(&s, s.size, padding, sizeof(padding));
	assert_int_equal(jpeg_probe(s.data, s.size, &limits, &info, &cause), 0);
	assert_int_equal(info.size, size);
	insert(&s, s.size, "\x0d\x0a--boundary", 12);
	assert_int_equal(jpeg_probe(s.data, s.size, &limits, &info, &cause), 0);
	assert_int_equal(info.size, size);
	insert(&s, s.size, "\xff\xd8", 2);
	assert_probe(s, -EBADMSG, "bytes after the end of the image");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_tells_size_sampling_and_restart_interval),
		cmocka_unit_test(every_prefix_is_refused_and_none_is_read_past),
		cmocka_unit_test(no_single_wrong_byte_makes_it_read_past_the_end),
		cmocka_unit_test(a_bomb_is_refused_by_its_header_alone),
		cmocka_unit_test(a_limit_is_met_but_not_exceeded),
		cmocka_unit_test(other_codings_are_refused),
		cmocka_unit_test(a_second_scan_after_the_first_is_refused),
		cmocka_unit_test(a_table_that_is_not_there_is_missed),
		cmocka_unit_test(tables_that_make_no_sense_are_found),
		cmocka_unit_test(wide_tables_belong_to_extended_pictures_only),
		cmocka_unit_test(headers_that_make_no_sense_are_found),
		cmocka_unit_test(restart_markers_must_fit_the_interval),
		cmocka_unit_test(a_last_restart_marker_that_begins_nothing_is_borne_with),
		cmocka_unit_test(fill_bytes_and_foreign_segments_are_borne_with),
		cmocka_unit_test(padding_after_the_end_is_not_part_of_the_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
