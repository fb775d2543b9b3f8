#include "kafka/command.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "core/api.h"

static const char type[] = "com.framegate.command.v1";

static bool is_for(const struct kafka_record *record, const char *gateway)
{
	return record->key && record->key_size == strlen(gateway) &&
		memcmp(record->key, gateway, record->key_size) == 0;
}

/* Copies a member that is text. False: it is none, or too long. */
static bool read_text(const json_t *root, const char *name, char *text, size_t room)
{
	const json_t *member = json_object_get(root, name);
	const char *value = json_string_value(member);

	if (!value || json_string_length(member) >= room || strlen(value) == 0)
		return false;
	strcpy(text, value);
	return true;
}

/* What it asks for. Members that nobody knows are a mistake that would go unseen. */
static int read_value(
	struct command *command, const struct kafka_record *record, struct gw_error *error)
{
	const size_t prefix = strlen(GW_API_PREFIX);
	json_error_t why;
	const char *name;
	json_t *member;

	command->root = json_loadb(
		record->value ? record->value : "", record->size, JSON_REJECT_DUPLICATES, &why);
	if (!json_is_object(command->root))
		return gw_error_set(error, -EINVAL, "the command is no JSON object: %s",
			command->root ? "it is something else" : why.text);
	json_object_foreach(command->root, name, member)
		if (strcmp(name, "method") != 0 && strcmp(name, "path") != 0 &&
			strcmp(name, "body") != 0)
			return gw_error_set(error, -EINVAL,
				"a command has 'method', 'path' and 'body', and no '%s'", name);
	if (!read_text(command->root, "method", command->method, sizeof(command->method)) ||
		!read_text(command->root, "path", command->path, sizeof(command->path)))
		return gw_error_set(error, -EINVAL,
			"a command needs 'method' and 'path' of the API, as text: POST, "
			"cameras/NAME/sample");
	if (strncmp(command->path, GW_API_PREFIX, prefix) == 0)
		memmove(command->path, command->path + prefix, strlen(command->path + prefix) + 1);
	command->body = json_object_get(command->root, "body");
	return 0;
}

int command_read(struct command *command, const struct kafka_record *record, const char *gateway,
	int64_t now_ms, int64_t age_ms, struct gw_error *error)
{
	char said[sizeof(type) + 1];

	*command = (struct command){0};
	kafka_record_header(record, "ce_type", said, sizeof(said));
	if (strcmp(said, type) != 0 || !is_for(record, gateway))
		return -ENOENT;
	kafka_record_header(record, "ce_id", command->id, sizeof(command->id));
	kafka_record_header(record, "ce_source", command->source, sizeof(command->source));
	if (!command->id[0] || !command->source[0])
		return gw_error_set(error, -ENOMSG,
			"a command without the headers ce_id and ce_source, or with longer ones "
			"than "
			"%d bytes, is not carried out",
			COMMAND_ID - 1);
	if (record->time_ms < 0 || now_ms - record->time_ms > age_ms)
		return gw_error_set(error, -ETIME,
			"the command is older than %ld s: it is not carried out any more",
			age_ms / 1000);
	if (record->time_ms - now_ms > age_ms)
		return gw_error_set(error, -EINVAL,
			"the command is dated %ld s ahead of this gateway's clock, and may be %ld "
			"s: set the clocks, and send it again with an id of its own",
			(record->time_ms - now_ms) / 1000, age_ms / 1000);
	return read_value(command, record, error);
}

void command_release(struct command *command)
{
	json_decref(command->root);
	command->root = NULL;
	command->body = NULL;
}
