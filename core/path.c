#include "core/path.h"

#include <errno.h>
#include <string.h>

#define PLACEHOLDER "{name}"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int path_decode(const char *segment, size_t size, char *out, size_t room)
{
	size_t used = 0;

	for (size_t i = 0; i < size; i++) {
		char c = segment[i];

		if (c == '%') {
			int high = i + 1 < size ? hex_digit(segment[i + 1]) : -1;
			int low = i + 2 < size ? hex_digit(segment[i + 2]) : -1;

			if (high < 0 || low < 0)
				return -EINVAL;
			c = (char)(high << 4 | low);
			i += 2;
		}
		/* No name has such bytes, and what is read here is logged. */
		if ((unsigned char)c < ' ' || c == 0x7f)
			return -EINVAL;
		if (used + 1 >= room)
			return -ENAMETOOLONG;
		out[used++] = c;
	}
	out[used] = '\0';
	return 0;
}

int path_match(const char *pattern, const char *path, char *name, size_t room)
{
	char decoded[256];

	name[0] = '\0';
	for (;;) {
		size_t wanted = strcspn(pattern, "/");
		size_t given = strcspn(path, "/");
		int status = path_decode(path, given, decoded, sizeof(decoded));

		if (status != 0)
			return status;
		if (wanted == strlen(PLACEHOLDER) && memcmp(pattern, PLACEHOLDER, wanted) == 0) {
			if (decoded[0] == '\0')
				return 0;
			if (strlen(decoded) >= room)
				return -ENAMETOOLONG;
			strcpy(name, decoded);
		} else if (strlen(decoded) != wanted || memcmp(pattern, decoded, wanted) != 0) {
			return 0;
		}
		pattern += wanted;
		path += given;
		if (*pattern != *path)
			return 0;
		if (*pattern == '\0')
			return 1;
		pattern++;
		path++;
	}
}
