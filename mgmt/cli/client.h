/* Asks the gateway: HTTP over its UNIX socket. */
#pragma once

#include "mgmt/cli/cli.h"

struct json_t;

/* Asks and reads the answer, a jansson object that the caller releases. `path` lies below /api/v1/.
 * Returns an exit code: when it is not CLI_WELL, one line on stderr has said why and *reply is
 * NULL. */
int client_get(struct cli *cli, const char *path, struct json_t **reply);

/* The same for "<before><name><after>", with the name percent-encoded; `method` as in HTTP. */
int client_ask(struct cli *cli, const char *method, const char *before, const char *name,
	const char *after, struct json_t **reply);

/* The same as client_get(), but says nothing and waits half a second at most. */
int client_peek(struct cli *cli, const char *path, struct json_t **reply);

/* Closes the connection. Accepts that there is none. */
void client_close(struct cli *cli);
