/* The values of the records that a bench sends. */
#pragma once

#include <stdint.h>

#include "sink/sink.h"

#define PAYLOAD_VARIETY 64 /* different values, in turn */

struct payload {
	enum sink_kind kind; /* which of the gateway's two producers takes it */
	uint32_t size; /* of a value */
	uint8_t *values; /* PAYLOAD_VARIETY of them, one after the other */
};

/* "mnist": a hand-written digit, 784 bytes; "record": a result of many objects, 2048 bytes; "jpeg":
 * a picture of 26000 bytes. 0: there is none of that name. */
uint32_t payload_size(const char *name);

/* Makes the values: by name, or with NULL `size` bytes of noise. Small ones go the way of results,
 * large ones that of pictures. 0 or -ENOMEM. */
int payload_open(struct payload *payload, const char *name, uint32_t size);
void payload_close(struct payload *payload);

/* The value of the record `number`. */
const uint8_t *payload_value(const struct payload *payload, uint64_t number);
