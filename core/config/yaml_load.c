#include "core/config/yaml_load.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/config/yaml_explain.h"
#include "core/config/yaml_place.h"
#include "core/config/yaml_strict.h"

static void prepend(char path[YAML_PATH_SIZE], const char *part)
{
	char rest[YAML_PATH_SIZE];
	const char *dot = path[0] != '\0' && path[0] != '[' ? "." : "";

	snprintf(rest, sizeof(rest), "%s", path);
	if (snprintf(path, YAML_PATH_SIZE, "%s%s%s", part, dot, rest) >= YAML_PATH_SIZE)
		path[YAML_PATH_SIZE - 1] = '\0';
}

/* libcyaml reports as text only: the words it uses are matched here and nowhere else. */
static void note(cyaml_log_t level, void *arg, const char *format, va_list args)
{
	struct yaml_trouble *trouble = arg;
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

static cyaml_config_t loader(struct yaml_trouble *trouble)
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
	struct yaml_trouble trouble = {0};
	cyaml_config_t config = loader(&trouble);
	cyaml_data_t *loaded = NULL;

	*data = NULL;
	cyaml_err_t status =
		cyaml_load_data((const uint8_t *)text, size, &config, schema, &loaded, NULL);
	if (status == CYAML_OK && loaded) {
		char path[YAML_PATH_SIZE];

		if (yaml_strict_check(text, size, schema, path, sizeof(path))) {
			*data = loaded;
			return 0;
		}
		gw_yaml_free(schema, loaded);
		return yaml_refuse_value(path, text, size, file, schema, error);
	}
	if (status == CYAML_OK)
		return gw_error_set(error, -EINVAL, "%s: the file is empty", file);
	if (status == CYAML_ERR_OOM)
		return gw_error_set(error, -ENOMEM, "%s: out of memory", file);
	if (trouble.problem[0] == '\0')
		snprintf(trouble.problem, sizeof(trouble.problem), "%s", cyaml_strerror(status));
	return yaml_explain(status, &trouble, text, size, file, schema, error);
}

void gw_yaml_free(const cyaml_schema_value_t *schema, void *data)
{
	struct yaml_trouble trouble = {0};
	cyaml_config_t config = loader(&trouble);

	if (data)
		cyaml_free(&config, schema, data, 0);
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
