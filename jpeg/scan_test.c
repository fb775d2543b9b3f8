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
	*scan = (struct jpeg_scan){.seen = size, .size = size};
	for (uint32_t i = 0; i + 1 < size; i++) {
		const uint8_t next = data[i + 1];

		if (data[i] != 0xFF || next == 0 || next == 0xFF)
			continue;
		if (next == 0xD9) {
			scan->size = i;
			scan->ended = true;
			return;
		}
		if (next < 0xD0 || next > 0xD7) {
			if (!scan->foreign)
				scan->foreign_at = i;
			scan->foreign = true;
			continue;
		}
		if (next != 0xD0 + scan->restarts % 8)
			scan->out_of_order = true;
		if (scan->restarts++ == 0)
			scan->first_restart = i;
		scan->last_restart = i;
	}
}

static void assert_equal(const struct jpeg_scan *scan, const struct jpeg_scan *plain)
{
	assert_int_equal(scan->seen, plain->seen);
	assert_int_equal(scan->size, plain->size);
	assert_int_equal(scan->restarts, plain->restarts);
	assert_int_equal(scan->first_restart, plain->first_restart);
	assert_int_equal(scan->last_restart, plain->last_restart);
	assert_int_equal(scan->out_of_order, plain->out_of_order);
	assert_int_equal(scan->foreign, plain->foreign);
	assert_int_equal(scan->foreign_at, plain->foreign_at);
	assert_int_equal(scan->ended, plain->ended);
}

static void assert_same(const uint8_t *data, uint32_t size)
{
	struct jpeg_scan plain, scan = {0};

	look_plainly(data, size, &plain);
	jpeg_scan_look(&scan, data, size);
	assert_equal(&scan, &plain);
}

/* Fragments of random sizes, each in memory of its own; some bytes arrive otherwise and are looked
 * at where they are. */
static void assert_same_in_fragments(const uint8_t *data, uint32_t size, uint32_t most)
{
	struct jpeg_scan plain, scan = {0};
	uint8_t *copy = malloc(size + (size == 0));

	look_plainly(data, size, &plain);
	for (uint32_t at = 0; at < size;) {
		uint32_t n = 1 + next_random() % most;

		if (n > size - at)
			n = size - at;
		if (next_random() % 8 == 0) {
			memcpy(copy + at, data + at, n);
			jpeg_scan_look(&scan, copy, at + n);
		} else {
			uint8_t *fragment = malloc(n);

			memcpy(fragment, data + at, n);
			jpeg_scan_copy(&scan, copy, fragment, n);
			free(fragment);
		}
		at += n;
	}
	assert_equal(&scan, &plain);
	assert_memory_equal(copy, data, size);
	free(copy);
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
				assert_same_in_fragments(room + alignment, size, 1 + size / 2);
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
				assert_same_in_fragments(data, size, size);
			}
		}
		free(data);
	}
}

static void what_was_copied_was_looked_at(void **state)
{
	static const uint32_t sparse[] = {1, 10, 60, 400, 4000};
	static const uint32_t most[] = {3, 40, 200, 1500, 9000};
	uint8_t data[20000];

	for (uint32_t round = 0; round < 400; round++) {
		const uint32_t size = next_random() % (sizeof(data) + 1);

		fill(data, size, sparse[next_random() % 5]);
		assert_same_in_fragments(data, size, most[next_random() % 5]);
	}
}

static void markers_in_order_are_told_from_others(void **state)
{
	uint8_t data[2000];
	struct jpeg_scan scan = {0};

	memset(data, 0x11, sizeof(data));
	for (uint32_t i = 0; i < 19; i++) {
		data[100 * i + 50] = 0xFF;
		data[100 * i + 51] = (uint8_t)(0xD0 + i % 8);
	}
	jpeg_scan_look(&scan, data, sizeof(data));
	assert_int_equal(scan.restarts, 19);
	assert_int_equal(scan.first_restart, 50);
	assert_int_equal(scan.last_restart, 1850);
	assert_false(scan.out_of_order);
	data[100 * 17 + 51] = 0xD2;
	scan = (struct jpeg_scan){0};
	jpeg_scan_look(&scan, data, sizeof(data));
	assert_true(scan.out_of_order);
}

static void a_last_marker_before_the_end_is_left_out(void **state)
{
	static const uint8_t filled[] = {
		0x12, 0xFF, 0xD0, 0x34, 0xFF, 0xD1, 0x00, 0xFF, 0x00, 0xFF, 0xFF, 0xD9};
	static const uint8_t needed[] = {0x12, 0xFF, 0xD0, 0x34, 0x00, 0xFF, 0xD9};
	struct jpeg_scan scan = {0};

	jpeg_scan_look(&scan, filled, sizeof(filled));
	assert_int_equal(scan.size, 10);
	jpeg_scan_trim(&scan, filled);
	assert_int_equal(scan.size, 4);
	assert_int_equal(scan.restarts, 1);

	scan = (struct jpeg_scan){0};
	jpeg_scan_look(&scan, needed, sizeof(needed));
	jpeg_scan_trim(&scan, needed);
	assert_int_equal(scan.size, 5);
	assert_int_equal(scan.restarts, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_bytes_give_what_a_plain_loop_finds),
		cmocka_unit_test(a_marker_is_found_wherever_it_stands),
		cmocka_unit_test(what_was_copied_was_looked_at),
		cmocka_unit_test(markers_in_order_are_told_from_others),
		cmocka_unit_test(a_last_marker_before_the_end_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
