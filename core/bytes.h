/* Numbers in network byte order at any alignment. */
#pragma once

#include <stdint.h>

static inline uint16_t read_be16(const uint8_t *data)
{
	return (uint16_t)(data[0] << 8 | data[1]);
}

static inline uint32_t read_be24(const uint8_t *data)
{
	return (uint32_t)data[0] << 16 | (uint32_t)data[1] << 8 | data[2];
}

static inline uint32_t read_be32(const uint8_t *data)
{
	return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}
