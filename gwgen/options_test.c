/* The command line, and the tables that help comes from. */
#include "gwgen/options.h"

#include "core/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "gwgen/kinds.h"

static int parse(struct options *options, struct gw_error *error, const char *const *words)
{
	int count = 0;

	while (words[count])
		count++;
	return options_parse(count, (char *const *)(uintptr_t)words, options, error);
}

#define PARSE(options, error, ...) parse(options, error, (const char *const[]){__VA_ARGS__, NULL})

static void words_are_understood(void **state)
{
	struct options options;
	struct gw_error error;
	double number;

	assert_int_equal(PARSE(&options, &error, "--camera", "plain", "--camera=esp32", "--output",
				 "x", "--loss", "2.5", "--json"),
		0);
	assert_int_equal(options.command, COMMAND_SEND);
	assert_int_equal(options.camera_count, 2);
	assert_string_equal(options.cameras[1], "esp32");
	assert_true(options_has(&options, OPTION_JSON));
	assert_int_equal(options_number(&options, OPTION_LOSS, 0, 100, 0, &number, &error), 0);
	assert_true(number > 2.49 && number < 2.51);
	assert_int_equal(PARSE(&options, &error, "search", "--port", "net_null0"), 0);
	assert_int_equal(options.command, COMMAND_SEARCH);
	assert_int_equal(PARSE(&options, &error, "--list"), 0);
	assert_int_equal(options.command, COMMAND_LIST);
}

static void nonsense_is_refused_with_a_word_of_what_to_do(void **state)
{
	static const struct {
		const char *words[3], *says;
	} cases[] = {
		{{"sned"}, "unknown command 'sned'"},
		{{"--rat", "5"}, "--rat: no such option"},
		{{"--rate"}, "--rate needs a value"},
		{{"--json=5"}, "--json takes no value"},
		{{"search", "--loss=3"}, "--loss is no option of 'search'"},
		{{"--pacing=odd"}, "it is one of even|burst"},
		{{"send", "more"}, "one word too many"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct options options;
		struct gw_error error = {""};

		assert_int_equal(parse(&options, &error, cases[i].words), -EINVAL);
		assert_non_null(strstr(error.text, cases[i].says));
	}
}

static void numbers_and_addresses_have_limits(void **state)
{
	struct options options;
	struct gw_error error;
	uint8_t address[16];
	double number;

	PARSE(&options, &error, "--loss=101", "--rate=fast", "--source=10.0.0");
	assert_int_equal(
		options_number(&options, OPTION_LOSS, 0, 100, 0, &number, &error), -EINVAL);
	assert_int_equal(options_number(&options, OPTION_RATE, 0, 9, 0, &number, &error), -EINVAL);
	assert_int_equal(
		options_address(&options, OPTION_SOURCE, "10.0.0.1", address, &error), -EINVAL);
	PARSE(&options, &error, "--source=fd00::1");
	assert_int_equal(
		options_address(&options, OPTION_SOURCE, "10.0.0.1", address, &error), AF_INET6);
	assert_memory_equal(address, "\xFD\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	assert_int_equal(options_address(&options, OPTION_DESTINATION, "10.0.0.1", address, &error),
		AF_INET);
	assert_memory_equal(address, "\x0A\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0", 16);
}

static void every_option_and_kind_is_described_once(void **state)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		assert_non_null(option_facts[i].summary);
		assert_true(option_facts[i].commands != 0);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(option_facts[i].name, option_facts[k].name);
	}
	for (const struct kind *kind = kinds; kind->name; kind++) {
		assert_non_null(kind->sentence);
		assert_ptr_equal(kind_find(kind->name), kind);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_understood),
		cmocka_unit_test(nonsense_is_refused_with_a_word_of_what_to_do),
		cmocka_unit_test(numbers_and_addresses_have_limits),
		cmocka_unit_test(every_option_and_kind_is_described_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
