#include "sink/writer.h"

#include <math.h>
#include <string.h>

#include "core/clock.h"
#include "core/utf8.h"

#define LARGEST 1e9
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

void writer_begin(struct writer *writer, char *data, size_t capacity)
{
	*writer = (struct writer){.data = data, .capacity = capacity};
}

static void put(struct writer *writer, const char *bytes, size_t size)
{
	if (writer->cut || size > writer->capacity - writer->size) {
		writer->cut = true;
		return;
	}
	memcpy(writer->data + writer->size, bytes, size);
	writer->size += size;
}

void writer_bytes(struct writer *writer, const void *bytes, size_t size)
{
	put(writer, bytes, size);
}

void writer_raw(struct writer *writer, const char *text)
{
	put(writer, text, strlen(text));
}

void writer_utf8(struct writer *writer, const void *text, size_t size)
{
	const unsigned char *s = size > 0 ? text : (const void *)"", *const end = s + size;

	while (s < end) {
		size_t whole = 0, used;

		while (s + whole < end &&
			(used = gw_utf8_size(s + whole, (size_t)(end - s) - whole)))
			whole += used;
		put(writer, (const char *)s, whole);
		s += whole;
		if (s < end) {
			put(writer, REPLACEMENT, sizeof(REPLACEMENT) - 1);
			s++;
		}
	}
}

static void put_escaped(struct writer *writer, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

	if (c == '"' || c == '\\')
		put(writer, (char[]){'\\', (char)c}, 2);
	else
		put(writer, text, sizeof(text));
}

void writer_text(struct writer *writer, const void *text, size_t size)
{
	const unsigned char *s = size > 0 ? text : (const void *)"", *const end = s + size;

	put(writer, "\"", 1);
	while (s < end) {
		size_t plain = 0;

		/* Most labels are one plain run. */
		while (s + plain < end && s[plain] >= 0x20 && s[plain] < 0x80 && s[plain] != '"' &&
			s[plain] != '\\')
			plain++;
		put(writer, (const char *)s, plain);
		s += plain;
		if (s == end)
			break;
		size_t used = gw_utf8_size(s, (size_t)(end - s));

		if (used == 0) {
			put(writer, REPLACEMENT, sizeof(REPLACEMENT) - 1);
			used = 1;
		} else if (used == 1) {
			put_escaped(writer, *s);
		} else {
			put(writer, (const char *)s, used);
		}
		s += used;
	}
	put(writer, "\"", 1);
}

void writer_string(struct writer *writer, const char *text)
{
	writer_text(writer, text, strlen(text));
}

bool writer_keeps(const char *text)
{
	const unsigned char *s = (const unsigned char *)text, *const end = s + strlen(text);
	size_t size;

	for (; s < end; s += size) {
		size = gw_utf8_size(s, (size_t)(end - s));
		if (size == 0 || *s < 0x20 || *s == 0x7f)
			return false;
	}
	return true;
}

/* The decimal digits of `value`, at least `least` of them. */
static void put_digits(struct writer *writer, uint64_t value, unsigned int least)
{
	char text[20];
	size_t at = sizeof(text);

	while (value > 0 || least > 0) {
		text[--at] = (char)('0' + value % 10);
		value /= 10;
		if (least > 0)
			least--;
	}
	put(writer, text + at, sizeof(text) - at);
}

void writer_base64(struct writer *writer, const void *bytes, size_t size)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *at = bytes;

	put(writer, "\"", 1);
	for (; size > 0 && !writer->cut; at += 3) {
		const size_t count = size < 3 ? size : 3;
		const uint32_t group = (uint32_t)at[0] << 16 |
			(count > 1 ? (uint32_t)at[1] << 8 : 0) | (count > 2 ? at[2] : 0);
		const char text[] = {digits[group >> 18], digits[group >> 12 & 63],
			count > 1 ? digits[group >> 6 & 63] : '=',
			count > 2 ? digits[group & 63] : '='};

		put(writer, text, sizeof(text));
		size -= count;
	}
	put(writer, "\"", 1);
}

void writer_unsigned(struct writer *writer, uint64_t value)
{
	put_digits(writer, value, 1);
}

void writer_fixed(struct writer *writer, double value, unsigned int digits)
{
	uint64_t unit = 1;

	for (unsigned int i = 0; i < digits; i++)
		unit *= 10;
	if (isnan(value))
		value = 0;
	double size = fmin(fabs(value), LARGEST);
	uint64_t scaled = (uint64_t)(size * (double)unit + 0.5);

	/* There is no minus zero. */
	if (value < 0 && scaled > 0)
		put(writer, "-", 1);
	put_digits(writer, scaled / unit, 1);
	if (digits > 0) {
		put(writer, ".", 1);
		put_digits(writer, scaled % unit, digits);
	}
}

static void two_digits(char *text, int64_t value)
{
	text[0] = (char)('0' + value / 10 % 10);
	text[1] = (char)('0' + value % 10);
}

void writer_time(char text[WRITER_TIME_SIZE], int64_t utc_ns)
{
	/* gmtime_r() takes a lock. Days are counted in years that begin in March, so that the leap
	 * day is the last of its year: 400 of them have 146097 days, and day d of such a year falls
	 * into month (5 d + 2) / 153 after March. int64_t nanoseconds reach from 1677 to 2262. */
	int64_t ms = utc_ns / GW_NS_PER_MS - (utc_ns % GW_NS_PER_MS < 0);
	int64_t day = ms / 86400000 - (ms % 86400000 < 0);
	int64_t of_day = ms - day * 86400000;
	int64_t since = day + 719468; /* 1970-01-01 after 0000-03-01 */
	int64_t era = since / 146097;
	int64_t of_era = since % 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;
	int64_t date = of_year - (153 * month + 2) / 5 + 1;

	month = month < 10 ? month + 3 : month - 9;
	year += era * 400 + (month <= 2);
	memcpy(text, "0000-00-00T00:00:00.000Z", WRITER_TIME_SIZE);
	two_digits(text, year / 100);
	two_digits(text + 2, year % 100);
	two_digits(text + 5, month);
	two_digits(text + 8, date);
	two_digits(text + 11, of_day / 3600000);
	two_digits(text + 14, of_day / 60000 % 60);
	two_digits(text + 17, of_day / 1000 % 60);
	two_digits(text + 20, of_day % 1000 / 10);
	text[22] = (char)('0' + of_day % 10);
}
