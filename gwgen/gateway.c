#include "gwgen/gateway.h"

#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_MS 30000L
#define ANSWER_LIMIT (64u << 20)
#define SETTLE_TRIES 40
#define SETTLE_US 50000

struct gateway {
	CURL *curl;
	struct curl_slist *headers;
	char *data;
	size_t size;
	char socket[256], version[64], ports[512];
};

static size_t on_data(char *data, size_t one, size_t size, void *arg)
{
	struct gateway *gateway = arg;
	char *more;

	if (gateway->size + size > ANSWER_LIMIT)
		return 0;
	more = realloc(gateway->data, gateway->size + size);
	if (!more)
		return 0;
	gateway->data = more;
	memcpy(more + gateway->size, data, size);
	gateway->size += size;
	return size;
}

/* Returns the status of HTTP, or 0 when nobody answered. */
static long request(struct gateway *gateway, const char *method, const char *path, const char *body)
{
	char url[512];
	long status = 0;

	/* The host's name means nothing on a UNIX socket. */
	snprintf(url, sizeof(url), "http://gateway/api/v1/%s", path);
	gateway->size = 0;
	curl_easy_setopt(gateway->curl, CURLOPT_URL, url);
	curl_easy_setopt(gateway->curl, CURLOPT_HTTPHEADER, body ? gateway->headers : NULL);
	if (body)
		curl_easy_setopt(gateway->curl, CURLOPT_POSTFIELDS, body);
	else
		curl_easy_setopt(gateway->curl, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(gateway->curl, CURLOPT_CUSTOMREQUEST, method);
	if (curl_easy_perform(gateway->curl) != CURLE_OK)
		return 0;
	curl_easy_getinfo(gateway->curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static json_t *ask(struct gateway *gateway, const char *path, struct gw_error *error)
{
	const long status = request(gateway, "GET", path, NULL);
	json_t *answer = status == 200 ? json_loadb(gateway->data, gateway->size, 0, NULL) : NULL;

	if (!answer)
		gw_error_set(error, -EPROTO,
			"no gateway answers on %s: start gwd, or name its socket with --socket",
			gateway->socket);
	return answer;
}

static uint64_t count_of(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

static const json_t *receiving_stage(const json_t *answer)
{
	const json_t *stage;
	size_t i;

	json_array_foreach(json_object_get(answer, "stages"), i, stage)
		if (strcmp(json_string_value(json_object_get(stage, "stage")), "rx") == 0)
			return stage;
	return NULL;
}

static void describe(struct gateway *gateway, const json_t *version, const json_t *stages)
{
	const json_t *port;
	size_t i;

	snprintf(gateway->version, sizeof(gateway->version), "framegate %s",
		json_string_value(json_object_get(version, "version")));
	json_array_foreach(
		json_object_get(json_object_get(receiving_stage(stages), "facts"), "ports"), i,
		port) {
		const size_t used = strlen(gateway->ports);

		snprintf(gateway->ports + used, sizeof(gateway->ports) - used, "%s%s",
			used ? "; " : "", json_string_value(json_object_get(port, "device")));
	}
}

struct gateway *gateway_open(const char *socket, struct gw_error *error)
{
	struct gateway *gateway = calloc(1, sizeof(*gateway));
	json_t *version = NULL, *stages = NULL;

	if (!gateway) {
		gw_error_set(error, -ENOMEM, "out of memory");
		return NULL;
	}
	snprintf(gateway->socket, sizeof(gateway->socket), "%s", socket);
	gateway->curl = curl_easy_init();
	gateway->headers = curl_slist_append(NULL, "Content-Type: application/json");
	if (gateway->curl && gateway->headers) {
		curl_easy_setopt(gateway->curl, CURLOPT_UNIX_SOCKET_PATH, gateway->socket);
		curl_easy_setopt(gateway->curl, CURLOPT_WRITEFUNCTION, on_data);
		curl_easy_setopt(gateway->curl, CURLOPT_WRITEDATA, gateway);
		curl_easy_setopt(gateway->curl, CURLOPT_NOSIGNAL, 1L);
		curl_easy_setopt(gateway->curl, CURLOPT_PROXY, "");
		curl_easy_setopt(gateway->curl, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
		version = ask(gateway, "version", error);
	}
	if (version)
		stages = ask(gateway, "stages", error);
	if (stages)
		describe(gateway, version, stages);
	json_decref(version);
	if (!stages) {
		gateway_close(gateway);
		return NULL;
	}
	json_decref(stages);
	return gateway;
}

void gateway_close(struct gateway *gateway)
{
	if (!gateway)
		return;
	curl_easy_cleanup(gateway->curl);
	curl_slist_free_all(gateway->headers);
	free(gateway->data);
	free(gateway);
}

const char *gateway_version(const struct gateway *gateway)
{
	return gateway->version;
}

const char *gateway_ports(const struct gateway *gateway)
{
	return gateway->ports;
}

int gateway_look(struct gateway *gateway, struct gateway_counts *counts, struct gw_error *error)
{
	json_t *answer = ask(gateway, "stages", error);
	const json_t *stage = receiving_stage(answer), *port;
	size_t i;

	memset(counts, 0, sizeof(*counts));
	if (!answer)
		return -EPROTO;
	json_array_foreach(json_object_get(json_object_get(stage, "facts"), "ports"), i, port) {
		counts->packets += count_of(port, "packets");
		counts->missed += count_of(port, "missed");
		counts->errors += count_of(port, "errors") + count_of(port, "no_mbuf");
	}
	counts->complete = count_of(stage, "frames_out");
	json_decref(answer);
	return stage ? 0 : gw_error_set(error, -EPROTO, "the gateway has no stage that receives");
}

static bool is_same(const struct gateway_counts *a, const struct gateway_counts *b)
{
	return a->packets == b->packets && a->missed == b->missed && a->errors == b->errors &&
		a->complete == b->complete;
}

static int check_equations(struct gateway *gateway, struct gw_error *error)
{
	json_t *audit = ask(gateway, "audit", error);
	const bool balanced = json_is_true(json_object_get(audit, "balanced"));

	if (!audit)
		return -EPROTO;
	json_decref(audit);
	return balanced ? 0
			: gw_error_set(error, -EPROTO,
				  "the gateway's counters do not add up (gwctl audit shows which): "
				  "there is no figure to give");
}

int gateway_settle(struct gateway *gateway, struct gateway_counts *counts, struct gw_error *error)
{
	struct gateway_counts before;
	uint32_t still = 0;
	int status = gateway_look(gateway, counts, error);

	for (int i = 0; i < SETTLE_TRIES && status == 0 && still < 3; i++) {
		before = *counts;
		usleep(SETTLE_US);
		status = gateway_look(gateway, counts, error);
		still = is_same(&before, counts) ? still + 1 : 0;
	}
	return status == 0 ? check_equations(gateway, error) : status;
}

/* The reason that an answer of the API's gives. */
static int refused(struct gateway *gateway, const char *name, struct gw_error *error)
{
	json_t *answer = json_loadb(gateway->data ? gateway->data : "", gateway->size, 0, NULL);
	const char *text =
		json_string_value(json_object_get(json_object_get(answer, "error"), "message"));

	gw_error_set(error, -EPERM, "the gateway does not take camera %s: %s", name,
		text ? text : "it does not answer");
	json_decref(answer);
	return -EPERM;
}

int gateway_add(struct gateway *gateway, const struct crew *crew, const char *prefix,
	struct gw_error *error)
{
	for (uint32_t i = 0; i < crew->count; i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s-%u", prefix, i);
		json_t *camera = crew_describe(crew, i, name);
		char *body = json_dumps(camera, 0);
		const long status = body ? request(gateway, "POST", "cameras", body) : 0;

		free(body);
		json_decref(camera);
		if (status < 200 || status >= 300) {
			refused(gateway, name, error);
			gateway_remove(gateway, i, prefix);
			return -EPERM;
		}
	}
	return 0;
}

void gateway_remove(struct gateway *gateway, uint32_t count, const char *prefix)
{
	for (uint32_t i = 0; i < count; i++) {
		char path[96];

		snprintf(path, sizeof(path), "cameras/%s-%u", prefix, i);
		request(gateway, "DELETE", path, NULL);
	}
}

static uint64_t more(uint64_t a, const json_t *object, const char *key)
{
	const uint64_t b = count_of(object, key);

	return a > b ? a : b;
}

int gateway_latency(struct gateway *gateway, const char *prefix, struct gateway_latency *latency,
	struct gw_error *error)
{
	json_t *answer = ask(gateway, "latency", error);
	const json_t *camera;
	size_t i;

	memset(latency, 0, sizeof(*latency));
	if (!answer)
		return -EPROTO;
	json_array_foreach(json_object_get(answer, "cameras"), i, camera) {
		const char *name = json_string_value(json_object_get(camera, "camera"));

		if (!name || strncmp(name, prefix, strlen(prefix)) != 0 ||
			name[strlen(prefix)] != '-')
			continue;
		latency->count += count_of(camera, "count");
		latency->p50_us = more(latency->p50_us, camera, "p50_us");
		latency->p90_us = more(latency->p90_us, camera, "p90_us");
		latency->p99_us = more(latency->p99_us, camera, "p99_us");
		latency->max_us = more(latency->max_us, camera, "max_us");
	}
	json_decref(answer);
	return 0;
}
