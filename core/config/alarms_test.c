/* The section `alarms`. */
#include "core/config/test_configs.h"

#include <stdio.h>

#define WEBHOOK "cameras: []\nalarms: {webhook: "
#define SECRET "secret_env: S}}\n"

static void refused(const char *text, const char *line)
{
	struct gw_config *config;
	struct gw_error error;

	assert_int_not_equal(gw_config_parse(text, strlen(text), &config, &error), 0);
	assert_null(config);
	assert_string_equal(error.text, line);
}

static void there_are_defaults_and_zero_switches_off(void **state)
{
	struct gw_config *config = test_config("cameras: []\nalarms: {black: 0}\n");
	const struct gw_alarms_config *alarms = config->alarms;

	assert_int_equal(alarms->raise, 5);
	assert_int_equal(alarms->clear, 30);
	assert_int_equal(*alarms->loss, 5);
	assert_int_equal(*alarms->frozen, 60);
	assert_int_equal(*alarms->black, 0);
	assert_int_equal(*alarms->disk, 5);
	assert_true(*alarms->clock);
	assert_string_equal(alarms->update, "/var/lib/framegate-update/outcome.json");
	assert_null(alarms->webhook);
	gw_config_free(config);
}

static void numbers_have_limits(void **state)
{
	refused("cameras: []\nalarms: {black: 256}\n",
		"configuration:2:17: alarms.black: must be at most 255");
	refused("cameras: []\nalarms: {raise: 0}\n",
		"configuration:2:17: 'alarms.raise' must be a whole number from 1 to 4294967295, "
		"not '0'");
	refused("cameras: []\nalarms: {clear: 90000}\n",
		"configuration:2:17: alarms.clear: must be at most 86400");
}

static void a_webhook_has_an_address_and_a_secret(void **state)
{
	static const char address[] =
		"alarms.webhook.url: it needs a `url` of the form https://HOST[:PORT]/PATH, or "
		"http://";
	static const char *const wrong[] = {"ftp://h/", "http://", "https:///x", "hooks.example",
		"'https://h/a b'", "\"https://h/\\u00e9\"", "file:///etc/passwd"};
	char text[256], line[256];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), WEBHOOK "{url: %s, " SECRET, wrong[i]);
		snprintf(line, sizeof(line), "configuration:2:25: %s", address);
		refused(text, line);
	}
	refused(WEBHOOK "{url: 'https://me:hunter2@h/', " SECRET,
		"configuration:2:25: alarms.webhook.url: no name and password may stand in it: "
		"requests are signed with `secret_file` or `secret_env`");
	refused(WEBHOOK "{url: 'https://h/'}}\n",
		"configuration:2:19: alarms.webhook: it needs one of `secret_file` and "
		"`secret_env`: where the secret is that requests are signed with");
	refused(WEBHOOK "{url: 'https://h/', secret_file: /s, " SECRET,
		"configuration:2:68: alarms.webhook.secret_env: it needs one of `secret_file` and "
		"`secret_env`: where the secret is that requests are signed with");
	struct gw_config *config = test_config(WEBHOOK "{url: 'http://[::1]:80/a@b', " SECRET);

	assert_string_equal(config->alarms->webhook->url, "http://[::1]:80/a@b");
	gw_config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_are_defaults_and_zero_switches_off),
		cmocka_unit_test(numbers_have_limits),
		cmocka_unit_test(a_webhook_has_an_address_and_a_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
