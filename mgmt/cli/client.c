#include "mgmt/cli/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 10000L
#define PEEK_MS 500L
#define REPLY_LIMIT (64u << 20)

struct client {
	CURL *curl;
	char *data;
	size_t size;
};

static size_t on_data(char *data, size_t one, size_t size, void *arg)
{
	struct client *client = arg;
	char *more;

	if (client->size + size > REPLY_LIMIT)
		return 0;
	more = realloc(client->data, client->size + size);
	if (!more)
		return 0;
	client->data = more;
	memcpy(more + client->size, data, size);
	client->size += size;
	return size;
}

static struct client *open_client(struct cli *cli)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->curl = curl_easy_init();
	if (!client->curl) {
		free(client);
		return NULL;
	}
	curl_easy_setopt(client->curl, CURLOPT_UNIX_SOCKET_PATH, cli->socket);
	curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, client);
	curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(client->curl, CURLOPT_PROXY, "");
	return client;
}

void client_close(struct cli *cli)
{
	if (!cli->client)
		return;
	curl_easy_cleanup(cli->client->curl);
	free(cli->client->data);
	free(cli->client);
	cli->client = NULL;
}

/* Nobody answered: says what to do about it. */
static void explain(const struct cli *cli, CURLcode code)
{
	long number = 0;

	curl_easy_getinfo(cli->client->curl, CURLINFO_OS_ERRNO, &number);
	if (code == CURLE_OPERATION_TIMEDOUT)
		fprintf(stderr, "gwctl: the gateway on %s does not answer within %ld s\n",
			cli->socket, TIMEOUT_MS / 1000);
	else if (code != CURLE_COULDNT_CONNECT)
		fprintf(stderr, "gwctl: asking the gateway on %s failed: %s\n", cli->socket,
			curl_easy_strerror(code));
	else if (number == EACCES || number == EPERM)
		fprintf(stderr,
			"gwctl: no permission for %s: use sudo, or join the group that owns it\n",
			cli->socket);
	else
		fprintf(stderr,
			"gwctl: no gateway answers on %s: start gwd, or name its socket with "
			"--socket "
			"PATH\n",
			cli->socket);
}

/* One request; the connection is kept for the next. */
static CURLcode request(struct cli *cli, const char *method, const char *path, long timeout_ms)
{
	struct client *client = cli->client;
	char url[1024];

	/* The host's name means nothing on a UNIX socket. */
	snprintf(url, sizeof(url), "http://gateway/api/v1/%s", path);
	client->size = 0;
	curl_easy_setopt(client->curl, CURLOPT_URL, url);
	curl_easy_setopt(client->curl, CURLOPT_TIMEOUT_MS, timeout_ms);
	if (strcmp(method, "POST") == 0) {
		curl_easy_setopt(client->curl, CURLOPT_POST, 1L);
		curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, "");
	} else {
		curl_easy_setopt(client->curl, CURLOPT_HTTPGET, 1L);
	}
	return curl_easy_perform(client->curl);
}

static int ask(struct cli *cli, const char *method, const char *path, long timeout_ms, bool quiet,
	json_t **reply)
{
	long status = 0;

	*reply = NULL;
	if (!cli->client)
		cli->client = open_client(cli);
	if (!cli->client) {
		fprintf(stderr, "gwctl: out of memory\n");
		return CLI_NOT_WELL;
	}
	CURLcode code = request(cli, method, path, timeout_ms);
	if (code != CURLE_OK) {
		if (!quiet)
			explain(cli, code);
		return CLI_NO_DAEMON;
	}
	curl_easy_getinfo(cli->client->curl, CURLINFO_RESPONSE_CODE, &status);
	json_t *answer = json_loadb(cli->client->data, cli->client->size, 0, NULL);
	if (status >= 200 && status < 300 && json_is_object(answer)) {
		*reply = answer;
		return CLI_WELL;
	}
	const char *message =
		json_string_value(json_object_get(json_object_get(answer, "error"), "message"));
	if (!quiet)
		fprintf(stderr, "gwctl: %s\n",
			message ? message : "what answers on that socket is no gateway");
	json_decref(answer);
	return CLI_NOT_WELL;
}

int client_get(struct cli *cli, const char *path, json_t **reply)
{
	return ask(cli, "GET", path, TIMEOUT_MS, false, reply);
}

int client_peek(struct cli *cli, const char *path, json_t **reply)
{
	return ask(cli, "GET", path, PEEK_MS, true, reply);
}

int client_ask(struct cli *cli, const char *method, const char *before, const char *name,
	const char *after, json_t **reply)
{
	char path[768];
	char *escaped = curl_easy_escape(NULL, name, 0);

	snprintf(path, sizeof(path), "%s%s%s", before, escaped ? escaped : "", after);
	curl_free(escaped);
	return ask(cli, method, path, TIMEOUT_MS, false, reply);
}
