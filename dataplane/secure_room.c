#include <stdlib.h>
#include <string.h>

#include "dataplane/secure.h"

/* What a lane takes from its own ports, and from other lanes: one of each may wait. */
#define PLACES 2

#define MOST_PACKET 65536
#define HEADER 12 /* of RTP: read by everybody */
#define TAG 10 /* what a packet ends with: no two have the same, or they are the same packet */

struct place {
	bool waits;
	uint32_t size, opened_size;
	uint8_t header[HEADER], tag[TAG];
	uint8_t opened[MOST_PACKET];
};

struct secure_room {
	uint32_t last;
	struct place place[PLACES];
};

struct secure_room *secure_room_create(void)
{
	return calloc(1, sizeof(struct secure_room));
}

void secure_room_destroy(struct secure_room *room)
{
	free(room);
}

static bool holds(const struct place *place, const uint8_t *packet, uint32_t size)
{
	return place->waits && place->size == size && memcmp(place->header, packet, HEADER) == 0 &&
		memcmp(place->tag, packet + size - TAG, TAG) == 0;
}

/* One that holds nothing, or else the one that was not used last. */
static uint32_t choose(const struct secure_room *room)
{
	for (uint32_t i = 0; i < PLACES; i++)
		if (!room->place[i].waits)
			return i;
	return (room->last + 1) % PLACES;
}

enum gw_drop secure_room_open(struct secure_room *room, struct secure *secure,
	const uint8_t *packet, uint32_t size, int64_t now, const uint8_t **opened,
	uint32_t *opened_size)
{
	if (size < HEADER + TAG || size > MOST_PACKET)
		return GW_DROP_SRTP_BAD;
	for (uint32_t i = 0; i < PLACES; i++) {
		if (!holds(&room->place[i], packet, size))
			continue;
		room->last = i;
		*opened = room->place[i].opened;
		*opened_size = room->place[i].opened_size;
		return GW_DROP_NONE;
	}
	room->last = choose(room);
	struct place *place = &room->place[room->last];

	place->waits = false;
	place->size = place->opened_size = size;
	memcpy(place->opened, packet, size);
	memcpy(place->header, packet, HEADER);
	memcpy(place->tag, packet + size - TAG, TAG);
	*opened = place->opened;
	const enum gw_drop drop = secure_open(secure, place->opened, &place->opened_size, now);

	*opened_size = place->opened_size;
	return drop;
}

void secure_room_keep(struct secure_room *room, bool waits)
{
	room->place[room->last].waits = waits;
}
