#include "decode/rescue.h"

#include "core/clock.h"
#include "core/log.h"

#define PAUSE_NS GW_NS_PER_S
#define PAUSE_MOST_NS (60 * GW_NS_PER_S)

bool rescue_pauses(const struct rescue *rescue, int64_t now)
{
	return rescue->retry_at > now;
}

void rescue_failed(struct rescue *rescue, const struct gw_error *error)
{
	if (!gw_counter_get(&rescue->failing))
		gw_warn("decode", "%s; the processor decodes meanwhile", error->text);
	gw_counter_set(&rescue->failing, 1);
	rescue->pause_ns = rescue->pause_ns == 0 ? PAUSE_NS : 2 * rescue->pause_ns;
	if (rescue->pause_ns > PAUSE_MOST_NS)
		rescue->pause_ns = PAUSE_MOST_NS;
	rescue->retry_at = gw_now() + rescue->pause_ns;
}

void rescue_works(struct rescue *rescue, const char *name)
{
	if (!gw_counter_get(&rescue->failing))
		return;
	gw_counter_set(&rescue->failing, 0);
	rescue->pause_ns = rescue->retry_at = 0;
	gw_info("decode", "%s works again", name);
}
