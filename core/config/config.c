#include "core/config/config.h"

#include <errno.h>
#include <stdlib.h>

#include "core/config/check.h"
#include "core/config/complete.h"
#include "core/config/schema.h"
#include "core/config/yaml_load.h"

static int parse(
	const struct config_source *source, struct gw_config **config, struct gw_error *error)
{
	struct config_schema schema;
	void *data;
	int status = gw_yaml_load(source->text, source->size, source->file,
		config_schema_for(source->text, source->size, &schema), &data, error);

	*config = data;
	if (status == 0)
		status = config_complete(*config, error);
	if (status == 0)
		status = config_check(*config, source, error);
	if (status != 0) {
		gw_config_free(*config);
		*config = NULL;
	}
	return status;
}

int gw_config_parse(
	const char *text, size_t size, struct gw_config **config, struct gw_error *error)
{
	struct config_source source = {text, size, "configuration"};

	return parse(&source, config, error);
}

int gw_config_load(const char *path, struct gw_config **config, struct gw_error *error)
{
	struct config_source source = {.file = path};
	char *text;

	*config = NULL;
	int status = gw_yaml_read(path, &text, &source.size, error);
	if (status != 0)
		return status;
	source.text = text;
	status = parse(&source, config, error);
	free(text);
	return status;
}

void gw_config_free(struct gw_config *config)
{
	gw_yaml_free(&gw_config_schema, config);
}
