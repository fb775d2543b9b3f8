#include "session/transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *transport_name(enum transport_way way)
{
	static const char *const names[] = {"udp", "multicast", "tcp"};

	return names[way];
}

void transport_write(enum transport_way way, bool secure, uint16_t port, char text[TRANSPORT_TEXT])
{
	const char *profile = secure ? "RTP/SAVP" : "RTP/AVP";

	if (way == TRANSPORT_TCP)
		snprintf(text, TRANSPORT_TEXT, "%s/TCP;unicast;interleaved=0-1", profile);
	else if (way == TRANSPORT_MULTICAST && port == 0)
		snprintf(text, TRANSPORT_TEXT, "%s;multicast", profile);
	else
		snprintf(text, TRANSPORT_TEXT, "%s;%s=%u-%u", profile,
			way == TRANSPORT_MULTICAST ? "multicast;port" : "unicast;client_port", port,
			port + 1);
}

/* No packet comes from there: nothing was set (0.0.0.0), or it is what a camera calls itself. */
static bool says_nothing(const struct gw_address *address)
{
	static const uint8_t zeros[15];

	if (address->family == AF_INET)
		return address->bytes[0] == 0 || address->bytes[0] == 127;
	return memcmp(address->bytes, zeros, sizeof(zeros)) == 0 && address->bytes[15] <= 1;
}

/* "source=192.0.2.11", which may stand in quotes. */
static void read_address(const char *text, struct gw_address *address)
{
	struct gw_address read = {0};
	char word[64];

	if (sscanf(text, "%*[\"]%63[^\"]", word) != 1 && sscanf(text, "%63[^\"]", word) != 1)
		return;
	read.family = strchr(word, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(read.family, word, read.bytes) == 1 && !says_nothing(&read))
		*address = read;
}

static uint16_t read_port(const char *text)
{
	const unsigned long port = strtoul(text, NULL, 10);

	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* "interleaved=0-1"; RTCP has the next channel where only one is said. */
static void read_channels(const char *text, uint8_t channels[2])
{
	char *end;
	const unsigned long first = strtoul(text, &end, 10);
	const unsigned long second = *end == '-' ? strtoul(end + 1, NULL, 10) : first + 1;

	if (end != text && first <= UINT8_MAX && second <= UINT8_MAX) {
		channels[0] = (uint8_t)first;
		channels[1] = (uint8_t)second;
	}
}

static void read_parameter(const char *text, struct transport *transport)
{
	const char *value = strchr(text, '=');
	const size_t size = value ? (size_t)(value - text) : strlen(text);
	const struct {
		const char *name;
		uint16_t *port;
		struct gw_address *address;
	} known[] = {
		{"client_port", &transport->client_port, NULL},
		{"port", &transport->port, NULL},
		{"source", NULL, &transport->source},
		{"destination", NULL, &transport->destination},
	};

	if (strcasecmp(text, "multicast") == 0)
		transport->is_multicast = true;
	else if (strcasecmp(text, "unicast") == 0)
		transport->is_multicast = false;
	else if (size == 11 && strncasecmp(text, "interleaved", size) == 0) {
		transport->is_tcp = true;
		if (value)
			read_channels(value + 1, transport->channels);
	}
	for (size_t i = 0; value && i < sizeof(known) / sizeof(known[0]); i++) {
		if (strlen(known[i].name) != size || strncasecmp(text, known[i].name, size) != 0)
			continue;
		if (known[i].port)
			*known[i].port = read_port(value + 1);
		else
			read_address(value + 1, known[i].address);
	}
}

int transport_parse(const char *text, struct transport *transport)
{
	char copy[TRANSPORT_TEXT], *rest;

	*transport = (struct transport){.channels = {0, 1}};
	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	snprintf(copy, sizeof(copy), "%s", text);
	copy[strcspn(copy, ",")] = '\0';
	char *word = strtok_r(copy, "; ", &rest);

	if (!word)
		return -EINVAL;
	/* Some say nothing but the rest: nobody asked for another profile. */
	if (!strchr(word, '/'))
		read_parameter(word, transport);
	else if (strncasecmp(word, "RTP/AVP", 7) != 0 && strncasecmp(word, "RTP/SAVP", 8) != 0)
		return -EINVAL;
	transport->is_tcp |=
		strcasecmp(word, "RTP/AVP/TCP") == 0 || strcasecmp(word, "RTP/SAVP/TCP") == 0;
	while ((word = strtok_r(NULL, "; ", &rest)))
		read_parameter(word, transport);
	return 0;
}
