/* The configuration parser on any bytes: it refuses with a line, or gives a complete configuration.
 */
#include <stdlib.h>

#include "core/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gw_config *config;
	struct gw_error error = {0};

	if (gw_config_parse((const char *)data, size, &config, &error) == 0) {
		if (!config->kafka->results->topic)
			abort();
	} else if (config || error.text[0] == '\0') {
		abort();
	}
	gw_config_free(config);
	return 0;
}
