#include "mgmt/corrections/corrections.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/test.h"

#define JPEG "\xff\xd8not quite\0a picture\xff\xd9"

struct kept {
	char folder[64], inside[96];
	struct corrections *corrections;
};

static int set_up(void **state)
{
	struct kept *k = calloc(1, sizeof(*k));

	snprintf(k->folder, sizeof(k->folder), "/tmp/corrections-XXXXXX");
	assert_non_null(mkdtemp(k->folder));
	snprintf(k->inside, sizeof(k->inside), "%s/corrections", k->folder);
	k->corrections = corrections_open(k->inside);
	*state = k;
	return 0;
}

static int tear_down(void **state)
{
	struct kept *k = *state;
	char command[128];

	corrections_close(k->corrections);
	snprintf(command, sizeof(command), "rm -r %s", k->folder);
	assert_int_equal(system(command), 0);
	free(k);
	return 0;
}

static int add(struct kept *k, const char *id, int second, const char *label)
{
	char at[32];
	struct gw_error error = {0};

	snprintf(at, sizeof(at), "2026-03-01T10:00:%02d.000Z", second);
	json_t *about = json_pack("{s:s, s:s, s:s?, s:s, s:{s:s}}", "id", id, "camera", "door",
		"label", label, "at", at, "record", "id", "boot/door/7");
	const int status =
		corrections_add(k->corrections, id, about, JPEG, sizeof(JPEG) - 1, &error);

	json_decref(about);
	return status;
}

static void close_and_open(struct kept *k)
{
	corrections_close(k->corrections);
	k->corrections = corrections_open(k->inside);
}

static bool is_there(const struct kept *k, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", k->inside, name);
	return access(path, F_OK) == 0;
}

static void leave(const struct kept *k, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", k->inside, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fclose(file);
}

static void assert_listed(struct kept *k, const char *const *ids, size_t count)
{
	json_t *list = corrections_list(k->corrections);

	assert_int_equal(json_array_size(list), count);
	for (size_t i = 0; i < count; i++) {
		const json_t *one = json_array_get(list, i);

		assert_string_equal(json_string_value(json_object_get(one, "id")), ids[i]);
		assert_null(json_object_get(one, "record"));
		assert_int_equal(
			json_integer_value(json_object_get(one, "bytes")), sizeof(JPEG) - 1);
	}
	json_decref(list);
}

static void what_was_added_is_there_after_a_start(void **state)
{
	static const char *const ids[] = {"b-8-door", "b-7-door"};
	struct kept *k = *state;
	struct gw_error error;
	json_t *about = NULL;
	void *jpeg = NULL;
	size_t size = 0;

	assert_listed(k, ids, 0);
	assert_int_equal(add(k, "b-7-door", 2, "3"), 0);
	assert_int_equal(add(k, "b-8-door", 1, NULL), 0);
	close_and_open(k);
	assert_listed(k, ids, 2);
	assert_int_equal(corrections_get(k->corrections, "b-7-door", &about, &error), 0);
	assert_string_equal(json_string_value(json_object_get(about, "label")), "3");
	assert_non_null(json_object_get(about, "record"));
	json_decref(about);
	assert_int_equal(corrections_picture(k->corrections, "b-7-door", &jpeg, &size, &error), 0);
	assert_int_equal(size, sizeof(JPEG) - 1);
	assert_memory_equal(jpeg, JPEG, size);
	free(jpeg);
}

static void a_label_can_be_said_later_and_again(void **state)
{
	struct kept *k = *state;
	struct gw_error error;
	json_t *about = NULL, *label = json_string("9");

	add(k, "b-7-door", 1, NULL);
	assert_int_equal(corrections_label(k->corrections, "b-7-door", label, "uid 7", &error), 0);
	assert_int_equal(corrections_get(k->corrections, "b-7-door", &about, &error), 0);
	assert_string_equal(json_string_value(json_object_get(about, "label")), "9");
	assert_string_equal(json_string_value(json_object_get(about, "who")), "uid 7");
	assert_non_null(json_object_get(about, "record"));
	json_decref(about);
	assert_int_equal(
		corrections_label(k->corrections, "b-8-door", label, "uid 7", &error), -ENOENT);
	assert_non_null(strstr(error.text, "no correction b-8-door"));
	json_decref(label);
}

static void what_was_removed_is_gone(void **state)
{
	static const char *const ids[] = {"b-8-door"};
	struct kept *k = *state;
	struct gw_error error;
	json_t *about = NULL;
	void *jpeg = NULL;
	size_t size;

	add(k, "b-7-door", 1, "3");
	add(k, "b-8-door", 2, "3");
	assert_int_equal(corrections_remove(k->corrections, "b-7-door", &error), 0);
	assert_int_equal(corrections_remove(k->corrections, "b-7-door", &error), -ENOENT);
	assert_int_equal(corrections_get(k->corrections, "b-7-door", &about, &error), -ENOENT);
	assert_int_equal(
		corrections_picture(k->corrections, "b-7-door", &jpeg, &size, &error), -ENOENT);
	assert_false(is_there(k, "b-7-door.jpg"));
	assert_listed(k, ids, 1);
}

static void no_id_leads_out_of_the_folder(void **state)
{
	static const char *const ids[] = {"", ".", "..", "../x", "a/b", ".hidden", "a b", "a\nb"};
	struct kept *k = *state;
	struct gw_error error;
	json_t *about = NULL;
	void *jpeg = NULL;
	size_t size;

	add(k, "x", 1, "3");
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		assert_false(corrections_id_fits(ids[i]));
		assert_int_equal(corrections_get(k->corrections, ids[i], &about, &error), -ENOENT);
		assert_int_equal(
			corrections_picture(k->corrections, ids[i], &jpeg, &size, &error), -ENOENT);
		assert_int_equal(corrections_remove(k->corrections, ids[i], &error), -ENOENT);
	}
	char longest[CORRECTION_ID + 1];

	memset(longest, 'a', sizeof(longest));
	longest[CORRECTION_ID] = '\0';
	assert_false(corrections_id_fits(longest));
	longest[CORRECTION_ID - 1] = '\0';
	assert_true(corrections_id_fits(longest));
}

static void what_a_kill_left_is_swept(void **state)
{
	static const char *const ids[] = {"b-7-door"};
	struct kept *k = *state;

	add(k, "b-7-door", 1, "3");
	leave(k, "b-9-door.jpg");
	leave(k, "b-9-door.json.new");
	close_and_open(k);
	assert_listed(k, ids, 1);
	assert_true(is_there(k, "b-7-door.jpg"));
	assert_false(is_there(k, "b-9-door.jpg"));
	assert_false(is_there(k, "b-9-door.json.new"));
}

static void there_is_an_end_to_them(void **state)
{
	struct kept *k = *state;
	struct gw_error error = {0};
	char id[32];

	add(k, "b-0-door", 1, "3");
	for (int i = 1; i < CORRECTIONS_MOST; i++) {
		snprintf(id, sizeof(id), "b-%d-door.jpg", i);
		leave(k, id);
	}
	json_t *about = json_pack("{s:s, s:s}", "id", "b-x-door", "at", "2026");

	assert_int_equal(
		corrections_add(k->corrections, "b-x-door", about, JPEG, 4, &error), -ENOSPC);
	assert_non_null(strstr(error.text, "1000 corrections are kept already"));
	assert_false(is_there(k, "b-x-door.jpg"));
	assert_int_equal(corrections_remove(k->corrections, "b-0-door", &error), 0);
	assert_int_equal(corrections_add(k->corrections, "b-x-door", about, JPEG, 4, &error), 0);
	json_decref(about);
}

static void one_that_was_damaged_is_left_out(void **state)
{
	static const char *const ids[] = {"b-7-door"};
	struct kept *k = *state;

	add(k, "b-7-door", 1, "3");
	leave(k, "b-8-door.json");
	assert_listed(k, ids, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_was_added_is_there_after_a_start, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_label_can_be_said_later_and_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_removed_is_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_id_leads_out_of_the_folder, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_a_kill_left_is_swept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(there_is_an_end_to_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			one_that_was_damaged_is_left_out, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
