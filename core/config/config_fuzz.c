/* The configuration parser on any bytes: it refuses with a line, or gives a complete configuration
 * that is the same after it was written and read again.
 */
#include <stdlib.h>

#include "core/config/config.h"
#include "core/config/secrets.h"
#include "core/config/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_and_read_again(const struct gw_config *config)
{
	struct gw_config *again;
	struct gw_error error;
	size_t size;
	char *text;

	if (gw_config_text(config, &text, &size, &error) != 0 ||
		gw_config_parse(text, size, &again, &error) != 0)
		abort();
	json_t *before = config_json_with_secrets(config);
	json_t *after = config_json_with_secrets(again);

	if (!json_equal(before, after))
		abort();
	json_decref(before);
	json_decref(after);
	gw_config_free(again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gw_config *config;
	struct gw_error error = {0};

	if (gw_config_parse((const char *)data, size, &config, &error) == 0) {
		if (!config->kafka->results->topic)
			abort();
		write_and_read_again(config);
	} else if (config || error.text[0] == '\0') {
		abort();
	}
	gw_config_free(config);
	return 0;
}
