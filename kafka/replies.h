/* What is answered to commands, on a topic of its own, and remembered for those that come again.
 * The thread of commands, but open, last and close, which are main's, and the counters, which any
 * reads.
 */
#pragma once

#include <stdint.h>

#include "core/counter.h"
#include "core/error.h"
#include "core/gateway.h"
#include "kafka/answers.h"
#include "kafka/client.h"

struct gw_reply;

struct replies {
	const struct gw *gw;
	const char *topic;
	struct client client;
	struct client_words words;
	struct answers answers;
	char *source; /* the CloudEvents source of the answers */
	uint64_t answered; /* for their ids */

	/* The thread writes, any reads. */
	struct gw_counter unanswered; /* answers that are lost */
	struct gw_counter shortened; /* that the topic found too large: a short one went instead */
};

/* Brokers need not be there. `replies` is all zero before; close is needed in any case. */
int replies_open(
	struct replies *replies, const struct gw *gw, const char *topic, struct gw_error *error);
void replies_close(struct replies *replies);

/* Answers the command of that source and id, and remembers what. */
void replies_give(
	struct replies *replies, const char *source, const char *id, const struct gw_reply *reply);

/* Answers a command that came again as it was answered before. False: that is not remembered. */
bool replies_repeat(struct replies *replies, const char *source, const char *id);

/* Hears which answers arrived. An answer that is too large for the topic is made a short one, which
 * says so. */
void replies_hear(struct replies *replies);

/* Goes on with another client, made of the files as they are now: what was on its way goes by that
 * one, and may come twice. Without one all stays as it is, with the line. */
int replies_renew(struct replies *replies, struct gw_error *error);

/* Sends what waits, until `deadline` (gw_now()): who waits for an answer would ask again, and what
 * was done is forgotten with this process. */
void replies_last(struct replies *replies, int64_t deadline);
