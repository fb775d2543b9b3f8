/* Any bytes as a record: what is taken must be what it says. kafka/corpus.c writes such bytes: five
 * texts, each with its size before it, which is 255 when it is missing; eight bytes of time; and
 * what is left is the value. */
#include <stdlib.h>
#include <string.h>

#include "core/config/config.h"
#include "kafka/picture.h"

#define TEXTS 5
#define MISSING 255

struct input {
	const uint8_t *data;
	size_t size;
};

struct text {
	uint8_t *data; /* NULL: missing */
	size_t size;
};

/* Memory of its own, so that a sanitizer sees a read past the end. */
static uint8_t *take(struct input *input, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	memcpy(copy, input->data, size);
	input->data += size;
	input->size -= size;
	return copy;
}

static struct text take_text(struct input *input)
{
	struct text text = {0};

	if (input->size == 0)
		return text;
	text.size = *input->data++;
	input->size--;
	if (text.size == MISSING)
		return (struct text){0};
	if (text.size > input->size)
		text.size = input->size;
	text.data = take(input, text.size);
	return text;
}

static void check_origin(const struct gw_origin *origin)
{
	if (origin->id[0] == '\0' || !memchr(origin->id, '\0', sizeof(origin->id)) ||
		origin->source[0] == '\0' || !memchr(origin->source, '\0', sizeof(origin->source)))
		abort();
}

static void check_copy(const struct kafka_record *record, const struct picture *picture)
{
	static struct gw_frame frame;

	if (record->key_size == 0 || record->key_size >= GW_NAME || picture->info.width > 512 ||
		picture->info.height > 512 || picture->info.size > record->size ||
		picture->capture_ns < 0)
		abort();
	frame.jpeg.room = malloc(picture->info.size);
	if (!frame.jpeg.room)
		abort();
	picture_copy(record, picture, &frame);
	if (frame.has_origin)
		check_origin(&frame.origin);
	free(frame.jpeg.room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[TEXTS - 1] = {"ce_type", "ce_id", "ce_source", "ce_time"};
	static const struct jpeg_limits limits = {512, 512};
	struct input input = {data, size};
	struct text key = take_text(&input);
	rd_kafka_headers_t *headers = rd_kafka_headers_new(TEXTS - 1);
	struct kafka_record record = {
		.key = key.data, .key_size = key.size, .headers = headers, .time_ms = -1};
	struct picture picture;

	for (int i = 0; i < TEXTS - 1; i++) {
		struct text text = take_text(&input);

		if (text.data)
			rd_kafka_header_add(headers, names[i], -1, text.data, (ssize_t)text.size);
		free(text.data);
	}
	if (input.size >= sizeof(record.time_ms)) {
		memcpy(&record.time_ms, input.data, sizeof(record.time_ms));
		input.data += sizeof(record.time_ms);
		input.size -= sizeof(record.time_ms);
	}
	record.size = input.size;
	uint8_t *value = take(&input, input.size);

	record.value = value;
	picture_look(&record, &limits, &picture);
	if (picture.drop == GW_DROP_NONE)
		check_copy(&record, &picture);
	rd_kafka_headers_destroy(headers);
	free(key.data);
	free(value);
	return 0;
}
