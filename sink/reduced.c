#include "sink/reduced.h"

#include "core/gateway.h"
#include "sink/lane.h"
#include "sink/sink.h"

bool reduced_is_due(const struct sink *sink, const struct sink_record *out, uint32_t *room)
{
	if (!sink->reducer)
		return false;
	const uint32_t most = sink->gw->config->kafka->frames->shrink;
	const uint32_t largest = sink->ops->largest(sink->backend);

	*room = largest < most ? largest : most;
	return out->size > *room;
}

uint32_t reduced_send(struct sink *sink)
{
	const struct sink_record *record;
	uint32_t count = 0;

	while (sink->reducer && !sink->purged && (record = reducer_next(sink->reducer))) {
		struct sink_report refused = {
			.kind = SINK_SAMPLE,
			.camera = record->frame->camera,
			.frame = record->frame,
		};
		const uint32_t size = record->size;
		enum gw_drop drop = GW_DROP_SAMPLE_TOO_LARGE;

		if (record->size > 0) {
			/* It may be through when submit returns. */
			reducer_send(sink->reducer, record);
			drop = sink->ops->submit(sink->backend, record);
		}
		if (drop == GW_DROP_SAMPLE_FULL && refused.frame->lossless) {
			reducer_keep(sink->reducer, record);
			break;
		}
		count++;
		if (drop == GW_DROP_NONE) {
			sampler_pay(&sink->samplers[refused.camera], size);
			continue;
		}
		reducer_drop(sink->reducer, record);
		refused.drop = drop;
		sink_settle(sink, &refused);
	}
	return count;
}
