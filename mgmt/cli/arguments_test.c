#include "core/test.h"

#include <errno.h>
#include <string.h>

#include "mgmt/cli/arguments.h"

static struct cli cli;
static struct gw_error error;

/* Parses the words of one line, separated by single spaces. */
static int parse(const char *line)
{
	static char text[256];
	char *words[16];
	int count = 0;

	strcpy(text, line);
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
		words[count++] = word;
	cli = (struct cli){.color = true};
	error.text[0] = '\0';
	return arguments_parse(count, words, &cli, &error);
}

static void refused(const char *line, const char *advice)
{
	assert_int_equal(parse(line), -EINVAL);
	if (!strstr(error.text, advice))
		fail_msg("'%s' says: %s", line, error.text);
	assert_null(strchr(error.text, '\n'));
}

static void a_noun_alone_is_a_command(void **state)
{
	assert_int_equal(parse("status"), 0);
	assert_string_equal(cli.command->noun, "status");
	assert_null(cli.argument);
}

static void noun_verb_and_argument_are_told_apart(void **state)
{
	assert_int_equal(parse("camera show cam0"), 0);
	assert_string_equal(cli.command->verb, "show");
	assert_string_equal(cli.argument, "cam0");
	assert_int_equal(parse("sample cam0"), 0);
	assert_null(cli.command->verb);
	assert_string_equal(cli.argument, "cam0");
}

static void options_may_stand_anywhere(void **state)
{
	static const char *const lines[] = {"--socket /s --json camera show cam0",
		"camera --json show --socket=/s cam0", "camera show cam0 --socket /s --json"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(parse(lines[i]), 0);
		assert_string_equal(cli.socket, "/s");
		assert_true(cli.json);
		assert_string_equal(cli.argument, "cam0");
	}
	assert_int_equal(parse("--no-color status"), 0);
	assert_false(cli.color);
}

static void options_of_a_command_arrive_in_its_order(void **state)
{
	assert_int_equal(parse("top --interval 2.5"), 0);
	assert_null(cli.option[0]);
	assert_string_equal(cli.option[1], "2.5");
	assert_int_equal(parse("top --interval=3 --once"), 0);
	assert_string_equal(cli.option[0], "");
	assert_string_equal(cli.option[1], "3");
}

static void an_option_may_be_given_nothing(void **state)
{
	assert_int_equal(parse("camera set door --model= --port 5004"), 0);
	assert_string_equal(cli.argument, "door");
	for (int i = 0; i < CLI_OPTIONS; i++) {
		const char *name = cli.command->options[i].name;

		if (name && strcmp(name, "--model") == 0)
			assert_string_equal(cli.option[i], "");
		else if (name && strcmp(name, "--port") == 0)
			assert_string_equal(cli.option[i], "5004");
		else
			assert_null(cli.option[i]);
	}
}

static void further_words_may_be_needed_or_not(void **state)
{
	refused("model check models/yolo/1", "needs more: gwctl model check DIR PICTURE...");
	assert_int_equal(parse("model add training/gate"), 0);
	assert_int_equal(cli.more_count, 0);
	assert_int_equal(parse("model add training/gate a.jpg b.jpg --name gate"), 0);
	assert_int_equal(cli.more_count, 2);
	assert_string_equal(cli.more[1], "b.jpg");
}

static void after_two_dashes_everything_is_a_word(void **state)
{
	assert_int_equal(parse("camera show -- --json"), 0);
	assert_string_equal(cli.argument, "--json");
	assert_false(cli.json);
}

static void help_needs_no_argument(void **state)
{
	assert_int_equal(parse("camera show --help"), 0);
	assert_true(cli.help);
	assert_int_equal(parse("camera -h"), 0);
	assert_null(cli.command);
	assert_string_equal(cli.noun, "camera");
	assert_int_equal(parse("--help"), 0);
	assert_int_equal(parse("help camera show"), 0);
	assert_string_equal(cli.argument, "camera");
	assert_string_equal(cli.verb, "show");
}

static void what_is_wrong_is_said_with_what_is_right(void **state)
{
	refused("camra list", "did you mean 'camera'");
	refused("zzzzzzzz", "gwctl help");
	refused("tpo", "unknown command 'tpo': gwctl help");
	refused("tp", "did you mean 'top'");
	refused("foo", "unknown command 'foo': gwctl help");
	refused("st", "unknown command 'st': gwctl help");
	refused("camera", "gwctl camera list, or gwctl camera show NAME");
	refused("camera lst", "'camera lst' is no command");
	refused("camera show", "gwctl camera show NAME");
	refused("sample", "needs a camera");
	refused("camera add", "needs a name for the camera");
	refused("camera add door --colour blue",
		"--colour: no such option: gwctl camera add --help");
	refused("config check", "needs a file");
	refused("status now", "'now' is one word too many");
	refused("camera show a b", "'b' is one word too many");
	refused("drops --alll", "gwctl drops --help");
	refused("status --all", "gwctl status --help");
	refused("--nosuch", "--nosuch: no such option");
	refused("--socket", "--socket needs a value");
	refused("top --interval", "--interval needs a value");
	refused("status --json=yes", "--json takes no value");
	refused("bench schedule --output=", "--output needs a value");
	refused("model check --output= a b", "--output needs a value");
	refused("--socket= status", "--socket needs a value");
	refused("help status now", "'now' is one word too many");
	refused("drops --all=yes", "--all takes no value");
}

static void the_table_of_commands_is_complete(void **state)
{
	for (const struct cli_command *c = cli_next(NULL); c; c = cli_next(c)) {
		assert_non_null(c->run);
		assert_non_null(c->summary);
		assert_int_equal(c->details[strlen(c->details) - 1] == '.' ||
				strstr(c->details, "gwctl") != NULL,
			true);
		/* An example begins with the command itself, and its own words are accepted. */
		assert_memory_equal(c->example, c->noun, strlen(c->noun));
		if (!strchr(c->example, '>'))
			assert_int_equal(parse(c->example), 0);
		assert_int_equal(c->argument != NULL, c->kind != CLI_NOTHING);
		for (const struct cli_command *d = cli_next(NULL); d != c; d = cli_next(d))
			assert_false(strcmp(c->noun, d->noun) == 0 &&
				(!c->verb || !d->verb || strcmp(c->verb, d->verb) == 0));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_noun_alone_is_a_command),
		cmocka_unit_test(noun_verb_and_argument_are_told_apart),
		cmocka_unit_test(options_may_stand_anywhere),
		cmocka_unit_test(options_of_a_command_arrive_in_its_order),
		cmocka_unit_test(an_option_may_be_given_nothing),
		cmocka_unit_test(further_words_may_be_needed_or_not),
		cmocka_unit_test(after_two_dashes_everything_is_a_word),
		cmocka_unit_test(help_needs_no_argument),
		cmocka_unit_test(what_is_wrong_is_said_with_what_is_right),
		cmocka_unit_test(the_table_of_commands_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
