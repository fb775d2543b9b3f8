/* What a camera answers to a request (RFC 2326, 7): its headers and its body, as they come. Pure;
 * any thread. Nothing of it is trusted: texts and numbers are bounded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config/config.h"

/* Texts are empty when not said. */
struct rtsp_answer {
	int status; /* "200" */
	char transport[512];
	char base[GW_URL]; /* Content-Base, or Content-Location */
	char location[GW_URL];
	char server[64]; /* what it calls itself */
	uint32_t timeout_s; /* of the session; 0: not said */
	bool is_challenge; /* to prove who we are by Digest, anew */
	const char *body; /* until the next request */
	size_t body_size;
	struct gw_address local, peer; /* of the connection */
	uint16_t local_port, peer_port;
};

/* Takes one line of the header, of `size` bytes with or without its end. The first line begins the
 * answer anew, but for `status` and the addresses, which the connection knows. */
void answer_take_line(struct rtsp_answer *answer, const char *data, size_t size);

/* The room that an answer's body has. */
struct answer_body {
	char *bytes;
	size_t room;
	bool too_large; /* more than SDP_SIZE came */
};

/* Adds bytes to the body of the answer. False: there is no room, or no memory. */
bool answer_take_body(
	struct rtsp_answer *answer, struct answer_body *body, const char *data, size_t size);

void answer_body_free(struct answer_body *body);
