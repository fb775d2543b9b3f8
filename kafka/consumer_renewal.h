/* A consumer goes on with another client when files that its properties name have changed: a
 * password, a certificate. The old one leaves the group first, with what was on its way committed;
 * the new one joins it then, and reads on from there. The source's lane only. */
#pragma once

#include "kafka/consumer.h"

/* Makes a client with the settings and the files as they are now; it has not joined yet. Returns 0,
 * or a negative errno and the error line. */
int consumer_client(struct client *client, const struct gw *gw, struct gw_error *error);

/* Now and then: looks at the files, and takes the next step of what is under way. */
void consumer_renewal_step(struct consumer *consumer, int64_t now);

/* Whether the client is leaving the group for another one. */
static inline bool consumer_is_renewing(const struct consumer *consumer)
{
	return consumer->next.handle != NULL;
}
