/* The scan is looked through in vectors: held against a plain loop over bytes. */
#include "jpeg/scan.h"

#include <stdlib.h>
#include <string.h>

#include "core/test.h"

/* More than two of the blocks that are skipped at once, at every offset into a vector. */
#define LENGTHS 300
#define ALIGNMENTS 33

static uint32_t random_state = 1;

static uint32_t next_random(void)
{
	random_state = random_state * 1664525 + 1013904223;
	return random_state >> 8;
}

/* One byte in `sparse` is 0xFF or what may follow it; the others are not 0xFF. */
static void fill(uint8_t *data, uint32_t size, uint32_t sparse)
{
	static const uint8_t of_interest[] = {
		0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0xCF, 0xD0, 0xD1, 0xD2, 0xD7, 0xD8, 0xD9, 0xDA};

	for (uint32_t i = 0; i < size; i++)
		data[i] = next_random() % sparse == 0
			? of_interest[next_random() % sizeof(of_interest)]
			: (uint8_t)(next_random() % 255);
}

static void look_plainly(const uint8_t *data, uint32_t size, struct jpeg_scan *scan)
{
	*scan = (struct jpeg_scan){.size = size, .in_order = true};
	for (uint32_t i = 0; i + 1 < size; i++) {
		if (data[i] != 0xFF)
			continue;
		if (data[i + 1] == 0xD9) {
			scan->size = i;
			return;
		}
		if (data[i + 1] < 0xD0 || data[i + 1] > 0xD7)
			continue;
		if (data[i + 1] != 0xD0 + scan->restarts % 8)
			scan->in_order = false;
		if (scan->restarts++ == 0)
			scan->first_restart = i;
	}
}

static void assert_same(const uint8_t *data, uint32_t size)
{
	struct jpeg_scan plain, scan;

	look_plainly(data, size, &plain);
	jpeg_scan_look(data, size, &scan);
	assert_int_equal(scan.size, plain.size);
	assert_int_equal(scan.restarts, plain.restarts);
	assert_int_equal(scan.first_restart, plain.first_restart);
	assert_int_equal(scan.in_order, plain.in_order);
}

/* The bytes end where their memory does: sanitizers see a read beyond them. */
static void random_bytes_give_what_a_plain_loop_finds(void **state)
{
	static const uint32_t sparse[] = {1, 4, 60, 400};

	for (uint32_t alignment = 0; alignment < ALIGNMENTS; alignment++) {
		for (uint32_t size = 0; size < LENGTHS; size++) {
			uint8_t *room = malloc(alignment + size + (alignment + size == 0));

			for (uint32_t i = 0; i < 4; i++) {
				fill(room + alignment, size, sparse[i]);
				assert_same(room + alignment, size);
			}
			free(room);
		}
	}
}

static void a_marker_is_found_wherever_it_stands(void **state)
{
	static const uint8_t markers[] = {0x00, 0xC0, 0xD0, 0xD3, 0xD9, 0xFF};

	for (uint32_t size = 2; size < LENGTHS; size++) {
		uint8_t *data = malloc(size);

		for (uint32_t at = 0; at < size; at++) {
			for (uint32_t i = 0; i < sizeof(markers); i++) {
				memset(data, 0x55, size);
				data[at] = 0xFF;
				if (at + 1 < size)
					data[at + 1] = markers[i];
				assert_same(data, size);
			}
		}
		free(data);
	}
}

static void markers_in_order_are_told_from_others(void **state)
{
	uint8_t data[2000];
	struct jpeg_scan scan;

	memset(data, 0x11, sizeof(data));
	for (uint32_t i = 0; i < 19; i++) {
		data[100 * i + 50] = 0xFF;
		data[100 * i + 51] = (uint8_t)(0xD0 + i % 8);
	}
	jpeg_scan_look(data, sizeof(data), &scan);
	assert_int_equal(scan.restarts, 19);
	assert_int_equal(scan.first_restart, 50);
	assert_true(scan.in_order);
	data[100 * 17 + 51] = 0xD2;
	jpeg_scan_look(data, sizeof(data), &scan);
	assert_false(scan.in_order);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_bytes_give_what_a_plain_loop_finds),
		cmocka_unit_test(a_marker_is_found_wherever_it_stands),
		cmocka_unit_test(markers_in_order_are_told_from_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
