#include "gwgen/film.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gwgen/form.h"
#include "gwgen/network.h"
#include "gwgen/put.h"

#define SEGMENTS_ROOM 4096
#define STRAY 300 /* bytes */

/* Makes room for one more; the arrays grow before anything is sent. */
static void *grown(void *array, uint32_t *room, uint32_t needed, size_t one)
{
	uint32_t more = *room ? *room : 256;

	if (needed <= *room)
		return array;
	while (more < needed)
		more *= 2;
	void *larger = realloc(array, more * one);

	if (larger)
		*room = more;
	return larger;
}

int film_add(struct film *film, const uint8_t *rtp, uint32_t size, uint16_t number, uint8_t flags)
{
	uint8_t *bytes = grown(film->bytes, &film->bytes_room, film->bytes_count + size, 1);
	struct film_packet *packets;

	if (!bytes)
		return -ENOMEM;
	film->bytes = bytes;
	packets = grown(
		film->packets, &film->packet_room, film->packet_count + 1, sizeof(*film->packets));
	if (!packets)
		return -ENOMEM;
	film->packets = packets;
	bytes += film->bytes_count;
	memcpy(bytes, rtp, size);
	if (size >= 12)
		memset(bytes + 2, 0, 10);
	packets[film->packet_count++] = (struct film_packet){.at = film->bytes_count,
		.sum = network_sum(0, bytes, size),
		.size = (uint16_t)size,
		.number = number,
		.flags = flags};
	film->bytes_count += size;
	if (size > film->longest)
		film->longest = size;
	return 0;
}

int film_cut(struct film *film, uint16_t numbers, uint16_t pictures, uint32_t picture)
{
	struct film_shot *shots =
		realloc(film->shots, (film->shot_count + 1) * sizeof(*film->shots));
	uint32_t first = 0;

	if (!shots)
		return -ENOMEM;
	film->shots = shots;
	if (film->shot_count > 0)
		first = shots[film->shot_count - 1].first + shots[film->shot_count - 1].count;
	shots[film->shot_count++] = (struct film_shot){.first = first,
		.count = film->packet_count - first,
		.numbers = numbers,
		.pictures = pictures,
		.picture = picture};
	film->packets[film->packet_count - 1].flags |= FILM_LAST;
	return 0;
}

struct taking {
	struct film *film;
	uint16_t number;
	int status;
};

static void take(void *arg, const uint8_t *rtp, uint32_t size)
{
	struct taking *taking = arg;

	if (taking->status == 0)
		taking->status = film_add(taking->film, rtp, size, taking->number, 0);
	taking->number++;
}

/* Packets of another source and of sound; a receiver must not mistake them for the camera's. */
static void add_strays(struct taking *taking)
{
	uint8_t rtp[STRAY] = {0x80, 26};

	for (int i = 0; i < 2 && taking->status == 0; i++) {
		rtp[1] = i == 0 ? 26 : 111;
		taking->status = film_add(taking->film, rtp, STRAY, 0, FILM_STRAY);
	}
}

static void add_empty(struct taking *taking)
{
	static const uint8_t rtp[16] = {0xA0, 26, [15] = 4};

	take(taking, rtp, sizeof(rtp));
}

/* One picture, in the style that its kind has at this point of the stream. */
static int send_picture(struct film *film, const struct picture *picture,
	const struct maker_style *style, struct taking *taking, struct gw_error *error)
{
	uint8_t segments[SEGMENTS_ROOM];
	struct maker maker = {.style = *style, .restart_word = 0xFFFF};
	struct picture form;

	if (film->kind->segments) {
		maker.style.segments = segments;
		maker.style.segments_size =
			picture_segments(picture, film->kind->segments, segments, sizeof(segments));
	}
	if (form_make(&form, picture, film->kind) != 0)
		return gw_error_set(error, -ENOMEM, "out of memory");
	const int status = maker_picture(&maker, &form, take, taking);

	picture_close(&form);
	if (status != 0)
		return gw_error_set(error, status,
			"a packet of %u bytes has no room for the headers of camera '%s'",
			style->room, film->kind->name);
	return taking->status == 0 ? 0 : gw_error_set(error, -ENOMEM, "out of memory");
}

/* The style of the n-th picture of the stream. */
static struct maker_style style_of(
	const struct kind *kind, uint32_t room, uint32_t number, bool second_field)
{
	struct maker_style style = kind->style;

	style.room = room;
	if (kind->tables_once && number > 0)
		style.tables = 0;
	if (kind->fields)
		style.specific = second_field ? 2 : 1;
	if (kind->one_marker && !second_field)
		style.no_marker = true;
	return style;
}

static int make_shots(struct film *film, uint32_t room, uint32_t rounds, struct gw_error *error)
{
	const uint32_t step = film->kind->fields ? 2 : 1;

	for (uint32_t n = 0; n < rounds * film->picture_count; n += step) {
		struct taking taking = {.film = film};

		if (film->kind->strays)
			add_strays(&taking);
		for (uint32_t field = 0; field < step; field++) {
			const struct maker_style style =
				style_of(film->kind, room, n + field, field > 0);
			const int status = send_picture(film,
				&film->pictures[(n + field) % film->picture_count], &style, &taking,
				error);

			if (status != 0)
				return status;
		}
		if (film->kind->empty)
			add_empty(&taking);
		if (taking.status != 0 ||
			film_cut(film, taking.number, (uint16_t)step, n % film->picture_count) != 0)
			return gw_error_set(error, -ENOMEM, "out of memory");
	}
	return 0;
}

/* Intervals from 16 to 19 have the same number of markers in the picture that its kind needs. */
static struct recode_needs needs_of(const struct kind *kind, uint32_t number)
{
	struct recode_needs needs = kind->needs;

	if (kind->changes_interval)
		needs.interval = (uint16_t)(needs.interval + number % 4);
	return needs;
}

static int open_pictures(struct film *film, const struct film_source *sources, uint32_t count,
	struct gw_error *error)
{
	/* Fields come in pairs. */
	const uint32_t wanted = film->kind->fields ? (count + 1) / 2 * 2 : count;

	film->pictures = calloc(wanted, sizeof(*film->pictures));
	if (!film->pictures)
		return gw_error_set(error, -ENOMEM, "out of memory");
	for (; film->picture_count < wanted; film->picture_count++) {
		const struct film_source *source = &sources[film->picture_count % count];
		const struct recode_needs needs = needs_of(film->kind, film->picture_count);
		const int status = recode(&film->pictures[film->picture_count], source->bytes,
			source->size, &needs, error);

		if (status < 0) {
			gw_error_prefix(error, "%s: ", source->name);
			return status;
		}
		film->kept += status == RECODE_KEPT;
		film->lossless += status == RECODE_LOSSLESS;
		film->lossy += status == RECODE_LOSSY;
	}
	return 0;
}

int film_make(struct film *film, const struct kind *kind, const struct film_source *sources,
	uint32_t count, uint32_t room, struct gw_error *error)
{
	memset(film, 0, sizeof(*film));
	film->kind = kind;
	int status = open_pictures(film, sources, count, error);

	if (status == 0)
		status = make_shots(film, room, kind->tables_once ? 2 : 1, error);
	if (status != 0) {
		film_destroy(film);
		return status;
	}
	if (kind->tables_once)
		film->loop = film->shot_count / 2;
	return 0;
}

int film_make_plain(struct film *film, uint32_t size, struct gw_error *error)
{
	uint8_t bytes[MAKER_MOST] = {0x80, 26};

	memset(film, 0, sizeof(*film));
	film->kind = &kinds[0];
	if (size > sizeof(bytes))
		return gw_error_set(error, -EMSGSIZE, "packets of %u bytes are too large", size);
	if (film_add(film, bytes, size, 0, 0) != 0 || film_cut(film, 1, 1, 0) != 0) {
		film_destroy(film);
		return gw_error_set(error, -ENOMEM, "out of memory");
	}
	return 0;
}

void film_destroy(struct film *film)
{
	for (uint32_t i = 0; i < film->picture_count; i++)
		picture_close(&film->pictures[i]);
	free(film->pictures);
	free(film->shots);
	free(film->packets);
	free(film->bytes);
	memset(film, 0, sizeof(*film));
}
