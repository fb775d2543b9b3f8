#include "mgmt/tokens/tries.h"

#include <netinet/in.h>
#include <string.h>

#include "core/clock.h"

#define EACH_NS (TRY_EVERY_S * GW_NS_PER_S)

static void read_six(const struct in6_addr *six, struct tries_address *address)
{
	if (IN6_IS_ADDR_V4MAPPED(six)) {
		address->family = AF_INET;
		memcpy(address->bytes, six->s6_addr + 12, 4);
	} else {
		memcpy(address->bytes, six->s6_addr, 8);
	}
}

static void read_address(const struct sockaddr *from, struct tries_address *address)
{
	*address = (struct tries_address){.family = from->sa_family};
	if (from->sa_family == AF_INET)
		memcpy(address->bytes, &((const struct sockaddr_in *)from)->sin_addr, 4);
	else if (from->sa_family == AF_INET6)
		read_six(&((const struct sockaddr_in6 *)from)->sin6_addr, address);
}

static bool is_same(const struct tries_address *a, const struct tries_address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool tries_may(const struct tries *tries, const struct sockaddr *from, int64_t now)
{
	struct tries_address who;

	read_address(from, &who);
	for (int i = 0; i < TRIES_ADDRESSES; i++)
		if (is_same(&tries->address[i], &who))
			return tries->address[i].until - now <= (TRIES - 1) * EACH_NS;
	return true;
}

void tries_wrong(struct tries *tries, const struct sockaddr *from, int64_t now)
{
	struct tries_address who, *place = &tries->address[0];

	read_address(from, &who);
	for (int i = 0; i < TRIES_ADDRESSES; i++) {
		struct tries_address *address = &tries->address[i];

		if (is_same(address, &who)) {
			place = address;
			break;
		}
		if (address->until < place->until)
			place = address;
	}
	if (!is_same(place, &who)) {
		*place = who;
		place->until = now;
	}
	place->until = (place->until > now ? place->until : now) + EACH_NS;
}
