/* What a webhook's requests are signed with. */
#include "mgmt/alarms/secret.h"

#include "core/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VARIABLE "FRAMEGATE_TEST_SECRET"

static const struct gw_webhook_config by_variable = {.secret_env = (char *)VARIABLE};

static void a_signature_is_what_standard_webhooks_has(void **state)
{
	/* The example of its specification. */
	setenv(VARIABLE, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1);
	char signature[WEBHOOK_SIGNATURE];
	struct webhook_secret secret;

	assert_int_equal(webhook_secret_read(&by_variable, &secret, NULL), 0);
	assert_int_equal(secret.size, 24);
	assert_int_equal(webhook_sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
				 "{\"test\": 2432232314}", signature),
		0);
	assert_string_equal(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	secret.bytes[0] ^= 1;
	webhook_sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}",
		signature);
	assert_string_not_equal(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void a_secret_of_a_file_is_its_first_line(void **state)
{
	char path[] = "/tmp/framegate-secret-XXXXXX";
	const struct gw_webhook_config config = {.secret_file = path};
	struct webhook_secret secret;
	struct gw_error error;
	FILE *file = fdopen(mkstemp(path), "w");

	fputs("0123456789abcdef\r\nmore\n", file);
	fclose(file);
	assert_int_equal(webhook_secret_read(&config, &secret, NULL), 0);
	assert_int_equal(secret.size, 16);
	assert_memory_equal(secret.bytes, "0123456789abcdef", 16);
	file = fopen(path, "w");
	for (int i = 0; i < 600; i++)
		fputc('x', file);
	fclose(file);
	assert_int_equal(webhook_secret_read(&config, &secret, &error), -EMSGSIZE);
	assert_int_equal(secret.size, 0);
	unlink(path);
	assert_int_equal(webhook_secret_read(&config, &secret, &error), -ENOENT);
	assert_non_null(strstr(error.text, "cannot be read: No such file or directory"));
	/* Nobody would ever end it. */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(webhook_secret_read(&config, &secret, &error), -EINVAL);
	unlink(path);
}

static void a_secret_that_is_none_is_told_without_repeating_it(void **state)
{
	static const struct {
		const char *value, *words;
	} wrong[] = {
		{"hunter2", "shorter than 16 bytes"},
		{"whsec_hunter2hunter2!!", "no base64"},
		{"whsec_aHVudGVyMg==", "shorter than 16 bytes"},
		{"", "shorter than 16 bytes"},
	};
	struct webhook_secret secret;
	struct gw_error error;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		setenv(VARIABLE, wrong[i].value, 1);
		assert_int_equal(webhook_secret_read(&by_variable, &secret, &error), -EINVAL);
		assert_non_null(strstr(error.text, wrong[i].words));
		assert_null(strstr(error.text, "hunter2"));
		assert_int_equal(secret.size, 0);
	}
	unsetenv(VARIABLE);
	assert_int_equal(webhook_secret_read(&by_variable, &secret, &error), -ENOENT);
	assert_non_null(strstr(error.text, "gwd's environment has no " VARIABLE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signature_is_what_standard_webhooks_has),
		cmocka_unit_test(a_secret_of_a_file_is_its_first_line),
		cmocka_unit_test(a_secret_that_is_none_is_told_without_repeating_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
