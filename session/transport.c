#include "session/transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void transport_write(bool multicast, uint16_t port, char text[TRANSPORT_TEXT])
{
	if (multicast && port == 0)
		snprintf(text, TRANSPORT_TEXT, "RTP/AVP;multicast");
	else
		snprintf(text, TRANSPORT_TEXT, "RTP/AVP;%s=%u-%u",
			multicast ? "multicast;port" : "unicast;client_port", port, port + 1);
}

/* "source=192.0.2.11", which may stand in quotes. */
static void read_address(const char *text, struct gw_address *address)
{
	struct gw_address read = {0};
	char word[64];

	if (sscanf(text, "%*[\"]%63[^\"]", word) != 1 && sscanf(text, "%63[^\"]", word) != 1)
		return;
	read.family = strchr(word, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(read.family, word, read.bytes) == 1)
		*address = read;
}

static uint16_t read_port(const char *text)
{
	const unsigned long port = strtoul(text, NULL, 10);

	return port <= UINT16_MAX ? (uint16_t)port : 0;
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
	else if (size == 11 && strncasecmp(text, "interleaved", size) == 0)
		transport->is_tcp = true;
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

	*transport = (struct transport){0};
	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	snprintf(copy, sizeof(copy), "%s", text);
	copy[strcspn(copy, ",")] = '\0';
	char *word = strtok_r(copy, "; ", &rest);

	if (!word || strncasecmp(word, "RTP/AVP", 7) != 0)
		return -EINVAL;
	transport->is_tcp = strcasecmp(word, "RTP/AVP/TCP") == 0;
	while ((word = strtok_r(NULL, "; ", &rest)))
		read_parameter(word, transport);
	return 0;
}
