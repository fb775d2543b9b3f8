/* Writes into the audit log what was asked of the API and what came of it. */
#pragma once

#include <pthread.h>

#include "core/api.h"

struct audit_log;

#define WITNESS_REFUSED \
	60 /* a minute, of those whose role does not do; the others are counted \
	    */

struct witness {
	struct gw_api_witness of_api;
	struct audit_log *log;
	pthread_mutex_t lock; /* guards what follows */
	int64_t since; /* gw_now() when the minute began */
	uint64_t refused, more; /* written down in it, and not */
};

/* Routes that are slow have their lines on the disk before anything is done, and before they are
 * answered; for the others somebody calls audit_log_settle(). The log stays the caller's. */
void witness_begin(struct witness *witness, struct audit_log *log);
