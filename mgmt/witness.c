#include "mgmt/witness.h"

#include <errno.h>
#include <jansson.h>

#include "core/clock.h"
#include "mgmt/audit_log/entry.h"
#include "mgmt/audit_log/log.h"

#define MINUTE_NS (60 * GW_NS_PER_S)

/* Takes the entry. */
static int write_entry(const struct witness *witness, const struct gw_api_route *route,
	json_t *entry, uint64_t *number, struct gw_error *error)
{
	int status = entry ? audit_log_append(witness->log, entry, number, error)
			   : gw_error_set(error, -ENOMEM, "out of memory");

	json_decref(entry);
	/* Who is slow is on a thread that may wait. */
	if (status == 0 && route->slow)
		status = audit_log_settle(witness->log, *number, error);
	return status;
}

static int on_asked(void *owner, const struct gw_api_route *route, const char *path,
	const struct gw_request *request, uint64_t *number, struct gw_error *error)
{
	return write_entry(
		owner, route, audit_entry_asked(route->method, path, request), number, error);
}

/* It was done: where this cannot be written down now, which is a trouble by then, it is later. */
static void on_done(
	void *owner, const struct gw_api_route *route, uint64_t asked, const struct gw_reply *reply)
{
	const struct witness *witness = owner;
	json_t *entry = audit_entry_done(asked, reply);
	uint64_t number;

	if (!entry)
		return;
	if (audit_log_append(witness->log, entry, &number, NULL) != 0)
		audit_log_owe(witness->log, entry);
	else if (route->slow)
		(void)audit_log_settle(witness->log, number, NULL);
	json_decref(entry);
}

/* Whether there is room for one more in this minute; then with how many there was none for. */
static bool may_write(struct witness *witness, int64_t now, uint64_t *more)
{
	pthread_mutex_lock(&witness->lock);
	if (now - witness->since >= MINUTE_NS) {
		witness->since = now;
		witness->refused = 0;
	}
	const bool may = witness->refused < WITNESS_REFUSED;

	if (may) {
		witness->refused++;
		*more = witness->more;
		witness->more = 0;
	} else {
		witness->more++;
	}
	pthread_mutex_unlock(&witness->lock);
	return may;
}

static void on_refused(void *owner, const struct gw_api_route *route, const char *path,
	const struct gw_request *request, const struct gw_reply *reply)
{
	struct witness *witness = owner;
	uint64_t number, more;

	if (!may_write(witness, gw_now(), &more))
		return;
	json_t *entry = audit_entry_refused(route->method, path, request, reply, more);

	if (entry)
		(void)audit_log_append(witness->log, entry, &number, NULL);
	json_decref(entry);
}

void witness_begin(struct witness *witness, struct audit_log *log)
{
	*witness = (struct witness){
		.of_api = {on_asked, on_done, on_refused, witness},
		.log = log,
		.since = gw_now(),
	};
	pthread_mutex_init(&witness->lock, NULL);
}
