#include <errno.h>
#include <string.h>

#include "core/config/check.h"

#define PLACE "alarms.webhook."
#define MOST_RAISE 3600 /* s */
#define DAY_S 86400

/* A host must stand behind the scheme. */
static bool is_url(const char *url)
{
	const char *host = NULL;

	if (strncmp(url, "https://", 8) == 0)
		host = url + 8;
	else if (strncmp(url, "http://", 7) == 0)
		host = url + 7;
	if (!host || strcspn(host, "/?#:") == 0)
		return false;
	for (; *host; host++)
		if (*host <= ' ' || *host > '~')
			return false;
	return true;
}

/* Of "https://USER:PASSWORD@HOST/". */
static bool names_a_user(const char *url)
{
	const char *host = strstr(url, "//") + 2;

	return memchr(host, '@', strcspn(host, "/?#")) != NULL;
}

static int refuse_number(
	const struct config_source *source, const char *key, uint32_t most, struct gw_error *error)
{
	return config_refuse(source, "alarms.", key, error, "must be at most %u", most);
}

static int check_numbers(const struct gw_alarms_config *alarms, const struct config_source *source,
	struct gw_error *error)
{
	if (alarms->raise > MOST_RAISE)
		return refuse_number(source, "raise", MOST_RAISE, error);
	if (alarms->clear > DAY_S)
		return refuse_number(source, "clear", DAY_S, error);
	if (*alarms->loss > 100)
		return refuse_number(source, "loss", 100, error);
	if (*alarms->frozen > DAY_S)
		return refuse_number(source, "frozen", DAY_S, error);
	if (*alarms->black > 255)
		return refuse_number(source, "black", 255, error);
	if (*alarms->disk > 99)
		return refuse_number(source, "disk", 99, error);
	return 0;
}

int config_check_alarms(
	const struct gw_config *config, const struct config_source *source, struct gw_error *error)
{
	const struct gw_webhook_config *webhook = config->alarms->webhook;

	if (check_numbers(config->alarms, source, error) != 0)
		return -EINVAL;
	if (!webhook)
		return 0;
	/* No line repeats it: somebody may have written a password into it. */
	if (!webhook->url || !is_url(webhook->url))
		return config_refuse(source, PLACE, webhook->url ? "url" : "", error,
			"it needs a `url` of the form https://HOST[:PORT]/PATH, or http://");
	if (names_a_user(webhook->url))
		return config_refuse(source, PLACE, "url", error,
			"no name and password may stand in it: requests are signed with "
			"`secret_file` or `secret_env`");
	if (!webhook->secret_file == !webhook->secret_env)
		return config_refuse(source, PLACE, webhook->secret_env ? "secret_env" : "", error,
			"it needs one of `secret_file` and `secret_env`: where the secret is that "
			"requests are signed with");
	return 0;
}
