#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config/srtp_key.h"
#include "core/test.h"

/* The master key and salt of RFC 3711, appendix B.3, and their base64. */
static const uint8_t master[GW_SRTP_KEY] = {0xE1, 0xF9, 0x7A, 0x0D, 0x3E, 0x01, 0x8B, 0xE0, 0xD6,
	0x4F, 0xA3, 0x2C, 0x06, 0xDE, 0x41, 0x39, 0x0E, 0xC6, 0x75, 0xAD, 0x49, 0x8A, 0xFE, 0xEB,
	0xB6, 0x96, 0x0B, 0x3A, 0xAB, 0xE6};
#define KEY_TEXT "4fl6DT4Bi+DWT6MsBt5BOQ7Gda1Jiv7rtpYLOqvm"

static void read_file(const char *text, int wanted, const char *line)
{
	char path[] = "/tmp/framegate-key-XXXXXX";
	const int fd = mkstemp(path);
	struct gw_srtp_key key = {0};
	struct gw_error error = {0};

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	assert_int_equal(gw_srtp_key_read(path, &key, &error), wanted);
	unlink(path);
	if (wanted == 0)
		assert_memory_equal(key.master, master, GW_SRTP_KEY);
	else
		assert_non_null(strstr(error.text, line));
	assert_null(strstr(error.text, "4fl6"));
}

static void keys_are_read_from_files(void **state)
{
	struct gw_srtp_key key;
	struct gw_error error;

	read_file(KEY_TEXT, 0, "");
	read_file(KEY_TEXT "\n", 0, "");
	read_file("  inline:" KEY_TEXT " \r\n", 0, "");
	read_file("", -EINVAL, "must hold the base64");
	read_file(KEY_TEXT "A", -EINVAL, "and nothing else");
	read_file("4fl6DT4Bi+DWT6MsBt5BOQ7Gda1Jiv7rtpYLOqv", -EINVAL, "40 characters");
	read_file("4fl6DT4Bi+DWT6MsBt5BOQ7Gda1Jiv7rtpYLOqv=", -EINVAL, "40 characters");
	assert_int_equal(gw_srtp_key_read("/nowhere/key", &key, &error), -EINVAL);
	assert_string_equal(error.text,
		"srtp: cannot read the key file /nowhere/key: No such file or directory");
}

static void keys_are_read_from_an_sdp(void **state)
{
	static const struct {
		const char *text;
		int status;
	} cases[] = {
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT, 0},
		{"12 aes_cm_128_hmac_sha1_80  inline:" KEY_TEXT "|2^31\r\n", 0},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT "|2^20|1:4", 0},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT "|1:4", 0},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT "|1048576", 0},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT " WSH=64", 0},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT "|2^31|1:1 WSH=128 -x=y", 0},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT "x", -EINVAL},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT "|", -EINVAL},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT "|x", -EINVAL},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT "|2^", -EINVAL},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT "|1:4|2^20", -EINVAL},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT "|2^20|1:4|1:4", -EINVAL},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT "|1:0", -EINVAL},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT "|1:129", -EINVAL},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT "|256:1", -EINVAL},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT "|99999999999:8", -EINVAL},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT "|1:", -EINVAL},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT ";inline:" KEY_TEXT, -ENOTSUP},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT " WSH=x", -ENOTSUP},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT " KDR=1", -ENOTSUP},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT " UNENCRYPTED_SRTP", -ENOTSUP},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT " WSH=64 UNENCRYPTED_SRTCP",
			-ENOTSUP},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT " FEC_KEY=inline:" KEY_TEXT,
			-ENOTSUP},
		{"1 F8_128_HMAC_SHA1_80 inline:" KEY_TEXT, -ENOTSUP},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:4fl6", -EINVAL},
		{"1 AES_CM_128_HMAC_SHA1_80", -EINVAL},
		{"AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT, -EINVAL},
		{"", -EINVAL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct gw_srtp_key key = {0};
		struct gw_error error = {0};

		assert_int_equal(
			gw_srtp_key_from_sdp(cases[i].text, &key, &error), cases[i].status);
		assert_int_equal(key.is_set, cases[i].status == 0);
		if (key.is_set)
			assert_memory_equal(key.master, master, GW_SRTP_KEY);
		assert_null(strstr(error.text, "4fl6"));
	}
	struct gw_srtp_key key;
	struct gw_error error;

	assert_int_equal(
		gw_srtp_key_from_sdp("1 AES_CM_128_HMAC_SHA1_32 inline:" KEY_TEXT, &key, &error),
		0);
	assert_int_equal(key.suite, GW_SRTP_AES_CM_128_HMAC_SHA1_32);
	assert_int_equal(key.mki_size, 0);
}

static void a_key_may_have_an_identifier(void **state)
{
	struct gw_srtp_key key, other;
	struct gw_error error;

	assert_int_equal(
		gw_srtp_key_from_sdp(
			"1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT "|2^31|258:2", &key, &error),
		0);
	assert_int_equal(key.mki_size, 2);
	assert_int_equal(key.mki, 258);
	other = key;
	assert_true(gw_srtp_same_key(&key, &other));
	other.mki++;
	assert_false(gw_srtp_same_key(&key, &other));
	assert_int_equal(gw_srtp_key_from_sdp("1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_TEXT " KDR=1",
				 &key, &error),
		-ENOTSUP);
	assert_string_equal(error.text,
		"srtp: a=crypto has the session parameter KDR, which is not supported: switch it "
		"off in the camera");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_read_from_files),
		cmocka_unit_test(keys_are_read_from_an_sdp),
		cmocka_unit_test(a_key_may_have_an_identifier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
