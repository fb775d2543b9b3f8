#include "core/admission.h"

#include <errno.h>

#include "core/camera.h"
#include "core/pool.h"

/* Frames beyond the quota that may be shed and still hold their slots, until the stage that has
 * them hands them on: a decoder that stands still must not cost the other cameras their slots. */
static uint32_t shed_allowance(uint32_t quota)
{
	return quota < 4 ? 2 : quota / 2;
}

/* Sheds the oldest frame that waits. What came out at the end is not looked at: a camera's frames
 * come out in order. Slots are reused meanwhile; the ticket tells. */
static bool shed_oldest(struct gw_admission *admission, uint64_t through)
{
	if (admission->oldest < through)
		admission->oldest = through;
	for (uint64_t i = admission->oldest; i < admission->passed_on; i++) {
		const struct gw_admitted *admitted = &admission->recent[i % GW_ADMITTED];

		if (gw_frame_shed(admitted->frame, admitted->ticket))
			return true;
	}
	return false;
}

enum gw_drop gw_admit(struct gw_admission *admission, const struct gw_admission_rules *rules,
	uint16_t width, uint16_t height, struct gw_frame **frame)
{
	const uint64_t on_the_way = admission->passed_on - rules->through;
	const uint32_t quota = rules->camera->config->quota;

	if (on_the_way >= quota) {
		if (rules->lossless)
			return GW_ADMIT_WAIT;
		if (rules->yields || on_the_way >= quota + shed_allowance(quota) ||
			!shed_oldest(admission, rules->through))
			return GW_DROP_OVER_QUOTA;
	}
	*frame = gw_pool_get(rules->pool, rules->camera->id, width, height);
	if (*frame) {
		gw_frame_set_version(*frame, rules->camera);
		(*frame)->lossless = rules->lossless;
		return GW_DROP_NONE;
	}
	if (errno == EMSGSIZE)
		return GW_DROP_TOO_LARGE;
	return rules->lossless ? GW_ADMIT_WAIT : GW_DROP_NO_SLOT;
}

void gw_admission_passed_on(struct gw_admission *admission, struct gw_frame *frame)
{
	admission->recent[admission->passed_on % GW_ADMITTED] =
		(struct gw_admitted){frame, frame->ticket};
	admission->passed_on++;
	if (admission->passed_on - admission->oldest > GW_ADMITTED)
		admission->oldest = admission->passed_on - GW_ADMITTED;
	if (!frame->lossless)
		gw_frame_offer(frame);
}
