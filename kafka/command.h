/* A command: a record that asks the gateway for something, as a CloudEvents 1.0 event in Kafka's
 * binary mode whose data is {"method", "path", "body"}. docs/kafka.md, "Commands". Any thread. */
#pragma once

#include <stdint.h>

#include "core/error.h"
#include "kafka/record.h"

#define COMMAND_ID 256
#define COMMAND_SOURCE 256
#define COMMAND_PATH 512

struct json_t;

struct command {
	char id[COMMAND_ID],
		source[COMMAND_SOURCE]; /* who sent it; together they are one command */
	char method[8], path[COMMAND_PATH];
	struct json_t *root;
	const struct json_t *body; /* NULL: none; a part of `root` */
};

/* Reads one. Returns 0; -ENOENT when it is none, or for another gateway than the one of that name;
 * -ENOMSG with the line when it has no id or source, so that nobody can be answered; -ETIME when it
 * is older than `age_ms` at `now_ms` (since 1970), and -EINVAL when it is dated further ahead than
 * that, for it would be carried out long after it was sent, or asks for nothing that can be
 * understood: with the line for the answer, and id and source set. command_release() follows in any
 * case. */
int command_read(struct command *command, const struct kafka_record *record, const char *gateway,
	int64_t now_ms, int64_t age_ms, struct gw_error *error);
void command_release(struct command *command);
