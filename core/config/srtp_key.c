/* What is wrong with a key is said without showing it. */
#include "core/config/srtp_key.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define INLINE "inline:"
#define KEY_TEXT 40 /* base64 of GW_SRTP_KEY bytes needs no filling */

static_assert(GW_SRTP_KEY * 4 / 3 == KEY_TEXT, "");

static int digit_of(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* The key stands at the beginning of the text. */
static bool read_key(const char *text, uint8_t key[GW_SRTP_KEY])
{
	for (uint32_t i = 0; i < KEY_TEXT; i += 4, key += 3) {
		uint32_t word = 0;

		for (uint32_t k = 0; k < 4; k++) {
			const int digit = digit_of(text[i + k]);

			if (digit < 0)
				return false;
			word = word << 6 | (uint32_t)digit;
		}
		key[0] = (uint8_t)(word >> 16);
		key[1] = (uint8_t)(word >> 8);
		key[2] = (uint8_t)word;
	}
	return true;
}

int gw_srtp_key_read(const char *path, struct gw_srtp_key *key, struct gw_error *error)
{
	char text[128] = "";
	FILE *file = fopen(path, "re");

	if (!file)
		return gw_error_set(error, -EINVAL, "srtp: cannot read the key file %s: %s", path,
			strerror(errno));
	const size_t size = fread(text, 1, sizeof(text) - 1, file);

	fclose(file);
	const char *begin = text + strspn(text, " \t\r\n");

	if (strncmp(begin, INLINE, strlen(INLINE)) == 0)
		begin += strlen(INLINE);
	const bool is_read = read_key(begin, key->master);
	const bool is_alone =
		is_read && begin[KEY_TEXT + strspn(begin + KEY_TEXT, " \t\r\n")] == '\0';

	explicit_bzero(text, size);
	if (!is_alone)
		return gw_error_set(error, -EINVAL,
			"srtp: %s must hold the base64 of master key and salt, %d characters, and "
			"nothing else",
			path, KEY_TEXT);
	key->is_set = true;
	return 0;
}

/* A word of the text, as a spaces-separated list has it. */
static const char *next_word(const char **text, size_t *size)
{
	*text += strspn(*text, " \t");
	const char *word = *text;

	*size = strcspn(word, " \t\r\n");
	*text += *size;
	return word;
}

static bool is_word(const char *word, size_t size, const char *wanted)
{
	return size == strlen(wanted) && strncasecmp(word, wanted, size) == 0;
}

int gw_srtp_key_from_sdp(const char *crypto, struct gw_srtp_key *key, struct gw_error *error)
{
	struct gw_srtp_key made = {.is_set = true};
	size_t size;
	const char *word = next_word(&crypto, &size); /* its number */

	if (size == 0 || strspn(word, "0123456789") != size)
		return gw_error_set(error, -EINVAL, "srtp: a=crypto begins with no number");
	word = next_word(&crypto, &size);
	if (is_word(word, size, "AES_CM_128_HMAC_SHA1_80"))
		made.suite = GW_SRTP_AES_CM_128_HMAC_SHA1_80;
	else if (is_word(word, size, "AES_CM_128_HMAC_SHA1_32"))
		made.suite = GW_SRTP_AES_CM_128_HMAC_SHA1_32;
	else
		return gw_error_set(error, -ENOTSUP, "srtp: the suite %.*s is not supported",
			(int)(size < 64 ? size : 64), word);
	word = next_word(&crypto, &size);
	if (size < strlen(INLINE) + KEY_TEXT || strncasecmp(word, INLINE, strlen(INLINE)) != 0 ||
		!read_key(word + strlen(INLINE), made.master))
		return gw_error_set(error, -EINVAL, "srtp: a=crypto has no whole inline: key");
	const char *rest = word + strlen(INLINE) + KEY_TEXT;

	/* A lifetime may follow: a gateway that reads needs none. With an identifier of the master
	 * key packets would be longer, and with another key separated by ';' they might need it. */
	const size_t left = size - strlen(INLINE) - KEY_TEXT;

	if (left > 0 && (rest[0] != '|' || memchr(rest, ':', left) || memchr(rest, ';', left)))
		return gw_error_set(error, -ENOTSUP,
			"srtp: a=crypto has a master key identifier or more keys than one, which "
			"are not supported");
	(void)next_word(&crypto, &size);
	if (size > 0)
		return gw_error_set(error, -ENOTSUP,
			"srtp: a=crypto has session parameters, which are not supported");
	*key = made;
	return 0;
}
