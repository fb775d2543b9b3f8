/* Confirms every record at once and keeps none: for tests of the rest, and for a gateway that is
 * only looked at through its API. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "sink/sink.h"

struct null_sink {
	struct sink *sink;
};

static int null_open(const struct gw *gw, struct sink *sink, void **state, struct gw_error *error)
{
	struct null_sink *null = calloc(1, sizeof(*null));

	if (!null)
		return gw_error_set(error, -ENOMEM, "kafka: out of memory");
	null->sink = sink;
	*state = null;
	return 0;
}

static enum gw_drop null_submit(void *state, const struct sink_record *record)
{
	struct null_sink *null = state;

	sink_report(null->sink,
		&(struct sink_report){
			.kind = record->kind,
			.camera = record->frame->camera,
			.frame = record->frame,
			.receipt = record->frame->receipt,
		});
	return GW_DROP_NONE;
}

static uint32_t null_poll(void *state)
{
	return 0;
}

static void null_purge(void *state)
{
}

static struct json_t *null_describe(void *const *states, uint32_t lanes)
{
	return json_pack("{s:s, s:s, s:n}", "backend", "null", "state", "up", "brokers");
}

static void null_close(void *state)
{
	free(state);
}

const struct sink_ops sink_null = {
	.name = "null",
	.open = null_open,
	.submit = null_submit,
	.poll = null_poll,
	.purge = null_purge,
	.describe = null_describe,
	.close = null_close,
};
