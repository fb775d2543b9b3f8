#include "mgmt/test_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/test.h"
#include "mgmt/mgmt.h"

static size_t on_body(char *data, size_t one, size_t size, void *arg)
{
	struct server_fixture *f = arg;

	if (f->size + size >= sizeof(f->body))
		return 0;
	memcpy(f->body + f->size, data, size);
	f->size += size;
	f->body[f->size] = '\0';
	return size;
}

static size_t on_header(char *data, size_t one, size_t size, void *arg)
{
	struct server_fixture *f = arg;

	sscanf(data, "Allow: %127[^\r]", f->allow);
	sscanf(data, "Content-Type: %63[^\r]", f->type);
	sscanf(data, "ETag: %127[^\r]", f->tag);
	sscanf(data, "Content-Security-Policy: %255[^\r]", f->policy);
	sscanf(data, "X-Content-Type-Options: %31[^\r]", f->options);
	sscanf(data, "Retry-After: %15[^\r]", f->retry);
	return size;
}

int server_open(struct gw *gw, struct gw_error *error)
{
	struct gw_service *service = &gw->services[0];

	gw->service_count = 1;
	service->ops = &mgmt_service;
	int status = mgmt_service.open(gw, &service->state, error);
	return status == 0 ? mgmt_service.start(service->state, error) : status;
}

bool server_close(struct gw *gw)
{
	struct gw_service *service = &gw->services[0];

	if (!service->state)
		return true;
	if (!mgmt_service.stop(service->state))
		return false;
	mgmt_service.close(service->state);
	service->state = NULL;
	return true;
}

int server_set_up(void **state)
{
	struct server_fixture *f = calloc(1, sizeof(*f));
	struct gw_error error;

	handmade_open(&f->made);
	if (server_open(&f->made.gw, &error) != 0)
		fail_msg("%s", error.text);
	f->curl = curl_easy_init();
	*state = f;
	return 0;
}

int server_tear_down(void **state)
{
	struct server_fixture *f = *state;

	curl_easy_cleanup(f->curl);
	assert_true(server_close(&f->made.gw));
	assert_int_equal(access(f->made.socket, F_OK), -1);
	handmade_close(&f->made);
	free(f);
	return 0;
}

long server_try(struct server_fixture *f, const char *method, const char *path, const char *body)
{
	char url[2048];
	long status = 0;

	snprintf(url, sizeof(url), "http://gw%s", path);
	curl_easy_reset(f->curl);
	f->size = 0;
	f->body[0] = f->allow[0] = f->type[0] = f->tag[0] = f->retry[0] = '\0';
	f->policy[0] = f->options[0] = '\0';
	curl_easy_setopt(f->curl, CURLOPT_UNIX_SOCKET_PATH, f->made.socket);
	curl_easy_setopt(f->curl, CURLOPT_URL, url);
	curl_easy_setopt(f->curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(f->curl, CURLOPT_TIMEOUT_MS, 5000L);
	curl_easy_setopt(f->curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(f->curl, CURLOPT_WRITEDATA, f);
	curl_easy_setopt(f->curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(f->curl, CURLOPT_HEADERDATA, f);
	if (strcmp(method, "HEAD") == 0)
		curl_easy_setopt(f->curl, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(f->curl, CURLOPT_CUSTOMREQUEST, method);
	if (body)
		curl_easy_setopt(f->curl, CURLOPT_POSTFIELDS, body);
	if (curl_easy_perform(f->curl) != CURLE_OK)
		return 0;
	curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

long server_ask_with(
	struct server_fixture *f, const char *method, const char *path, const char *body)
{
	long status = server_try(f, method, path, body);

	assert_int_not_equal(status, 0);
	return status;
}

long server_ask(struct server_fixture *f, const char *method, const char *path)
{
	return server_ask_with(f, method, path, NULL);
}

json_t *server_get(struct server_fixture *f, const char *path)
{
	assert_int_equal(server_ask(f, "GET", path), 200);
	assert_string_equal(f->type, "application/json");
	json_t *reply = json_loads(f->body, 0, NULL);
	assert_non_null(reply);
	return reply;
}

void server_assert_error(struct server_fixture *f, const char *code)
{
	json_t *reply = json_loads(f->body, 0, NULL);
	json_t *error = json_object_get(reply, "error");

	assert_string_equal(json_string_value(json_object_get(error, "code")), code);
	assert_true(json_string_length(json_object_get(error, "message")) > 0);
	json_decref(reply);
}

int server_begin(void **state)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -1;
}

int server_end(void **state)
{
	curl_global_cleanup();
	return 0;
}
