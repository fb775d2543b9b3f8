#include "core/config/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/complete.h"
#include "core/config/secrets.h"
#include "core/config/yaml_write.h"

static void add_step(struct gw_step_config **plan, uint32_t *count)
{
	*plan = calloc(1, sizeof(**plan));
	*count = *plan ? 1 : 0;
}

/* What everything is when nothing is given, with one camera, a source and their plans so that
 * theirs are known as well. NULL: out of memory. */
static json_t *defaults_json(void)
{
	struct gw_config *config = calloc(1, sizeof(*config));
	json_t *json = NULL;

	if (!config)
		return NULL;
	config->cameras = calloc(1, sizeof(config->cameras[0]));
	config->cameras_count = config->cameras ? 1 : 0;
	if (config->cameras)
		add_step(&config->cameras[0].plan, &config->cameras[0].plan_count);
	config->interfaces = calloc(1, sizeof(config->interfaces[0]));
	config->interfaces_count = config->interfaces ? 1 : 0;
	config->kafka = calloc(1, sizeof(*config->kafka));
	if (config->kafka)
		config->kafka->source = calloc(1, sizeof(*config->kafka->source));
	if (config->kafka && config->kafka->source)
		config->kafka->source->template = calloc(1, sizeof(struct gw_template_config));
	if (config->kafka && config->kafka->source && config->kafka->source->template)
		add_step(&config->kafka->source->template->plan,
			&config->kafka->source->template->plan_count);
	if (config->cameras && config->interfaces && config->kafka && config->kafka->source &&
		config->kafka->source->template && config_complete(config, NULL) == 0)
		json = config_json_with_secrets(config);
	gw_config_free(config);
	return json;
}

/* Takes out of `json` what `defaults` says anyway. Returns whether nothing is left. */
static bool take_out_defaults(json_t *json, json_t *defaults)
{
	json_t *value, *of_entries = json_array_get(defaults, 0);
	const char *key;
	void *next;
	size_t i;

	json_array_foreach(json, i, value)
		take_out_defaults(value, of_entries);
	if (!json_is_object(json) || !json_is_object(defaults))
		return json_is_object(defaults) ? false : json_equal(json, defaults);
	json_object_foreach_safe(json, next, key,
		value) if (take_out_defaults(value, json_object_get(defaults, key)))
		json_object_del(json, key);
	return json_object_size(json) == 0;
}

int gw_config_text(
	const struct gw_config *config, char **text, size_t *size, struct gw_error *error)
{
	json_t *json = config_json_with_secrets(config), *defaults = defaults_json();
	int status = json && defaults ? 0 : -ENOMEM;

	*text = NULL;
	if (status == 0) {
		take_out_defaults(json, defaults);
		if (json_object_size(json) == 0)
			json_object_set_new(json, "cameras", json_array());
		status = yaml_write(json, text, size);
	}
	json_decref(json);
	json_decref(defaults);
	return status == 0 ? 0 : gw_error_set(error, status, "configuration: out of memory");
}

int gw_config_file_text(
	const struct gw_config *config, char **text, size_t *size, struct gw_error *error)
{
	static const char heading[] =
		"# Written by Framegate: what differs from the defaults. Comments are not kept "
		"when\n"
		"# it is written again. docs/configuration.md explains the keys.\n";
	char *plain;
	int status = gw_config_text(config, &plain, size, error);

	*text = NULL;
	if (status != 0)
		return status;
	const int length = asprintf(text, "%s%s", heading, plain);

	free(plain);
	if (length < 0) {
		*text = NULL;
		return gw_error_set(error, -ENOMEM, "configuration: out of memory");
	}
	*size = (size_t)length;
	return 0;
}
