#include "core/config/address.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

bool gw_address_parse(const char *text, struct gw_address *address)
{
	memset(address, 0, sizeof(*address));
	address->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(address->family, text, address->bytes) == 1;
}

bool gw_address_parse_with_port(const char *text, struct gw_address *address, uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	const bool in_brackets = text[0] == '[';
	char alone[INET6_ADDRSTRLEN];
	unsigned long number = 0;

	if (!colon || colon - text >= (int)sizeof(alone) + 2 ||
		(in_brackets && (colon - text < 2 || colon[-1] != ']')))
		return false;
	/* Without a sign or a space, which strtoul() would take. */
	for (const char *digit = colon + 1; *digit && number <= UINT16_MAX; digit++) {
		if (*digit < '0' || *digit > '9')
			return false;
		number = 10 * number + (unsigned long)(*digit - '0');
	}
	const int size = (int)(colon - text) - (in_brackets ? 2 : 0);

	if (number == 0 || number > UINT16_MAX || size >= (int)sizeof(alone))
		return false;
	memcpy(alone, text + in_brackets, (size_t)size);
	alone[size] = '\0';
	*port = (uint16_t)number;
	return gw_address_parse(alone, address) && (address->family == AF_INET6) == in_brackets;
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
