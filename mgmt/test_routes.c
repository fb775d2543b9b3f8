#include "mgmt/test_routes.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mgmt/rates.h"
#include "mgmt/routes.h"

static const struct gw_service_ops service = {.name = "api", .routes = mgmt_routes};

int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	handmade_open(&f->made);
	f->mgmt.gw = &f->made.gw;
	f->mgmt.rates = rates_create(&f->made.gw);
	f->made.gw.services[0] = (struct gw_service){&service, &f->mgmt};
	f->made.gw.service_count = 1;
	*state = f;
	return 0;
}

int tear_down(void **state)
{
	struct fixture *f = *state;

	rates_destroy(f->mgmt.rates);
	handmade_close(&f->made);
	free(f);
	return 0;
}

int ask_as(struct fixture *f, enum gw_role role, const char *method, const char *path,
	const char *body)
{
	struct gw_request request = {.role = role, .who = "a test"};
	char text[1024];
	struct gw_reply reply;
	json_t *json = NULL;

	if (body) {
		snprintf(text, sizeof(text), "%s", body);
		for (char *c = text; *c; c++)
			if (*c == '\'')
				*c = '"';
		json = json_loads(text, 0, NULL);
		assert_non_null(json);
	}
	request.body = json;
	gw_api_call(&f->made.gw, method, path, &request, &reply);
	char *said = json_dumps(reply.json, JSON_COMPACT);
	const int status = reply.status;

	snprintf(f->said, sizeof(f->said), "%s", said ? said : "");
	free(said);
	gw_reply_release(&reply);
	json_decref(json);
	return status;
}

int ask(struct fixture *f, const char *method, const char *path, const char *body)
{
	return ask_as(f, GW_ROLE_ADMIN, method, path, body);
}

void assert_said(const struct fixture *f, const char *words)
{
	if (!strstr(f->said, words))
		fail_msg("'%s' is not in: %s", words, f->said);
}
