#include "mgmt/identity.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "core/log.h"
#include "mgmt/groups.h"
#include "mgmt/peer.h"
#include "mgmt/tokens/tokens.h"
#include "mgmt/tokens/tries.h"

#define TELL_EVERY_NS (10 * GW_NS_PER_S)

static const char scheme[] = "Bearer ";

enum identity_found identity_of_peer(
	const struct groups *groups, struct peer *peer, int fd, struct identity *identity)
{
	*identity = (struct identity){.role = groups_role_at(groups, fd), .from = "socket"};
	snprintf(identity->who, sizeof(identity->who), "%s", peer_of(peer, fd));
	return identity->role == GW_ROLE_NONE ? IDENTITY_STRANGER : IDENTITY_KNOWN;
}

static void name_address(const struct sockaddr *from, char text[IDENTITY_FROM])
{
	char address[INET6_ADDRSTRLEN] = "somewhere";

	if (from->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)from)->sin_addr, address,
			sizeof(address));
	else if (from->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)from)->sin6_addr, address,
			sizeof(address));
	snprintf(text, IDENTITY_FROM, "https %s", address);
}

/* Once in a while: there may be many of them. */
static void tell(struct tries *tries, const struct sockaddr *from, int64_t now, const char *address)
{
	if (tries_may(tries, from, now) || now - tries->told < TELL_EVERY_NS)
		return;
	tries->told = now;
	gw_warn("api", "%d tokens from %s were none: it has to wait", TRIES, address);
}

enum identity_found identity_of_token(struct tokens *tokens, struct tries *tries,
	const char *authorization, const struct sockaddr *from, int64_t now,
	struct identity *identity)
{
	const size_t size = sizeof(scheme) - 1;
	struct token_grant grant;

	*identity = (struct identity){.who = "somebody without a token"};
	name_address(from, identity->from);
	/* A header of another kind is no try. */
	if (!authorization || strncasecmp(authorization, scheme, size) != 0)
		return IDENTITY_NO_TOKEN;
	strcpy(identity->who, "somebody with a wrong token");
	const char *text = authorization + size + strspn(authorization + size, " ");

	/* Others may sit at the same address, and nobody guesses 256 bits: a good one is good. */
	if (tokens_find(tokens, text, gw_now_utc() / GW_NS_PER_S, &grant) != 0) {
		if (!tries_may(tries, from, now))
			return IDENTITY_TOO_MANY;
		tries_wrong(tries, from, now);
		tell(tries, from, now, identity->from);
		return IDENTITY_BAD_TOKEN;
	}
	identity->role = grant.role;
	identity->cameras = grant.cameras;
	identity->sets_up = grant.sets_up;
	snprintf(identity->who, sizeof(identity->who), "token %s", grant.name);
	return IDENTITY_KNOWN;
}

struct gw_request identity_request(const struct identity *identity)
{
	return (struct gw_request){.role = identity->role,
		.who = identity->who,
		.from = identity->from,
		.cameras = identity->cameras,
		.sets_up = identity->sets_up};
}

void identity_release(struct identity *identity)
{
	json_decref(identity->cameras);
	identity->cameras = NULL;
}
