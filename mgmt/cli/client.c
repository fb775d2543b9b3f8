#include "mgmt/cli/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 10000L
#define SLOW_TIMEOUT_MS 600000L
#define PEEK_MS 500L
#define REPLY_LIMIT (64u << 20)

struct client {
	CURL *curl;
	struct curl_slist *headers; /* of a request with a body */
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
	client->headers = curl_slist_append(NULL, "Content-Type: application/json");
	if (!client->curl || !client->headers) {
		curl_easy_cleanup(client->curl);
		curl_slist_free_all(client->headers);
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
	curl_slist_free_all(cli->client->headers);
	free(cli->client->data);
	free(cli->client);
	cli->client = NULL;
}

/* Nobody answered: says what to do about it. */
static void explain(const struct cli *cli, CURLcode code, long timeout_ms)
{
	long number = 0;

	curl_easy_getinfo(cli->client->curl, CURLINFO_OS_ERRNO, &number);
	if (code == CURLE_OPERATION_TIMEDOUT)
		fprintf(stderr, "gwctl: the gateway on %s does not answer within %ld s\n",
			cli->socket, timeout_ms / 1000);
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

/* What is asked, and how long the answer is waited for. */
struct question {
	const char *method, *path;
	const char *body; /* NULL: none */
	long timeout_ms;
	bool quiet; /* no line on stderr */
	FILE *out; /* takes the answer unread; NULL: it is JSON to be read */
	void (*tick)(void); /* called now and then; NULL: nothing is */
	bool keep; /* a refusal is the caller's to tell */
	bool raw; /* the answer is no JSON, and stays in the client */
};

static int on_progress(
	void *arg, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
	((const struct question *)arg)->tick();
	return 0;
}

/* One request; the connection is kept for the next. */
static CURLcode request(struct cli *cli, const struct question *question)
{
	struct client *client = cli->client;
	CURL *curl = client->curl;
	const bool get = strcmp(question->method, "GET") == 0;
	char url[1024];

	/* The host's name means nothing on a UNIX socket. */
	snprintf(url, sizeof(url), "http://gateway/api/v1/%s", question->path);
	client->size = 0;
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, question->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, question->body ? client->headers : NULL);
	if (get) {
		curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
	} else {
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, -1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, question->body ? question->body : "");
	}
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, get ? NULL : question->method);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, question->tick ? 0L : 1L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, question);
	return curl_easy_perform(curl);
}

static int write_out(const struct client *client, FILE *out)
{
	if (fwrite(client->data, 1, client->size, out) == client->size)
		return CLI_WELL;
	fprintf(stderr, "gwctl: the answer could not be written: %s\n", strerror(errno));
	return CLI_NOT_WELL;
}

static int ask(struct cli *cli, const struct question *question, json_t **reply)
{
	long status = 0;

	*reply = NULL;
	if (!cli->client)
		cli->client = open_client(cli);
	if (!cli->client) {
		fprintf(stderr, "gwctl: out of memory\n");
		return CLI_NOT_WELL;
	}
	CURLcode code = request(cli, question);
	if (code != CURLE_OK) {
		if (!question->quiet)
			explain(cli, code, question->timeout_ms);
		return CLI_NO_DAEMON;
	}
	curl_easy_getinfo(cli->client->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status < 300 && question->out)
		return write_out(cli->client, question->out);
	if (question->raw && status == 200)
		return CLI_WELL;
	json_t *answer = status == 204 ? json_object()
				       : json_loadb(cli->client->data, cli->client->size, 0, NULL);
	if (status >= 200 && status < 300 && json_is_object(answer)) {
		*reply = answer;
		return CLI_WELL;
	}
	const char *message =
		json_string_value(json_object_get(json_object_get(answer, "error"), "message"));
	if (question->keep && message) {
		*reply = answer;
		return CLI_NOT_WELL;
	}
	if (!question->quiet)
		fprintf(stderr, "gwctl: %s\n",
			message ? message : "what answers on that socket is no gateway");
	json_decref(answer);
	return CLI_NOT_WELL;
}

int client_get(struct cli *cli, const char *path, json_t **reply)
{
	const struct question question = {.method = "GET", .path = path, .timeout_ms = TIMEOUT_MS};

	return ask(cli, &question, reply);
}

int client_peek(struct cli *cli, const char *path, json_t **reply)
{
	const struct question question = {
		.method = "GET", .path = path, .timeout_ms = PEEK_MS, .quiet = true};

	return ask(cli, &question, reply);
}

int client_await(struct cli *cli, const char *path, json_t **reply, bool *over)
{
	const struct question question = {
		.method = "GET", .path = path, .timeout_ms = PEEK_MS, .quiet = true, .keep = true};
	const int code = ask(cli, &question, reply);
	long status = 0;

	if (code == CLI_NOT_WELL && cli->client)
		curl_easy_getinfo(cli->client->curl, CURLINFO_RESPONSE_CODE, &status);
	*over = status == 401 || status == 403 || status == 404;
	if (code == CLI_WELL)
		return code;
	const char *message =
		json_string_value(json_object_get(json_object_get(*reply, "error"), "message"));
	if (*over)
		fprintf(stderr, "gwctl: the gateway says no to that (HTTP %ld): %s\n", status,
			message ? message : "and does not say why");
	json_decref(*reply);
	*reply = NULL;
	return code;
}

/* Joins the segments with slashes; NULL when out of memory. */
static char *join(const char *const *segments)
{
	char *path = strdup("");

	for (; *segments && path; segments++) {
		char *escaped = curl_easy_escape(NULL, *segments, 0), *longer = NULL;

		if (!escaped || asprintf(&longer, "%s%s%s", path, path[0] ? "/" : "", escaped) < 0)
			longer = NULL;
		curl_free(escaped);
		free(path);
		path = longer;
	}
	return path;
}

/* Puts path and body into the question, and asks. */
static int send_and_wait(struct cli *cli, struct question *question, const char *const *segments,
	const json_t *body, json_t **reply)
{
	char *path = join(segments), *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	int code = CLI_NOT_WELL;

	*reply = NULL;
	if (path && (text || !body)) {
		question->path = path;
		question->body = text;
		code = ask(cli, question, reply);
	} else {
		fprintf(stderr, "gwctl: out of memory\n");
	}
	free(path);
	free(text);
	return code;
}

int client_send(struct cli *cli, const char *method, const char *const *path, const json_t *body,
	json_t **reply)
{
	struct question question = {.method = method, .timeout_ms = TIMEOUT_MS};

	return send_and_wait(cli, &question, path, body, reply);
}

int client_fetch(struct cli *cli, const char *method, const char *const *path, const json_t *body,
	const char **data, size_t *size)
{
	struct question question = {.method = method, .timeout_ms = SLOW_TIMEOUT_MS, .raw = true};
	json_t *none;
	const int code = send_and_wait(cli, &question, path, body, &none);

	*data = code == CLI_WELL ? cli->client->data : NULL;
	*size = code == CLI_WELL ? cli->client->size : 0;
	return code;
}

int client_send_slow(struct cli *cli, const char *method, const char *const *path,
	const json_t *body, json_t **reply)
{
	struct question question = {.method = method, .timeout_ms = SLOW_TIMEOUT_MS};

	return send_and_wait(cli, &question, path, body, reply);
}

int client_try(struct cli *cli, const char *method, const char *const *path, const json_t *body,
	json_t **reply)
{
	struct question question = {.method = method, .timeout_ms = SLOW_TIMEOUT_MS, .keep = true};

	return send_and_wait(cli, &question, path, body, reply);
}

int client_download(struct cli *cli, const char *method, const char *const *path,
	const json_t *body, FILE *out, void (*tick)(void))
{
	struct question question = {
		.method = method, .timeout_ms = SLOW_TIMEOUT_MS, .out = out, .tick = tick};
	json_t *reply;

	return send_and_wait(cli, &question, path, body, &reply);
}
