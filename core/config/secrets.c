#include "core/config/secrets.h"

#include <string.h>
#include <strings.h>

/* Also what a mistyped name has in common with the right one ("sasl.pasword"). */
static bool sounds_secret(const char *name)
{
	static const char *const words[] = {
		"pass", "word", "secret", ".pem", "jaas", "token", "oauth", "credential"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(name, words[i]))
			return true;
	return false;
}

bool config_is_secret(const json_t *json)
{
	const char *name = json_string_value(json_object_get(json, "name"));

	return name && json_object_get(json, "value") && sounds_secret(name);
}

void config_hide_secrets(json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;

	if (config_is_secret(json))
		json_object_set_new(json, "value", json_string(CONFIG_HIDDEN));
	json_object_foreach(json, key, value)
		config_hide_secrets(value);
	json_array_foreach(json, i, value)
		config_hide_secrets(value);
}
