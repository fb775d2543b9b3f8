#include "jpeg/exif.h"

#include <stdbool.h>
#include <string.h>

#include "core/orientation.h"

/* TIFF 6.0, section 2. */
#define TIFF_HEADER 8
#define TIFF_ENTRY 12
#define TIFF_SHORT 3
#define TIFF_MAGIC 42
#define TAG_ORIENTATION 274

/* A TIFF file within a segment, in the byte order that it says. */
struct tiff {
	const uint8_t *data;
	uint32_t size;
	bool little;
};

static uint32_t read16(const struct tiff *tiff, uint32_t at)
{
	const uint8_t *b = tiff->data + at;

	return tiff->little ? b[0] | (uint32_t)b[1] << 8 : (uint32_t)b[0] << 8 | b[1];
}

static uint32_t read32(const struct tiff *tiff, uint32_t at)
{
	const uint32_t first = read16(tiff, at), second = read16(tiff, at + 2);

	return tiff->little ? first | second << 16 : first << 16 | second;
}

static bool open_tiff(struct tiff *tiff, const uint8_t *body, uint32_t size)
{
	static const uint8_t exif[] = {'E', 'x', 'i', 'f', 0, 0};

	if (size < sizeof(exif) + TIFF_HEADER || memcmp(body, exif, sizeof(exif)) != 0)
		return false;
	tiff->data = body + sizeof(exif);
	tiff->size = size - sizeof(exif);
	tiff->little = memcmp(tiff->data, "II", 2) == 0;
	return (tiff->little || memcmp(tiff->data, "MM", 2) == 0) && read16(tiff, 2) == TIFF_MAGIC;
}

uint8_t jpeg_exif_orientation(const uint8_t *body, uint32_t size)
{
	struct tiff tiff;

	if (!open_tiff(&tiff, body, size))
		return 0;
	/* The first directory: a number of entries, each tag, type, count and value. */
	const uint32_t directory = read32(&tiff, 4);

	if (directory > tiff.size - 2)
		return 0;
	const uint32_t room = (tiff.size - directory - 2) / TIFF_ENTRY;
	const uint32_t said = read16(&tiff, directory), entries = said < room ? said : room;

	for (uint32_t i = 0; i < entries; i++) {
		const uint32_t entry = directory + 2 + i * TIFF_ENTRY;

		if (read16(&tiff, entry) != TAG_ORIENTATION)
			continue;
		const uint32_t value = read16(&tiff, entry + 8);

		return read16(&tiff, entry + 2) == TIFF_SHORT && value >= GW_UPRIGHT &&
				value <= GW_ORIENTATIONS
			? (uint8_t)value
			: 0;
	}
	return 0;
}
