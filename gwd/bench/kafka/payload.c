#include "gwd/bench/kafka/payload.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 28 /* of a digit */
#define DIGIT (SIDE * SIDE)
#define RECORD 2048
#define PICTURE 26000
#define LARGE 8192 /* from here on values go the way of pictures */

static void draw_noise(uint8_t *to, uint32_t size, unsigned short state[3])
{
	for (uint32_t i = 0; i < size; i++)
		to[i] = (uint8_t)nrand48(state);
}

/* A bright stroke on black, as large and as soft as MNIST's: it shrinks as those do. */
static void draw_digit(uint8_t *to, uint32_t size, unsigned short state[3])
{
	double x = 8 + 6 * erand48(state), y = 6 + 4 * erand48(state), way = erand48(state) * 6;

	memset(to, 0, size);
	for (int step = 0; step < 40; step++) {
		const double bend = erand48(state) - 0.4;

		for (int dy = -1; dy <= 1; dy++)
			for (int dx = -1; dx <= 1; dx++) {
				const int at = (int)(y + dy) * SIDE + (int)(x + dx);
				const int lit = dx || dy ? 90 + (int)(erand48(state) * 60) : 253;

				if (to[at] < lit)
					to[at] = (uint8_t)lit;
			}
		way += 0.5 * bend;
		x = fmin(fmax(x + 0.7 * cos(way), 5), SIDE - 6);
		y = fmin(fmax(y + 0.7 * sin(way), 5), SIDE - 6);
	}
}

/* Text in the form of the gateway's results; the last member fills it up. */
static void draw_record(uint8_t *to, uint32_t size, unsigned short state[3])
{
	char *text = (char *)to;
	uint32_t used = (uint32_t)snprintf(text, size,
		"{\"version\":\"4.0\",\"id\":\"%08lx-0000-4000-8000-%012lx/cam0/%ld\","
		"\"@timestamp\":\"2026-11-21T07:40:00.%03ldZ\",\"sensorId\":\"cam0\",\"task\":"
		"\"detect\",\"objects\":[",
		nrand48(state), nrand48(state), nrand48(state) % 100000, nrand48(state) % 1000);

	while (used + 120 < size)
		used += (uint32_t)snprintf(text + used, size - used,
			"{\"type\":\"person\",\"index\":0,\"confidence\":%.4f,\"bbox\":[%.2f,%.2f,%"
			".2f,"
			"%.2f]},",
			erand48(state), 768 * erand48(state), 576 * erand48(state),
			768 * erand48(state), 576 * erand48(state));
	memset(text + used, ' ', size - used);
	memcpy(text + used - 1, "]}", 2);
}

/* Markers and noise: JPEG does not shrink. */
static void draw_picture(uint8_t *to, uint32_t size, unsigned short state[3])
{
	draw_noise(to, size, state);
	memcpy(to, "\xff\xd8", 2);
	memcpy(to + size - 2, "\xff\xd9", 2);
}

static const struct {
	const char *name;
	uint32_t size;
	void (*draw)(uint8_t *to, uint32_t size, unsigned short state[3]);
} kinds[] = {
	{"mnist", DIGIT, draw_digit},
	{"record", RECORD, draw_record},
	{"jpeg", PICTURE, draw_picture},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static size_t kind_of(const char *name)
{
	size_t kind = 0;

	while (kind < KINDS && !(name && strcmp(kinds[kind].name, name) == 0))
		kind++;
	return kind;
}

uint32_t payload_size(const char *name)
{
	const size_t kind = kind_of(name);

	return kind < KINDS ? kinds[kind].size : 0;
}

int payload_open(struct payload *payload, const char *name, uint32_t size)
{
	const size_t kind = kind_of(name);
	unsigned short state[3] = {1, 2, 3};

	payload->size = kind < KINDS ? kinds[kind].size : size;
	payload->kind = payload->size < LARGE ? SINK_RESULT : SINK_SAMPLE;
	payload->values = malloc((size_t)PAYLOAD_VARIETY * payload->size);
	if (!payload->values)
		return -ENOMEM;
	for (uint32_t i = 0; i < PAYLOAD_VARIETY; i++)
		(kind < KINDS ? kinds[kind].draw : draw_noise)(
			payload->values + (size_t)i * payload->size, payload->size, state);
	return 0;
}

void payload_close(struct payload *payload)
{
	free(payload->values);
	payload->values = NULL;
}

const uint8_t *payload_value(const struct payload *payload, uint64_t number)
{
	return payload->values + number % PAYLOAD_VARIETY * payload->size;
}
