#include "core/test.h"

#include <string.h>

#include "lib/shelf.h"

static void pieces_are_aligned_and_do_not_meet(void **state)
{
	struct shelf shelf = {0};
	char *pieces[1000];

	for (size_t i = 0; i < 1000; i++) {
		pieces[i] = shelf_take(&shelf, 1 + i * 3);
		assert_non_null(pieces[i]);
		assert_int_equal((uintptr_t)pieces[i] % 8, 0);
		memset(pieces[i], (int)i % 256, 1 + i * 3);
	}
	for (size_t i = 0; i < 1000; i++)
		for (size_t k = 0; k < 1 + i * 3; k++)
			assert_int_equal((unsigned char)pieces[i][k], i % 256);
	shelf_free(&shelf);
}

static void what_was_cleared_is_used_again(void **state)
{
	struct shelf shelf = {0};
	const void *first = shelf_copy(&shelf, "abc", 4);

	assert_string_equal(first, "abc");
	shelf_clear(&shelf);
	assert_ptr_equal(shelf_take(&shelf, 4), first);
	shelf_free(&shelf);
}

static void a_piece_may_be_larger_than_what_is_taken_at_a_time(void **state)
{
	const size_t large = 5u << 20;
	struct shelf shelf = {0};
	char *piece = shelf_take(&shelf, large);

	assert_non_null(piece);
	memset(piece, 1, large);
	assert_non_null(shelf_take(&shelf, 1));
	shelf_clear(&shelf);
	assert_ptr_equal(shelf_take(&shelf, large), piece);
	assert_null(shelf_take(&shelf, SIZE_MAX));
	shelf_free(&shelf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_aligned_and_do_not_meet),
		cmocka_unit_test(what_was_cleared_is_used_again),
		cmocka_unit_test(a_piece_may_be_larger_than_what_is_taken_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
