#include "gwgen/capture_film.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <string.h>

#include "core/bytes.h"

/* The stream that is read. */
struct stream {
	struct film *film;
	bool known; /* its first packet was seen */
	uint32_t ssrc, timestamp;
	uint16_t port, first, highest; /* sequence numbers of the open shot */
	uint32_t packets; /* of the open shot */
};

/* The size of the IP header where UDP follows it: of IPv4 that is no fragment, or of IPv6 without
 * extensions. 0: it is something else. */
static uint32_t size_of_ip(const uint8_t *ip, uint32_t size, uint16_t type)
{
	const bool is_ipv6 = type == 0x86DD && size >= 40 && ip[0] >> 4 == 6 && ip[6] == 17;

	if (is_ipv6)
		return 40;
	return type == 0x0800 && size >= 20 && ip[0] >> 4 == 4 && ip[9] == 17 &&
			(read_be16(ip + 6) & 0x3FFF) == 0
		? (ip[0] & 15u) * 4
		: 0;
}

/* The payload of a UDP datagram, or NULL. */
static const uint8_t *find_payload(
	const uint8_t *frame, uint32_t size, uint16_t *port, uint32_t *length)
{
	uint32_t at = 12;

	while (at + 6 <= size &&
		(read_be16(frame + at) == 0x8100 || read_be16(frame + at) == 0x88A8))
		at += 4;
	if (at + 2 > size)
		return NULL;
	const uint8_t *ip = frame + at + 2;
	const uint32_t header = size_of_ip(ip, size - at - 2, read_be16(frame + at));

	if (header < 20 || at + 2 + header + 8 > size)
		return NULL;
	const uint8_t *udp = ip + header;

	*port = read_be16(udp + 2);
	*length = read_be16(udp + 4) - 8u;
	if (read_be16(udp + 4) < 8 + 12 || udp + 8 + *length > frame + size ||
		*length > MAKER_MOST || udp[8] >> 6 != 2)
		return NULL;
	return udp + 8;
}

static int end_shot(struct stream *stream)
{
	if (stream->packets == 0)
		return 0;
	stream->packets = 0;
	return film_cut(stream->film, (uint16_t)(stream->highest - stream->first + 1), 1, 0);
}

static int take_packet(struct stream *stream, const uint8_t *rtp, uint32_t size, uint16_t port)
{
	const uint32_t timestamp = read_be32(rtp + 4), ssrc = read_be32(rtp + 8);
	const uint16_t sequence = read_be16(rtp + 2);
	int status = 0;

	if (!stream->known) {
		stream->known = true;
		stream->ssrc = ssrc;
		stream->port = port;
		stream->timestamp = timestamp;
	}
	if (ssrc != stream->ssrc || port != stream->port)
		return 0;
	if (timestamp != stream->timestamp)
		status = end_shot(stream);
	stream->timestamp = timestamp;
	if (stream->packets == 0)
		stream->first = stream->highest = sequence;
	if ((int16_t)(sequence - stream->highest) > 0)
		stream->highest = sequence;
	stream->packets++;
	if (status == 0)
		status = film_add(stream->film, rtp, size, (uint16_t)(sequence - stream->first), 0);
	return status;
}

int capture_film_make(struct film *film, const char *path, struct gw_error *error)
{
	struct stream stream = {.film = film};
	char reason[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(path, reason);
	struct pcap_pkthdr *header;
	const u_char *frame;
	int status = 0;

	memset(film, 0, sizeof(*film));
	film->kind = &kinds[0];
	if (!pcap)
		return gw_error_set(error, -EBADMSG, "%s: %s", path, reason);
	while (status == 0 && pcap_next_ex(pcap, &header, &frame) == 1) {
		uint32_t length;
		uint16_t port;
		const uint8_t *rtp = pcap_datalink(pcap) == DLT_EN10MB
			? find_payload(frame, header->caplen, &port, &length)
			: NULL;

		if (rtp)
			status = take_packet(&stream, rtp, length, port);
	}
	pcap_close(pcap);
	if (status == 0)
		status = end_shot(&stream);
	if (status == 0 && film->shot_count == 0)
		status = gw_error_set(
			error, -ENODATA, "%s holds no RTP packet over UDP, IP and Ethernet", path);
	else if (status != 0)
		gw_error_set(error, status, "out of memory");
	if (status != 0)
		film_destroy(film);
	return status;
}
