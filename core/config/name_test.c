#include "core/test.h"

#include <string.h>

#include "core/config/config.h"
#include "core/config/name.h"

static void a_name_may_be_part_of_a_path_and_a_url(void **state)
{
	static const char *const good[] = {"a", "Door-2_x.y", "5", "-", "_", "a..b"};
	static const char *const bad[] = {
		"", ".", "..", ".door", "a/b", "no camera", "t\xc3\xbcr", "a\n", "\xff", "a*"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(gw_name_is_good(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(gw_name_is_good(bad[i], strlen(bad[i])));
}

static void nothing_ends_a_name_but_its_size(void **state)
{
	assert_true(gw_name_is_good("door/", 4));
	assert_false(gw_name_is_good("do\0or", 5));
	assert_false(gw_name_is_good("door", 5));
}

static void only_the_files_beside_the_folders_are_reserved(void **state)
{
	const size_t size = strlen(GW_LINES_FILE);

	assert_true(gw_name_is_reserved(GW_LINES_FILE "x", size));
	assert_false(gw_name_is_reserved(GW_LINES_FILE "x", size + 1));
	assert_false(gw_name_is_reserved(GW_LINES_FILE, size - 1));
	assert_false(gw_name_is_reserved("frames.json2", size));
	assert_true(gw_name_is_reserved(GW_STATS_FILE, strlen(GW_STATS_FILE)));
	assert_false(gw_name_is_reserved(GW_STATS_FILE "l", strlen(GW_STATS_FILE) + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_may_be_part_of_a_path_and_a_url),
		cmocka_unit_test(nothing_ends_a_name_but_its_size),
		cmocka_unit_test(only_the_files_beside_the_folders_are_reserved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
