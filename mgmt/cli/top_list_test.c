#include "core/test.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "mgmt/cli/reply.h"
#include "mgmt/cli/top_list.h"

/* "gate1 door gate2 ": the names of the page. */
static const char *names(struct top_list *list, const json_t *cameras, const json_t *latency)
{
	static char text[256];
	struct top_page page;

	top_list_pick(list, cameras, latency, &page);
	text[0] = '\0';
	for (size_t i = page.begin; i < page.end; i++) {
		strcat(text, reply_text(page.rows[i].camera, "name"));
		strcat(text, " ");
	}
	free(page.rows);
	return text;
}

static json_t *four(void)
{
	return json_loads("[{\"name\": \"gate10\", \"state\": \"live\", \"fps\": 5.0,"
			  "  \"lost_share\": 0.1, \"dropped_per_s\": 0.0},"
			  " {\"name\": \"gate9\", \"state\": \"silent\", \"fps\": 0.0,"
			  "  \"lost_share\": 0.0, \"dropped_per_s\": 0.0},"
			  " {\"name\": \"Door\", \"state\": \"stalled\", \"fps\": 1.0,"
			  "  \"lost_share\": 0.3, \"dropped_per_s\": 2.0},"
			  " {\"name\": \"yard\", \"state\": \"live\", \"fps\": 25.0,"
			  "  \"lost_share\": 0.0, \"dropped_per_s\": 1.0}]",
		0, NULL);
}

static json_t *two_latencies(void)
{
	return json_loads("[{\"camera\": \"yard\", \"count\": 9, \"p99_us\": 70},"
			  " {\"camera\": \"gate10\", \"count\": 9, \"p99_us\": 90}]",
		0, NULL);
}

static void every_order_has_the_worst_first(void **state)
{
	static const struct {
		const char *order, *names;
	} expected[] = {
		{"name", "Door gate9 gate10 yard "},
		{"state", "gate9 Door gate10 yard "},
		{"rate", "gate9 Door gate10 yard "},
		{"loss", "Door gate10 gate9 yard "},
		{"dropped", "Door yard gate9 gate10 "},
		{"latency", "gate10 yard Door gate9 "},
	};
	json_t *cameras = four(), *latency = two_latencies();

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const int order = top_order_find(expected[i].order);

		assert_in_range(order, 0, 5);
		assert_string_equal(
			names(&(struct top_list){.order = (size_t)order}, cameras, latency),
			expected[i].names);
	}
	assert_int_equal(top_order_find("colour"), -1);
	json_decref(cameras);
	json_decref(latency);
}

static void names_are_filtered_and_pages_turned(void **state)
{
	json_t *cameras = four();
	struct top_list list = {.filter = "GATE"};

	assert_string_equal(names(&list, cameras, NULL), "gate9 gate10 ");
	list = (struct top_list){.rows = 3};
	assert_string_equal(names(&list, cameras, NULL), "Door gate9 gate10 ");
	list.page = 1;
	assert_string_equal(names(&list, cameras, NULL), "yard ");
	/* There are fewer pages by now. */
	list.page = 9;
	assert_string_equal(names(&list, cameras, NULL), "yard ");
	assert_int_equal(list.page, 1);
	list = (struct top_list){.rows = 3, .page = 2, .filter = "nobody"};
	assert_string_equal(names(&list, cameras, NULL), "");
	json_decref(cameras);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_order_has_the_worst_first),
		cmocka_unit_test(names_are_filtered_and_pages_turned),
	};

	return cmocka_run_group_tests_name("top_list", tests, NULL, NULL);
}
