#include "gwgen/crew.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gwgen/capture_film.h"
#include "gwgen/sources.h"

#define OWN_PICTURES 8
#define MOST_CAMERAS 4096
#define SOURCE_PORT 40000
#define FCS 4
#define RTP 12
/* Nobody's: RFC 2544, C.2.2; RFC 5180, 8. */
static const uint8_t nobody_ipv4[16] = {198, 18, 0, 1};
static const uint8_t nobody_ipv6[16] = {0x20, 1, 0, 2, [15] = 1};

static int read_size(
	const struct options *options, uint16_t *width, uint16_t *height, struct gw_error *error)
{
	const char *text = options->value[OPTION_SIZE];
	unsigned int w = 640, h = 480;
	char rest;

	if (text &&
		(sscanf(text, "%ux%u%c", &w, &h, &rest) != 2 || w < 16 || h < 16 || w > 8192 ||
			h > 8192))
		return gw_error_set(
			error, -EINVAL, "--size %s: it is WIDTHxHEIGHT, as 1280x720", text);
	*width = (uint16_t)w;
	*height = (uint16_t)h;
	return 0;
}

static int read_mac(const struct options *options, uint8_t mac[6], struct gw_error *error)
{
	const char *text =
		options->value[OPTION_MAC] ? options->value[OPTION_MAC] : "02:00:00:00:00:02";
	unsigned int byte[6];
	char rest;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &byte[0], &byte[1], &byte[2], &byte[3],
		    &byte[4], &byte[5], &rest) != 6)
		return gw_error_set(error, -EINVAL,
			"--mac %s: it is an Ethernet address, as 02:00:00:00:00:02", text);
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)byte[i];
	return 0;
}

static bool is_ipv6(const char *text)
{
	return text && strchr(text, ':');
}

/* One that is not given is of the family of the other. */
static int read_addresses(
	struct network *network, const struct options *options, struct gw_error *error)
{
	network->is_ipv6 = is_ipv6(options->value[OPTION_SOURCE]) ||
		is_ipv6(options->value[OPTION_DESTINATION]);
	const int source = options_address(options, OPTION_SOURCE,
		network->is_ipv6 ? "fd00:1::1" : "10.1.0.1", network->source, error);
	const int destination = source < 0
		? source
		: options_address(options, OPTION_DESTINATION,
			  network->is_ipv6 ? "fd00::2" : "10.0.0.2", network->destination, error);

	if (destination < 0)
		return destination;
	if (source != destination)
		return gw_error_set(error, -EINVAL,
			"--source and --destination: both are IPv4 addresses, or both IPv6");
	if (network->is_ipv6 && options_has(options, OPTION_NO_CHECKSUM))
		return gw_error_set(error, -EINVAL,
			"--no-checksum: over IPv6 every UDP packet has one (RFC 8200, 8.1)");
	return 0;
}

/* N, or OUTER.INNER as Linux names an interface within two. */
static int read_tags(struct network *network, const char *text, struct gw_error *error)
{
	unsigned int tag[2];
	char rest;
	int count;

	if (!text)
		return 0;
	const bool has_dot = strchr(text, '.');

	if (has_dot)
		count = sscanf(text, "%4u.%4u%c", &tag[0], &tag[1], &rest);
	else
		count = sscanf(text, "%4u%c", &tag[0], &rest);
	if (count != (has_dot ? 2 : 1) || strspn(text, "0123456789.") != strlen(text))
		return gw_error_set(error, -EINVAL, "--vlan %s: it is N, or OUTER.INNER", text);
	for (int i = 0; i < count; i++)
		if (tag[i] < 1 || tag[i] > 4094)
			return gw_error_set(
				error, -EINVAL, "--vlan %s: tags are from 1 to 4094", text);
	network->outer = (uint16_t)(has_dot ? tag[0] : 0);
	network->vlan = (uint16_t)tag[count - 1];
	return 0;
}

static int read_network(
	struct network *network, const struct options *options, struct gw_error *error)
{
	static const uint8_t from[6] = {2, 0, 0, 0, 0, 1};
	double port;
	uint8_t machine[6];
	int status = read_mac(options, machine, error);

	memcpy(network->from, from, sizeof(from));
	if (status == 0)
		status = read_addresses(network, options, error);
	/* One that is given is believed. */
	if (status == 0 && options->value[OPTION_MAC])
		memcpy(network->to, machine, sizeof(machine));
	else if (status == 0)
		network_aim(network, machine);
	if (status == 0)
		status = options_number(options, OPTION_UDP_PORT, 1, 65534, 5004, &port, error);
	if (status == 0)
		status = read_tags(network, options->value[OPTION_VLAN], error);
	if (status != 0)
		return status;
	network->port = (uint16_t)port;
	network->source_port = SOURCE_PORT;
	network->udp_checksum = !options_has(options, OPTION_NO_CHECKSUM);
	return 0;
}

/* The kinds in the order in which cameras have them. Returns how many, or -EINVAL. */
static int read_kinds(const struct options *options, const struct kind *list[], uint32_t room,
	struct gw_error *error)
{
	uint32_t count = 0;

	if (options->camera_count == 0)
		list[count++] = &kinds[0];
	for (uint32_t i = 0; i < options->camera_count; i++) {
		const struct kind *kind = kind_find(options->cameras[i]);

		if (strcmp(options->cameras[i], "all") == 0) {
			for (kind = kinds; kind->name && count < room; kind++)
				list[count++] = kind;
			continue;
		}
		if (!kind)
			return gw_error_set(error, -EINVAL,
				"--camera %s: no such kind: gwgen list names them",
				options->cameras[i]);
		if (count < room)
			list[count++] = kind;
	}
	return (int)count;
}

static int open_sources(
	struct sources *sources, const struct options *options, struct gw_error *error)
{
	uint16_t width = 0, height = 0;
	int status = read_size(options, &width, &height, error);

	for (uint32_t i = 0; status == 0 && i < options->picture_count; i++)
		status = sources_add(sources, options->pictures[i], error);
	if (status == 0 && options->picture_count == 0)
		status = sources_draw(sources, OWN_PICTURES, width, height, error);
	if (status == 0 && sources->capture &&
		(options->picture_count > 1 || options->camera_count > 0))
		status = gw_error_set(error, -EINVAL,
			"%s is a capture: it has its own kind of camera, and stands alone",
			sources->capture);
	return status;
}

static int make_films(struct crew *crew, const struct sources *sources,
	const struct kind *const list[], uint32_t count, uint32_t room, struct gw_error *error)
{
	crew->films = calloc(count, sizeof(*crew->films));
	if (!crew->films)
		return gw_error_set(error, -ENOMEM, "out of memory");
	do {
		struct film *film = &crew->films[crew->film_count];
		const int status = sources->capture
			? capture_film_make(film, sources->capture, error)
			: film_make(film, list[crew->film_count], sources->list, sources->count,
				  room, error);

		if (status != 0)
			return status;
	} while (++crew->film_count < count);
	return 0;
}

static int make_cameras(struct crew *crew, uint32_t count, struct gw_error *error)
{
	assert(count > 0 && crew->film_count > 0);
	crew->count = crew->streams = count;
	for (uint32_t i = 0; i < count; i++)
		crew->streams += crew->films[i % crew->film_count].kind->twice;
	crew->cameras = calloc(crew->streams, sizeof(*crew->cameras));
	return crew->cameras ? 0 : gw_error_set(error, -ENOMEM, "out of memory");
}

static int read_pace(struct crew *crew, const struct options *options, struct gw_error *error)
{
	const char *pacing = options->value[OPTION_PACING];
	double seed, link;
	int status = options_number(options, OPTION_RATE, 0.001, 1e6, 25, &crew->rate, error);

	if (status == 0)
		status = options_number(options, OPTION_LINK, 0.001, 1e6, 0, &link, error);
	if (status == 0)
		status = options_number(options, OPTION_SEED, 0, 4e9, 1, &seed, error);
	if (status != 0)
		return status;
	crew->at_once = pacing && strcmp(pacing, "burst") == 0;
	crew->link_bps = (uint64_t)(link * 1e6);
	crew->seed = (uint64_t)seed;
	return 0;
}

/* The last camera's port, and that of its RTCP, are ports too. */
static int read_step(
	struct crew *crew, const struct options *options, double count, struct gw_error *error)
{
	double step;
	const int status = options_number(options, OPTION_UDP_STEP, 0, 1000, 0, &step, error);

	if (status != 0)
		return status;
	if (crew->network.port + (count - 1) * step > 65534)
		return gw_error_set(error, -EINVAL,
			"--udp-step %.0f: the last of %.0f cameras would have a port beyond 65534: "
			"let --udp-port begin lower",
			step, count);
	crew->port_step = (uint16_t)step;
	return 0;
}

int crew_open(struct crew *crew, const struct options *options, struct gw_error *error)
{
	const struct kind *list[OPTIONS_MANY + 64];
	const int kind_count = read_kinds(options, list, OPTIONS_MANY + 64, error);
	struct sources sources = {0};
	double count, mtu;
	int status = kind_count < 0 ? kind_count : 0;

	memset(crew, 0, sizeof(*crew));
	if (status == 0)
		status = options_number(
			options, OPTION_CAMERAS, 1, MOST_CAMERAS, kind_count, &count, error);
	if (status == 0)
		status = options_number(options, OPTION_MTU, 256, 9000, 1500, &mtu, error);
	if (status == 0)
		status = read_pace(crew, options, error);
	if (status == 0)
		status = read_network(&crew->network, options, error);
	if (status == 0)
		status = read_step(crew, options, count, error);
	if (status == 0)
		status = open_sources(&sources, options, error);
	if (status == 0)
		status = make_films(crew, &sources, list, (uint32_t)kind_count,
			(uint32_t)mtu - network_ip_headers(&crew->network), error);
	if (status == 0)
		status = make_cameras(crew, (uint32_t)count, error);
	sources_close(&sources);
	if (status == 0)
		crew_begin(crew, 0);
	else
		crew_close(crew);
	return status;
}

int crew_open_plain(
	struct crew *crew, uint32_t frame, const struct options *options, struct gw_error *error)
{
	int status;

	memset(crew, 0, sizeof(*crew));
	status = read_pace(crew, options, error);
	if (status == 0)
		status = read_network(&crew->network, options, error);
	if (status != 0)
		return status;
	memcpy(crew->network.source, crew->network.is_ipv6 ? nobody_ipv6 : nobody_ipv4, 16);
	const uint32_t least = network_headers(&crew->network) + RTP + FCS;

	if (frame < least)
		return gw_error_set(error, -EMSGSIZE,
			"--frame-sizes: a frame of %u bytes has no room for these headers, %u has",
			frame, least);
	crew->films = calloc(1, sizeof(*crew->films));
	if (!crew->films)
		return gw_error_set(error, -ENOMEM, "out of memory");
	crew->film_count = 1;
	status = film_make_plain(crew->films, frame - FCS - network_headers(&crew->network), error);
	if (status == 0)
		status = make_cameras(crew, 1, error);
	if (status != 0)
		crew_close(crew);
	return status;
}
