#include "accel/input/pnm.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

/* The next number of the header; comments run from '#' to the end of the line. -1: there is none.
 */
static long read_number(FILE *input)
{
	long value = -1;
	int c = getc(input);

	while (c == '#' || isspace(c)) {
		while (c == '#' && (c = getc(input)) != '\n' && c != EOF)
			c = '#';
		c = getc(input);
	}
	for (; isdigit(c) && value <= UINT16_MAX; c = getc(input))
		value = (value < 0 ? 0 : value) * 10 + (c - '0');
	/* One white space ends the header; after the other numbers it does no harm to take it. */
	return isspace(c) ? value : -1;
}

static bool reserve(struct gw_surface *surface, size_t size)
{
	if (size <= surface->capacity)
		return true;
	uint8_t *room = realloc(surface->room, size);

	if (!room)
		return false;
	surface->room = room;
	surface->capacity = size;
	return true;
}

int pnm_read(FILE *input, struct gw_surface *surface, struct gw_error *error)
{
	int first = getc(input);

	while (isspace(first))
		first = getc(input);
	if (first == EOF)
		return 0;
	int kind = getc(input);

	if (first != 'P' || (kind != '5' && kind != '6'))
		return gw_error_set(error, -EINVAL,
			"input: not a binary PGM or PPM picture (it must begin with P5 or P6)");
	long width = read_number(input), height = read_number(input), most = read_number(input);

	if (width < 1 || height < 1 || width > 16384 || height > 16384 || most != 255)
		return gw_error_set(error, -EINVAL,
			"input: a picture must have 1 to 16384 pixels a side and 255 as its "
			"maximum");
	uint32_t pitch = (uint32_t)width * (kind == '6' ? 3 : 1);
	size_t size = (size_t)pitch * (size_t)height;

	if (!reserve(surface, size))
		return gw_error_set(error, -ENOMEM, "input: out of memory");
	if (fread(surface->room, 1, size, input) != size)
		return gw_error_set(error, -EINVAL, "input: it ends inside a picture");
	surface->format = kind == '6' ? GW_FORMAT_RGB : GW_FORMAT_GRAY;
	surface->width = (uint16_t)width;
	surface->height = (uint16_t)height;
	surface->pitch[0] = pitch;
	surface->plane[0] = surface->room;
	return 1;
}
