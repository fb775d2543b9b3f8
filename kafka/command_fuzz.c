/* Any bytes as a command. What is read must be within its bounds and text of one line, as it is
 * logged. The first byte says how many of those after it are the id, the rest is the value. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "kafka/command.h"

static void check(const char *text, size_t room)
{
	const size_t size = strnlen(text, room);

	if (size == room)
		abort();
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	const size_t id = data[0] < size - 1 ? data[0] : size - 1;
	rd_kafka_headers_t *headers = rd_kafka_headers_new(3);
	struct kafka_record record = {.headers = headers, .key = "gw1", .key_size = 3};
	struct gw_error error = {""};
	struct command command;
	/* Of its own, so that a sanitizer sees a read past the end. */
	uint8_t *value = malloc(size - id);

	if (!value)
		abort();
	memcpy(value, data + 1 + id, size - 1 - id);
	record.value = value;
	record.size = size - 1 - id;
	rd_kafka_header_add(headers, "ce_type", -1, "com.framegate.command.v1", -1);
	rd_kafka_header_add(headers, "ce_source", -1, "/fuzz", -1);
	rd_kafka_header_add(headers, "ce_id", -1, data + 1, (ssize_t)id);
	const int status = command_read(&command, &record, "gw1", 0, 1, &error);

	check(command.id, sizeof(command.id));
	if (strnlen(command.method, sizeof(command.method)) == sizeof(command.method) ||
		strnlen(command.path, sizeof(command.path)) == sizeof(command.path))
		abort();
	if ((status == 0) == (error.text[0] != '\0'))
		abort();
	command_release(&command);
	rd_kafka_headers_destroy(headers);
	free(value);
	return 0;
}
