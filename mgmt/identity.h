/* Who asks, and what he may: by the user at the other end of a UNIX socket, or by a token. */
#pragma once

#include <stdint.h>

#include "core/api.h"
#include "core/user.h"

struct groups;
struct peer;
struct sockaddr;
struct tokens;
struct tries;

#define IDENTITY_FROM 64

struct identity {
	enum gw_role role;
	char who[GW_USER]; /* "uid 1000 (anna)", "token grafana" */
	char from[IDENTITY_FROM]; /* "socket", "https 192.0.2.7" */
	struct json_t *cameras; /* as of struct gw_request, a reference */
	bool sets_up;
};

enum identity_found {
	IDENTITY_KNOWN,
	IDENTITY_STRANGER, /* he is in no group that may */
	IDENTITY_NO_TOKEN, /* he gave none */
	IDENTITY_BAD_TOKEN, /* it is none, or not any more */
	IDENTITY_TOO_MANY, /* that were none came from his address: it was not looked at */
};

/* Who sits behind the socket `fd`. The server's thread. */
enum identity_found identity_of_peer(
	const struct groups *groups, struct peer *peer, int fd, struct identity *identity);

/* Whose token the header `Authorization` has (RFC 6750, 2.1; NULL: there is no such header), which
 * came from that address at `now` (gw_now()). The server's thread. */
enum identity_found identity_of_token(struct tokens *tokens, struct tries *tries,
	const char *authorization, const struct sockaddr *from, int64_t now,
	struct identity *identity);

/* What the dispatch is told of him; it may be used as long as he is. */
struct gw_request identity_request(const struct identity *identity);

void identity_release(struct identity *identity);
