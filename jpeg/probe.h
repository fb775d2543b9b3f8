/* What a JPEG says of itself, found without a decoder: a strict walk over its markers.
 *
 * It stands between the network and every decoder. Whatever passes is one complete baseline or
 * extended sequential picture (ITU-T T.81, SOF0 or SOF1) of 8-bit samples: grey, or three
 * components of a common subsampling, in one interleaved scan, with every table that the scan
 * needs, within limits. Progressive, lossless, hierarchical and arithmetic coding, 12-bit samples
 * and CMYK are refused: RTP/JPEG carries none of them, and a progressive picture needs memory and
 * time that its size does not bound.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* How many luma samples share one sample of each chroma component, by T.81's usual names. */
enum jpeg_subsampling {
	JPEG_SUBSAMPLING_GRAY,
	JPEG_SUBSAMPLING_444,
	JPEG_SUBSAMPLING_422,
	JPEG_SUBSAMPLING_420,
	JPEG_SUBSAMPLING_440,
	JPEG_SUBSAMPLING_411,
};

struct jpeg_info {
	uint16_t width, height;
	uint8_t components; /* 1 or 3 */
	enum jpeg_subsampling subsampling;
	uint8_t orientation; /* core/orientation.h, of its Exif segment; 1 where that says nothing
			      */
	uint16_t restart_interval; /* MCUs; 0: no restart markers */
	uint32_t scan_offset; /* of the first entropy-coded byte */
	uint32_t size; /* from SOI to the end of EOI, without the padding that followed */
};

/* Pixels a picture may have in each direction. */
struct jpeg_limits {
	uint16_t max_width, max_height;
};

/* Reads `data` .. `data + size` and nothing beyond. Limits are checked where the picture says its
 * size, before the scan is looked at. Senders that write what changes no pixel are borne with: a
 * last restart marker that begins nothing; zero bytes, repeated end markers and up to 64 other
 * bytes, but no second picture, after the end. Any thread.
 *
 * Returns 0 and fills `info`; -EBADMSG when it is malformed, incomplete or followed by other bytes;
 * -ENOTSUP when it is well-formed but of a coding that is refused; -EFBIG when it exceeds the
 * limits. On failure *cause is a constant sentence fragment ("no end of image"). */
int jpeg_probe(const uint8_t *data, size_t size, const struct jpeg_limits *limits,
	struct jpeg_info *info, const char **cause);
