/* The Huffman tables of ITU-T T.81, tables K.3 to K.6: RTP/JPEG has no others (RFC 2435, 3.1.1). As
 * in a DHT segment: 16 bytes that say how many codes there are of each length, then the values. */
#pragma once

#include <stdint.h>

#define JPEG_CODE_LENGTHS 16
#define JPEG_DC_SIZE (JPEG_CODE_LENGTHS + 12)
#define JPEG_AC_SIZE (JPEG_CODE_LENGTHS + 162)

extern const uint8_t jpeg_dc_luma[JPEG_DC_SIZE];
extern const uint8_t jpeg_dc_chroma[JPEG_DC_SIZE];
extern const uint8_t jpeg_ac_luma[JPEG_AC_SIZE];
extern const uint8_t jpeg_ac_chroma[JPEG_AC_SIZE];
