/* POST trace: records what frames and batches do for some seconds, and answers with the file. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/clock.h"
#include "core/trace_file.h"
#include "mgmt/state.h"

#define LOOK_NS (20 * GW_NS_PER_MS)
#define SECONDS_MOST 60

static int read_seconds(const json_t *body, double *seconds, struct gw_error *error)
{
	const json_t *value = json_object_get(body, "seconds");

	*seconds = json_number_value(value);
	if (json_is_object(body) && json_object_size(body) == 1 && json_is_number(value) &&
		*seconds > 0 && *seconds <= SECONDS_MOST)
		return 0;
	return gw_error_set(error, -EINVAL,
		"say for how long, as in {\"seconds\": 5}: more than 0 and at most %d",
		SECONDS_MOST);
}

/* False when the gateway ends before. */
static bool wait_until(int64_t end, const struct gw_request *request)
{
	static const struct timespec pause = {.tv_nsec = LOOK_NS};

	while (gw_now() < end && !gw_request_ending(request))
		nanosleep(&pause, NULL);
	return gw_now() >= end;
}

static int write_reply(struct gw *gw, struct gw_reply *reply, struct gw_error *error)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int status = out ? gw_trace_write(gw, out) : -ENOMEM;

	if (out && fclose(out) != 0)
		status = -ENOMEM;
	if (status != 0) {
		free(text);
		return gw_error_set(error, status, "trace: out of memory");
	}
	reply->type = "application/json";
	reply->bytes = text;
	reply->size = size;
	reply->release = free;
	reply->owner = text;
	return 200;
}

int api_trace(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	struct gw *gw = ((const struct mgmt *)owner)->gw;
	double seconds;
	int status = read_seconds(request->body, &seconds, error);

	if (status != 0)
		return status;
	status = gw_trace_begin(&gw->trace, gw->stages[GW_STAGE_SINK].lane_count,
		gw->stages[GW_STAGE_ACCEL].lane_count, error);
	if (status != 0)
		return status;
	const bool whole = wait_until(gw_now() + (int64_t)(seconds * (double)GW_NS_PER_S), request);

	gw_trace_end(&gw->trace);
	status = whole ? write_reply(gw, reply, error)
		       : gw_error_set(error, -EAGAIN, "the gateway ends");
	gw_trace_release(&gw->trace);
	return status;
}
