#include "core/config/yaml_load.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/yaml_place.h"
#include "core/config/yaml_strict.h"

#define PATH_SIZE 256
#define MAX_FILE (16u << 20)

/* What libcyaml says of a failure: the first line is the problem, then a backtrace from the inside
 * out. */
struct trouble {
	char problem[256];
	char path[PATH_SIZE];
	bool in_key; /* the innermost place is the mapping itself, not one of its fields */
	bool inner_seen;
};

static void prepend(char path[PATH_SIZE], const char *part)
{
	char rest[PATH_SIZE];
	const char *dot = path[0] != '\0' && path[0] != '[' ? "." : "";

	snprintf(rest, sizeof(rest), "%s", path);
	if (snprintf(path, PATH_SIZE, "%s%s%s", part, dot, rest) >= PATH_SIZE)
		path[PATH_SIZE - 1] = '\0';
}

/* libcyaml reports as text only: the words it uses are matched here and nowhere else. */
static void note(cyaml_log_t level, void *arg, const char *format, va_list args)
{
	struct trouble *trouble = arg;
	char line[256], name[128], part[160];
	unsigned long entry;

	(void)level;
	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "  in mapping field '%127[^']'", name) == 1) {
		prepend(trouble->path, name);
	} else if (sscanf(line, "  in sequence entry '%lu'", &entry) == 1) {
		/* Entries count from 1; 0 is the sequence itself. */
		snprintf(part, sizeof(part), "[%lu]", entry - 1);
		if (entry > 0)
			prepend(trouble->path, part);
	} else if (strncmp(line, "  in mapping", 12) == 0) {
		trouble->in_key = true;
	} else if (trouble->problem[0] == '\0' && strncmp(line, "Load: ", 6) == 0) {
		snprintf(trouble->problem, sizeof(trouble->problem), "%s", line + 6);
	}
}

/* The schema of the value at `path`; NULL when the path leaves the schema. */
static const cyaml_schema_value_t *find_schema(const cyaml_schema_value_t *schema, const char *path)
{
	while (schema && *path != '\0') {
		if (*path == '.')
			path++;
		if (*path == '[') {
			if (schema->type != CYAML_SEQUENCE)
				return NULL;
			schema = schema->sequence.entry;
			path += strcspn(path, "]");
			path += *path == ']';
			continue;
		}
		if (schema->type != CYAML_MAPPING)
			return NULL;
		size_t size = strcspn(path, ".[");
		const cyaml_schema_field_t *field = schema->mapping.fields;

		while (field->key &&
			(strncmp(field->key, path, size) != 0 || field->key[size] != '\0'))
			field++;
		schema = field->key ? &field->value : NULL;
		path += size;
	}
	return schema;
}

static void append(char *text, size_t size, const char *separator, const char *word)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%s", used > 0 ? separator : "", word);
}

/* What would have been right there. */
static void expectation(const cyaml_schema_value_t *schema, char *text, size_t size)
{
	text[0] = '\0';
	switch (schema->type) {
	case CYAML_UINT:
		snprintf(text, size, "a whole number from %d to %llu",
			schema->flags & GW_YAML_POSITIVE ? 1 : 0,
			schema->data_size >= 8 ? ~0ULL : (1ULL << (8 * schema->data_size)) - 1);
		break;
	case CYAML_INT:
		snprintf(text, size, "a whole number");
		break;
	case CYAML_FLOAT:
		snprintf(text, size, "a number");
		break;
	case CYAML_BOOL:
		snprintf(text, size, "true or false");
		break;
	case CYAML_ENUM:
		for (uint32_t i = 0; i < schema->enumeration.count; i++)
			append(text, size, " or ", schema->enumeration.strings[i].str);
		break;
	case CYAML_STRING:
		snprintf(text, size, "text of %u to %u characters", schema->string.min,
			schema->string.max);
		break;
	case CYAML_SEQUENCE:
	case CYAML_SEQUENCE_FIXED:
		snprintf(text, size, "a list ('- ...' or [...])");
		break;
	case CYAML_MAPPING:
		snprintf(text, size, "a mapping ('key: value')");
		break;
	default:
		snprintf(text, size, "another value");
	}
}

static void keys_of(const cyaml_schema_value_t *schema, char *text, size_t size)
{
	text[0] = '\0';
	for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key; field++)
		append(text, size, ", ", field->key);
}

/* The last part of a path, and the path without it. */
static void cut_last(char *path)
{
	char *dot = strrchr(path, '.');

	if (dot)
		*dot = '\0';
	else
		path[0] = '\0';
}

static int refuse_value(const char *path, const char *text, size_t size, const char *file,
	const cyaml_schema_value_t *schema, struct gw_error *error)
{
	const struct yaml_place place = yaml_place_find(text, size, path, false);
	const char *name = path[0] ? path : "the file";
	char words[256];

	expectation(find_schema(schema, path), words, sizeof(words));
	if (place.value[0] == '\0')
		return gw_error_set(error, -EINVAL, "%s:%zu:%zu: '%s' must be %s", file, place.line,
			place.column, name, words);
	return gw_error_set(error, -EINVAL, "%s:%zu:%zu: '%s' must be %s, not '%s'", file,
		place.line, place.column, name, words, place.value);
}

static int explain(const struct trouble *trouble, const char *text, size_t size, const char *file,
	const cyaml_schema_value_t *schema, struct gw_error *error)
{
	char path[2 * PATH_SIZE], words[256];
	struct yaml_place place;
	char key[128];

	snprintf(path, sizeof(path), "%s", trouble->path);
	if (sscanf(trouble->problem, "Unexpected key: %127s", key) == 1) {
		const cyaml_schema_value_t *mapping = find_schema(schema, path);

		append(path, sizeof(path), ".", key);
		place = yaml_place_find(text, size, path, true);
		words[0] = '\0';
		if (mapping && mapping->type == CYAML_MAPPING)
			keys_of(mapping, words, sizeof(words));
		return gw_error_set(error, -EINVAL, "%s:%zu:%zu: unknown key '%s' (known here: %s)",
			file, place.line, place.column, path, words);
	}
	if (sscanf(trouble->problem, "Missing required mapping field: %127s", key) == 1) {
		/* The innermost place is the field before, in the same mapping. */
		if (!trouble->in_key)
			cut_last(path);
		place = yaml_place_find(text, size, path, false);
		append(path, sizeof(path), ".", key);
		return gw_error_set(error, -EINVAL, "%s:%zu:%zu: '%s' is missing", file, place.line,
			place.column, path);
	}
	place = yaml_place_find(text, size, path, false);
	if (strncmp(trouble->problem, "libyaml: ", 9) == 0)
		return gw_error_set(error, -EINVAL, "%s:%zu:%zu: not valid YAML: %s", file,
			place.line, place.column, trouble->problem + 9);
	if (strncmp(trouble->problem, "Mapping field already seen", 26) == 0)
		return gw_error_set(error, -EINVAL, "%s:%zu:%zu: '%s' is given twice", file,
			place.line, place.column, path);
	if (!find_schema(schema, path))
		return gw_error_set(error, -EINVAL, "%s:%zu:%zu: %s", file, place.line,
			place.column, trouble->problem);
	return refuse_value(path, text, size, file, schema, error);
}

static int refuse_alias(const struct trouble *trouble, const char *text, size_t size,
	const char *file, struct gw_error *error)
{
	struct yaml_place place = yaml_place_find(text, size, trouble->path, false);

	return gw_error_set(error, -EINVAL,
		"%s:%zu:%zu: after '%s' stands an alias ('*name'): write the value out", file,
		place.line, place.column, trouble->path);
}

static cyaml_config_t loader(struct trouble *trouble)
{
	return (cyaml_config_t){
		.log_fn = note,
		.log_ctx = trouble,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_ERROR,
		/* Aliases multiply: a small file could ask for all memory. */
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

int gw_yaml_load(const char *text, size_t size, const char *file,
	const cyaml_schema_value_t *schema, void **data, struct gw_error *error)
{
	struct trouble trouble = {0};
	cyaml_config_t config = loader(&trouble);
	cyaml_data_t *loaded = NULL;

	*data = NULL;
	cyaml_err_t status =
		cyaml_load_data((const uint8_t *)text, size, &config, schema, &loaded, NULL);
	if (status == CYAML_OK && loaded) {
		char path[PATH_SIZE];

		if (yaml_strict_check(text, size, schema, path, sizeof(path))) {
			*data = loaded;
			return 0;
		}
		gw_yaml_free(schema, loaded);
		return refuse_value(path, text, size, file, schema, error);
	}
	if (status == CYAML_OK)
		return gw_error_set(error, -EINVAL, "%s: the file is empty", file);
	if (status == CYAML_ERR_OOM)
		return gw_error_set(error, -ENOMEM, "%s: out of memory", file);
	if (status == CYAML_ERR_ALIAS)
		return refuse_alias(&trouble, text, size, file, error);
	if (trouble.problem[0] == '\0')
		snprintf(trouble.problem, sizeof(trouble.problem), "%s", cyaml_strerror(status));
	return explain(&trouble, text, size, file, schema, error);
}

void gw_yaml_free(const cyaml_schema_value_t *schema, void *data)
{
	struct trouble trouble = {0};
	cyaml_config_t config = loader(&trouble);

	if (data)
		cyaml_free(&config, schema, data, 0);
}

int gw_yaml_read(const char *path, char **text, size_t *size, struct gw_error *error)
{
	FILE *file = fopen(path, "rb");
	int status = 0;

	*text = NULL;
	if (!file)
		return gw_error_set(error, -errno, "%s: %s", path, strerror(errno));
	*text = malloc(MAX_FILE + 1);
	if (!*text) {
		status = gw_error_set(error, -ENOMEM, "%s: out of memory", path);
	} else {
		*size = fread(*text, 1, MAX_FILE, file);
		if (ferror(file))
			status = gw_error_set(error, -EIO, "%s: cannot be read", path);
		else if (*size == MAX_FILE)
			status = gw_error_set(error, -EFBIG, "%s: larger than 16 MiB", path);
		else
			(*text)[*size] = '\0';
	}
	fclose(file);
	if (status != 0) {
		free(*text);
		*text = NULL;
	}
	return status;
}

int gw_yaml_complain(const char *text, size_t size, const char *file, const char *path,
	struct gw_error *error, const char *format, ...)
{
	struct yaml_place place = yaml_place_find(text, size, path, false);
	char reason[384];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	return gw_error_set(
		error, -EINVAL, "%s:%zu:%zu: %s: %s", file, place.line, place.column, path, reason);
}
