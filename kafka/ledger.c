#include "kafka/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int ledger_open(struct ledger *ledger, uint32_t capacity)
{
	*ledger = (struct ledger){.capacity = capacity};
	ledger->entries = calloc(capacity, sizeof(struct entry));
	return ledger->entries ? 0 : -ENOMEM;
}

static void let_go(struct entry *entry)
{
	free(entry->memory);
	entry->memory = NULL;
	entry->headers = NULL;
	entry->held = false;
}

void ledger_close(struct ledger *ledger)
{
	while (ledger->oldest)
		ledger_remove(ledger, ledger->oldest);
	free(ledger->entries);
	*ledger = (struct ledger){0};
}

struct entry *ledger_add(struct ledger *ledger, size_t bytes, int64_t now)
{
	struct entry *entry = ledger->free;

	if (entry)
		ledger->free = entry->after;
	else if (ledger->touched < ledger->capacity)
		entry = &ledger->entries[ledger->touched++];
	else
		return NULL;
	*entry = (struct entry){
		.before = ledger->newest,
		.order = ledger->order++,
		.since = now,
		.bytes = bytes,
	};
	if (ledger->newest)
		ledger->newest->after = entry;
	else
		ledger->oldest = entry;
	ledger->newest = entry;
	ledger->count++;
	ledger->bytes += bytes;
	return entry;
}

void ledger_remove(struct ledger *ledger, struct entry *entry)
{
	if (entry->headers)
		rd_kafka_headers_destroy(entry->headers);
	let_go(entry);
	if (entry->before)
		entry->before->after = entry->after;
	else
		ledger->oldest = entry->after;
	if (entry->after)
		entry->after->before = entry->before;
	else
		ledger->newest = entry->before;
	ledger->count--;
	ledger->bytes -= entry->bytes;
	entry->after = ledger->free;
	ledger->free = entry;
}

bool entry_hold(
	struct entry *entry, const struct client_message *message, rd_kafka_headers_t *headers)
{
	size_t copied = entry->copied ? message->size : 0;
	uint8_t *memory = malloc(message->key_size + copied + 1);

	if (!memory) {
		if (headers)
			rd_kafka_headers_destroy(headers);
		return false;
	}
	memcpy(memory, message->key, message->key_size);
	memcpy(memory + message->key_size, message->value, copied);
	entry->message = *message;
	entry->message.key = memory;
	if (entry->copied)
		entry->message.value = memory + message->key_size;
	entry->memory = memory;
	entry->headers = headers;
	entry->held = true;
	return true;
}

void entry_sent(struct entry *entry)
{
	let_go(entry);
}
