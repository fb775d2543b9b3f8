/* One request of HTTP that is sent with a body, on the thread that waits for its answer. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/error.h"

struct post;

/* NULL when out of memory. Close accepts NULL. */
struct post *post_open(const struct gw_webhook_config *config);
void post_close(struct post *post);

/* Sends `body`, JSON, with those headers (NULL ends them), and waits for an answer, ten seconds at
 * most, or until `ending`. Redirections are not followed: what is signed is for whom it was
 * configured for. Returns the status of the answer, or a negative errno with a line. */
int post_send(struct post *post, const char *const *headers, const char *body,
	const _Atomic bool *ending, struct gw_error *error);

/* Has it look at `ending` at once. Any thread. */
void post_wake(struct post *post);
