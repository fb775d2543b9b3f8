#include "core/config/address.h"
#include "core/config/check.h"

int config_check_api(
	const struct gw_config *config, const struct config_source *source, struct gw_error *error)
{
	const struct gw_api_https_config *https = config->api->https;
	struct gw_address address;
	uint16_t port;

	if (!https)
		return 0;
	if (!https->listen)
		return config_refuse(source, "api.https.", "", error,
			"it needs `listen`, the address and port that it answers on: "
			"\"127.0.0.1:8443\"");
	if (!gw_address_parse_with_port(https->listen, &address, &port))
		return config_refuse(source, "api.https.", "listen", error,
			"'%s' is no address with a port: write \"127.0.0.1:8443\", "
			"\"0.0.0.0:8443\" for all of this machine's, or \"[::1]:8443\"",
			https->listen);
	if (!https->certificate != !https->key)
		return config_refuse(source, "api.https.", https->key ? "key" : "certificate",
			error, "`certificate` and `key` belong together: give both, or neither");
	return 0;
}
