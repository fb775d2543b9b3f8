/* Asks the gateway: HTTP over its UNIX socket. */
#pragma once

#include <stddef.h>

#include "mgmt/cli/cli.h"

struct json_t;

/* Asks and reads the answer, a jansson object that the caller releases. `path` lies below /api/v1/.
 * Returns an exit code: when it is not CLI_WELL, one line on stderr has said why and *reply is
 * NULL. */
int client_get(struct cli *cli, const char *path, struct json_t **reply);

/* Segments of a path, each of which is percent-encoded: CLIENT_PATH("cameras", name, "sample"). */
#define CLIENT_PATH(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The same for any method of HTTP, with a JSON body or NULL. An answer without content is an empty
 * object. */
int client_send(struct cli *cli, const char *method, const char *const *path,
	const struct json_t *body, struct json_t **reply);

/* The same for what may take a while (`slow` in the gateway's list of routes): waits ten minutes
 * instead of ten seconds. */
int client_send_slow(struct cli *cli, const char *method, const char *const *path,
	const struct json_t *body, struct json_t **reply);

/* As client_send_slow(), but says nothing of a refusal: *reply is the whole answer then, with its
 * "error", and the exit code CLI_NOT_WELL. */
int client_try(struct cli *cli, const char *method, const char *const *path,
	const struct json_t *body, struct json_t **reply);

/* As client_send_slow(), but writes the answer to `out` as it is. `tick` is called about once a
 * second meanwhile; NULL: nothing is. */
int client_download(struct cli *cli, const char *method, const char *const *path,
	const struct json_t *body, FILE *out, void (*tick)(void));

/* As client_send_slow() for an answer that is no JSON: *data stays until the next request. */
int client_fetch(struct cli *cli, const char *method, const char *const *path,
	const struct json_t *body, const char **data, size_t *size);

/* The same as client_get(), but says nothing and waits half a second at most. */
int client_peek(struct cli *cli, const char *path, struct json_t **reply);

/* As client_peek(), for who asks until the answer is well. *over: that makes no sense, since it is
 * not allowed or there is no such thing (401, 403, 404); one line on stderr has said so. */
int client_await(struct cli *cli, const char *path, struct json_t **reply, bool *over);

/* Closes the connection. Accepts that there is none. */
void client_close(struct cli *cli);
