#include "core/test.h"

#include <stdio.h>
#include <string.h>

#include "core/config/fingerprint.h"

static void what_is_shown_is_read_in_any_of_the_usual_forms(void **state)
{
	uint8_t bytes[GW_FINGERPRINT], read[GW_FINGERPRINT];
	char text[GW_FINGERPRINT_TEXT], plain[GW_FINGERPRINT_TEXT] = "";
	size_t used = 0;

	for (uint32_t i = 0; i < GW_FINGERPRINT; i++)
		bytes[i] = (uint8_t)(0xE5 + 7 * i);
	gw_fingerprint_show(bytes, text);
	assert_int_equal(strlen(text), GW_FINGERPRINT_TEXT - 1);
	assert_true(strncmp(text, "E5:EC:F3:", 9) == 0);
	assert_true(gw_fingerprint_read(text, read));
	assert_memory_equal(read, bytes, sizeof(bytes));
	for (const char *c = text; *c; c++)
		if (*c != ':')
			plain[used++] = (char)(*c >= 'A' ? *c + 'a' - 'A' : *c);
	assert_true(gw_fingerprint_read(plain, read));
	assert_memory_equal(read, bytes, sizeof(bytes));
}

static void anything_else_is_refused(void **state)
{
	uint8_t bytes[GW_FINGERPRINT] = {0}, read[GW_FINGERPRINT];
	char text[GW_FINGERPRINT_TEXT + 4];

	gw_fingerprint_show(bytes, text);
	strcat(text, ":");
	assert_false(gw_fingerprint_read(text, read));
	gw_fingerprint_show(bytes, text);
	strcat(text, "00");
	assert_false(gw_fingerprint_read(text, read));
	gw_fingerprint_show(bytes, text);
	text[GW_FINGERPRINT_TEXT - 2] = '\0'; /* half of the last byte */
	assert_false(gw_fingerprint_read(text, read));
	gw_fingerprint_show(bytes, text);
	text[4] = 'G';
	assert_false(gw_fingerprint_read(text, read));
	gw_fingerprint_show(bytes, text);
	text[5] = '-';
	assert_false(gw_fingerprint_read(text, read));
	assert_false(gw_fingerprint_read("", read));
	/* SHA-1 is too short. */
	assert_false(gw_fingerprint_read("0123456789abcdef0123456789abcdef01234567", read));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_shown_is_read_in_any_of_the_usual_forms),
		cmocka_unit_test(anything_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
