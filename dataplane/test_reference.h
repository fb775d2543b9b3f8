/* A second depayloader for RTP/JPEG (RFC 2435), for tests: slow, plain, and without a line in
 * common with the receiver. It keeps every packet that was delivered, and when the receiver gives a
 * picture it searches them for the packets that the picture is made of. What it does not find there
 * is a wrong picture.
 *
 * Right is a picture whose packets have one SSRC, timestamp, payload type and RTP/JPEG type; whose
 * numbers run without a hole from a packet with offset 0 to one with the marker, or to the one
 * before another beginning; whose fragments say every byte of it; and whose headers say what the
 * packet with offset 0 said. Header extensions, whole files and concealment are not known here. */
#pragma once

#include <stdint.h>

struct reference;

struct reference *reference_create(void);
void reference_destroy(struct reference *reference);

/* A packet is delivered, from its RTP header on. Before the receiver gets it. */
void reference_take(struct reference *reference, const uint8_t *rtp, uint32_t size);

/* NULL when the picture is right, or what is wrong with it. */
const char *reference_judge(const struct reference *reference, uint32_t ssrc, uint32_t timestamp,
	const uint8_t *jpeg, uint32_t size);
