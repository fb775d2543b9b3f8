#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/test.h"
#include "dataplane/secure.h"
#include "dataplane/test_secure.h"

static void read_file(const char *text, int wanted, const char *line)
{
	char path[] = "/tmp/framegate-key-XXXXXX";
	const int fd = mkstemp(path);
	struct gw_srtp_key key = {0};
	struct gw_error error = {0};

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	assert_int_equal(secure_key_read(path, &key, &error), wanted);
	unlink(path);
	if (wanted == 0)
		assert_memory_equal(key.master, test_secure_key.master, GW_SRTP_KEY);
	else
		assert_non_null(strstr(error.text, line));
	assert_null(strstr(error.text, "4fl6"));
}

static void keys_are_read_from_files(void **state)
{
	struct gw_srtp_key key;
	struct gw_error error;

	read_file(TEST_SECURE_KEY_TEXT, 0, "");
	read_file(TEST_SECURE_KEY_TEXT "\n", 0, "");
	read_file("  inline:" TEST_SECURE_KEY_TEXT " \r\n", 0, "");
	read_file("", -EINVAL, "must hold the base64");
	read_file(TEST_SECURE_KEY_TEXT "A", -EINVAL, "and nothing else");
	read_file("4fl6DT4Bi+DWT6MsBt5BOQ7Gda1Jiv7rtpYLOqv", -EINVAL, "40 characters");
	read_file("4fl6DT4Bi+DWT6MsBt5BOQ7Gda1Jiv7rtpYLOqv=", -EINVAL, "40 characters");
	assert_int_equal(secure_key_read("/nowhere/key", &key, &error), -EINVAL);
	assert_string_equal(error.text,
		"srtp: cannot read the key file /nowhere/key: No such file or directory");
}

static void keys_are_read_from_an_sdp(void **state)
{
	static const struct {
		const char *text;
		int status;
	} cases[] = {
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" TEST_SECURE_KEY_TEXT, 0},
		{"12 aes_cm_128_hmac_sha1_80  inline:" TEST_SECURE_KEY_TEXT "|2^31\r\n", 0},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" TEST_SECURE_KEY_TEXT "|2^20|1:4", -ENOTSUP},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" TEST_SECURE_KEY_TEXT "|1:4", -ENOTSUP},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" TEST_SECURE_KEY_TEXT "x", -ENOTSUP},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" TEST_SECURE_KEY_TEXT
		 ";inline:" TEST_SECURE_KEY_TEXT,
			-ENOTSUP},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" TEST_SECURE_KEY_TEXT " UNENCRYPTED_SRTP",
			-ENOTSUP},
		{"1 F8_128_HMAC_SHA1_80 inline:" TEST_SECURE_KEY_TEXT, -ENOTSUP},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:4fl6", -EINVAL},
		{"1 AES_CM_128_HMAC_SHA1_80", -EINVAL},
		{"AES_CM_128_HMAC_SHA1_80 inline:" TEST_SECURE_KEY_TEXT, -EINVAL},
		{"", -EINVAL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct gw_srtp_key key = {0};
		struct gw_error error = {0};

		assert_int_equal(secure_key_from_sdp(cases[i].text, &key, &error), cases[i].status);
		assert_int_equal(key.is_set, cases[i].status == 0);
		if (key.is_set)
			assert_memory_equal(key.master, test_secure_key.master, GW_SRTP_KEY);
		assert_null(strstr(error.text, "4fl6"));
	}
	struct gw_srtp_key key;
	struct gw_error error;

	assert_int_equal(
		secure_key_from_sdp(
			"1 AES_CM_128_HMAC_SHA1_32 inline:" TEST_SECURE_KEY_TEXT, &key, &error),
		0);
	assert_int_equal(key.suite, GW_SRTP_AES_CM_128_HMAC_SHA1_32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_read_from_files),
		cmocka_unit_test(keys_are_read_from_an_sdp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
