/* A whole JPEG file that came as a payload: what cameras leave out of theirs is put in. */
#pragma once

#include <stdint.h>

/* Bytes that jpeg_file_mend() may put before the file: the Huffman tables of Annex K. */
#define JPEG_FILE_ROOM 432

/* Reads the headers of the file of `size` bytes at `data`, up to the scan, and mends what stands
 * there: without Huffman tables those of ITU-T T.81, Annex K, are meant; a scan header of the
 * baseline process without spectral selection means all coefficients. There must be JPEG_FILE_ROOM
 * bytes before it that may be written. Sets the picture's size and returns by how many bytes the
 * file begins earlier now, or -ENODATA when its headers are malformed or do not end. */
int jpeg_file_mend(uint8_t *data, uint32_t size, uint16_t *width, uint16_t *height);
