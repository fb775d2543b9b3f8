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

/* A number that the text consists of, up to `end`. */
static bool read_number(const char *text, const char *end, uint32_t *number)
{
	uint64_t read = 0;

	for (const char *at = text; at < end; at++) {
		if (*at < '0' || *at > '9' || read > UINT32_MAX)
			return false;
		read = read * 10 + (uint64_t)(*at - '0');
	}
	*number = (uint32_t)read;
	return text < end && read <= UINT32_MAX;
}

/* "1:4": the identifier 1, in 4 bytes. */
static bool read_identifier(const char *text, const char *end, struct gw_srtp_key *key)
{
	const char *colon = memchr(text, ':', (size_t)(end - text));
	uint32_t size;

	if (!colon || !read_number(text, colon, &key->mki) || !read_number(colon + 1, end, &size) ||
		size == 0 || size > GW_SRTP_MKI || (size < 4 && key->mki >> 8 * size))
		return false;
	key->mki_size = (uint8_t)size;
	return true;
}

/* What follows the key: "|2^31|1:4", either part or none. A lifetime ends with the session. */
static int read_rest(
	const char *text, const char *end, struct gw_srtp_key *key, struct gw_error *error)
{
	bool is_good = true;

	if (memchr(text, ';', (size_t)(end - text)))
		return gw_error_set(error, -ENOTSUP,
			"srtp: a=crypto has more keys than one: let the camera offer one");
	for (uint32_t parts = 0; text < end && is_good; parts++) {
		const char *bar = memchr(text + 1, '|', (size_t)(end - text - 1));
		const char *stop = bar ? bar : end;
		const char *part = text + 1;
		uint32_t ignored;

		is_good = *text == '|' && parts < 2 && key->mki_size == 0;
		if (is_good && memchr(part, ':', (size_t)(stop - part)))
			is_good = read_identifier(part, stop, key);
		else if (is_good)
			is_good = parts == 0 &&
				read_number(part + (strncmp(part, "2^", 2) == 0 ? 2 : 0), stop,
					&ignored);
		text = stop;
	}
	if (is_good)
		return 0;
	return gw_error_set(error, -EINVAL,
		"srtp: what follows the key in a=crypto is neither a lifetime nor an identifier of "
		"it");
}

/* One of the session parameters (RFC 4568, 6.3). */
static int read_parameter(const char *word, size_t size, struct gw_error *error)
{
	const char *value = memchr(word, '=', size);
	const size_t name = value ? (size_t)(value - word) : size;
	uint32_t window;

	/* Who does not know one with a '-' before it may leave it out (6.3.7). */
	if (*word == '-' ||
		(value && is_word(word, name, "WSH") &&
			read_number(value + 1, word + size, &window)))
		return 0;
	return gw_error_set(error, -ENOTSUP,
		"srtp: a=crypto has the session parameter %.*s, which is not supported: switch it "
		"off in the camera",
		(int)(name < 32 ? name : 32), word);
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
	int status = read_rest(word + strlen(INLINE) + KEY_TEXT, word + size, &made, error);

	while (status == 0) {
		word = next_word(&crypto, &size);
		if (size == 0)
			break;
		status = read_parameter(word, size, error);
	}
	if (status == 0)
		*key = made;
	explicit_bzero(&made, sizeof(made));
	return status;
}

bool gw_srtp_same_key(const struct gw_srtp_key *a, const struct gw_srtp_key *b)
{
	if (a->is_set != b->is_set)
		return false;
	return !a->is_set ||
		(a->suite == b->suite && a->mki_size == b->mki_size && a->mki == b->mki &&
			memcmp(a->master, b->master, GW_SRTP_KEY) == 0);
}
