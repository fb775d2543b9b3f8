#include "dataplane/test_load.h"

#include <string.h>

enum {
	/* In an untagged packet: the IPv4 header's checksum and source address. */
	CHECKSUM = 24,
	SOURCE = 26,
	SEQUENCE = TEST_RTP_OFFSET + 2,
	TIMESTAMP = TEST_RTP_OFFSET + 4,
	PERIOD = 3000, /* ticks from picture to picture */
};

static void put_be(uint8_t *out, uint32_t bytes, uint32_t value)
{
	for (uint32_t i = 0; i < bytes; i++)
		out[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

/* Gives a packet of 10.0.0.1 the camera's address, and corrects the header's sum (RFC 1624). */
static void put_source(uint8_t *data, uint32_t camera)
{
	uint32_t sum = 0xFFFFu ^ (uint32_t)(data[CHECKSUM] << 8 | data[CHECKSUM + 1]);

	sum += 1 + camera / 256 + (camera % 256 << 8);
	sum = (sum & 0xFFFF) + (sum >> 16);
	put_be(data + CHECKSUM, 2, 0xFFFF ^ sum);
	put_be(data + SOURCE + 1, 2, 256 + camera);
}

static void step(struct test_load *load, uint32_t group_size)
{
	if (++load->in_group < group_size)
		return;
	load->in_group = 0;
	if (++load->packet < load->picture->count)
		return;
	load->packet = 0;
	load->group += group_size;
	if (load->group < load->cameras)
		return;
	load->group = 0;
	load->round++;
}

uint32_t test_load_next(struct test_load *load, uint8_t *data)
{
	const struct test_packet *packet = &load->picture->packets[load->packet];
	const uint32_t left = load->cameras - load->group;
	const uint32_t camera = load->first + load->step * (load->group + load->in_group);

	memcpy(data, packet->bytes, packet->size);
	put_source(data, camera);
	put_be(data + SEQUENCE, 2, load->round * load->picture->count + load->packet);
	put_be(data + TIMESTAMP, 4, load->round * PERIOD);
	step(load, load->at_once < left ? load->at_once : left);
	return packet->size;
}
