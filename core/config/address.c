#include "core/config/address.h"

#include <arpa/inet.h>
#include <string.h>

bool gw_address_parse(const char *text, struct gw_address *address)
{
	memset(address, 0, sizeof(*address));
	address->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(address->family, text, address->bytes) == 1;
}

bool gw_address_is_group(const struct gw_address *address)
{
	return address->family == AF_INET ? (address->bytes[0] & 0xF0) == 0xE0
					  : address->bytes[0] == 0xFF;
}

bool gw_address_is_unspecified(const struct gw_address *address)
{
	static const uint8_t none[sizeof(address->bytes)];

	return memcmp(address->bytes, none, address->family == AF_INET ? 4 : 16) == 0;
}

const char *gw_address_no_source(const struct gw_address *address)
{
	if (gw_address_is_unspecified(address))
		return "the address of nobody";
	if (gw_address_is_group(address))
		return "a multicast group";
	if (address->family == AF_INET && memcmp(address->bytes, "\xFF\xFF\xFF\xFF", 4) == 0)
		return "the broadcast address";
	return NULL;
}
