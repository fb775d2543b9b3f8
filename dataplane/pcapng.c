#include "dataplane/pcapng.h"

#include <byteswap.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"

enum {
	BLOCK_SECTION = 0x0A0D0D0A,
	BLOCK_INTERFACE = 1,
	BLOCK_OLD_PACKET = 2,
	BLOCK_SIMPLE_PACKET = 3,
	BLOCK_PACKET = 6,
	BYTE_ORDER_MAGIC = 0x1A2B3C4D,
	OPTION_RESOLUTION = 9,
	LINK_ETHERNET = 1,
	MOST_INTERFACES = 256,
	MOST_BLOCK = 16 << 20,
	PCAP_SNAPLEN = 262144,
};

#define PCAP_MAGIC_NS 0xA1B23C4Du

struct reader {
	FILE *from, *to;
	bool swapped; /* the section was written on a machine of the other byte order */
	uint8_t *block; /* of the block that was read: what stands between its lengths */
	uint32_t size;
	uint32_t interfaces;
	uint64_t resolution[MOST_INTERFACES]; /* units a second */
};

static uint32_t get32(const struct reader *reader, const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return reader->swapped ? bswap_32(value) : value;
}

static uint16_t get16(const struct reader *reader, const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return reader->swapped ? bswap_16(value) : value;
}

static int bad(struct gw_error *error)
{
	return gw_error_set(error, -EBADMSG, "a block is malformed or cut short");
}

/* Reads the next block. Returns 1, 0 at the end of the file, or -EBADMSG. */
static int read_block(struct reader *reader, uint32_t *type, struct gw_error *error)
{
	uint8_t head[12];
	const size_t got = fread(head, 1, 8, reader->from);

	if (got == 0)
		return 0;
	if (got < 8)
		return bad(error);
	*type = get32(reader, head);
	if (*type == BLOCK_SECTION) {
		uint32_t magic;

		/* The length's byte order is known only by what follows it. */
		if (fread(head + 8, 1, 4, reader->from) != 4 ||
			fseek(reader->from, -4, SEEK_CUR) != 0)
			return bad(error);
		memcpy(&magic, head + 8, sizeof(magic));
		reader->swapped = magic != BYTE_ORDER_MAGIC;
		reader->interfaces = 0;
	}
	const uint32_t length = get32(reader, head + 4);

	if (length < 12 || length % 4 != 0 || length > MOST_BLOCK)
		return bad(error);
	reader->size = length - 12;
	if (fread(reader->block, 1, length - 8, reader->from) != length - 8)
		return bad(error);
	return 1;
}

/* 10 to the power of its value a second, or 2 with the highest bit. */
static uint64_t read_resolution(uint8_t value)
{
	uint64_t units = 1;

	for (uint8_t i = 0; i < (value & 0x7F) && units < UINT64_MAX / 20; i++)
		units *= value & 0x80 ? 2 : 10;
	return units;
}

static int read_interface(struct reader *reader, struct gw_error *error)
{
	if (reader->size < 8 || reader->interfaces == MOST_INTERFACES)
		return bad(error);
	if (get16(reader, reader->block) != LINK_ETHERNET)
		return gw_error_set(error, -EPROTOTYPE, "only Ethernet captures can be replayed");
	uint64_t *resolution = &reader->resolution[reader->interfaces++];

	*resolution = 1000000;
	for (uint32_t at = 8; at + 4 <= reader->size;) {
		const uint32_t code = get16(reader, reader->block + at);
		const uint32_t length = get16(reader, reader->block + at + 2);

		if (code == 0 || at + 4 + length > reader->size)
			break;
		if (code == OPTION_RESOLUTION && length == 1)
			*resolution = read_resolution(reader->block[at + 4]);
		at += 4 + (length + 3) / 4 * 4;
	}
	return 0;
}

static void write_packet(
	struct reader *reader, int64_t ns, const uint8_t *data, uint32_t size, uint32_t whole)
{
	const uint32_t head[4] = {
		(uint32_t)(ns / GW_NS_PER_S), (uint32_t)(ns % GW_NS_PER_S), size, whole};

	fwrite(head, sizeof(head), 1, reader->to);
	fwrite(data, 1, size, reader->to);
}

/* The old kind says its interface in 16 bits, and in the other 16 how many packets were lost
 * before.
 */
static int read_packet(struct reader *reader, bool is_old, struct gw_error *error)
{
	const uint8_t *block = reader->block;

	if (reader->size < 20)
		return bad(error);
	const uint32_t interface = is_old ? get16(reader, block) : get32(reader, block);
	const uint64_t units = (uint64_t)get32(reader, block + 4) << 32 | get32(reader, block + 8);
	const uint32_t size = get32(reader, block + 12);

	if (interface >= reader->interfaces || size > reader->size - 20)
		return bad(error);
	const uint64_t a_second = reader->resolution[interface];

	/* A pcap file has no room for later times. */
	if (units / a_second > UINT32_MAX)
		return bad(error);
	const int64_t ns = (int64_t)(units / a_second) * GW_NS_PER_S +
		(int64_t)((double)(units % a_second) * GW_NS_PER_S / (double)a_second);

	write_packet(reader, ns, block + 20, size, get32(reader, block + 16));
	return 0;
}

static int read_simple_packet(struct reader *reader, struct gw_error *error)
{
	if (reader->size < 4)
		return bad(error);
	const uint32_t whole = get32(reader, reader->block);
	const uint32_t size = whole < reader->size - 4 ? whole : reader->size - 4;

	write_packet(reader, 0, reader->block + 4, size, whole);
	return 0;
}

static int convert(struct reader *reader, struct gw_error *error)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, accuracy, snaplen, link;
	} head = {PCAP_MAGIC_NS, 2, 4, 0, 0, PCAP_SNAPLEN, LINK_ETHERNET};
	uint32_t type = 0;
	int status;

	fwrite(&head, sizeof(head), 1, reader->to);
	while ((status = read_block(reader, &type, error)) == 1) {
		if (type == BLOCK_INTERFACE)
			status = read_interface(reader, error);
		else if (type == BLOCK_PACKET || type == BLOCK_OLD_PACKET)
			status = read_packet(reader, type == BLOCK_OLD_PACKET, error);
		else if (type == BLOCK_SIMPLE_PACKET)
			status = read_simple_packet(reader, error);
		if (status < 0)
			break;
	}
	if (fflush(reader->to) != 0 || ferror(reader->to))
		return gw_error_set(error, -EIO, "no room for the packets of a capture");
	return status;
}

bool pcapng_is(int fd)
{
	uint32_t type = 0;

	return pread(fd, &type, sizeof(type), 0) == sizeof(type) && type == BLOCK_SECTION;
}

int pcapng_convert(int from, int to, struct gw_error *error)
{
	const int own_from = dup(from), own_to = dup(to);
	struct reader reader = {
		.from = own_from < 0 ? NULL : fdopen(own_from, "rb"),
		.to = own_to < 0 ? NULL : fdopen(own_to, "wb"),
		.block = malloc(MOST_BLOCK),
	};
	int status = -ENOMEM;

	if (reader.from && reader.to && reader.block && fseek(reader.from, 0, SEEK_SET) == 0)
		status = convert(&reader, error);
	else
		gw_error_set(error, status, "out of memory");
	free(reader.block);
	if (reader.from)
		fclose(reader.from);
	else if (own_from >= 0)
		close(own_from);
	if (reader.to)
		fclose(reader.to);
	else if (own_to >= 0)
		close(own_to);
	return status;
}
