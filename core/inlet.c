#include "core/inlet.h"

#include <assert.h>
#include <string.h>

static_assert((GW_REPORTS & (GW_REPORTS - 1)) == 0, "a power of two");

bool gw_reports_put(
	struct gw_reports *reports, uint32_t camera, const uint8_t *bytes, uint32_t size)
{
	const uint32_t head = atomic_load_explicit(&reports->head, memory_order_relaxed);
	const uint32_t tail = atomic_load_explicit(&reports->tail, memory_order_acquire);
	struct gw_report *report = &reports->report[head % GW_REPORTS];

	if (size > GW_REPORT_SIZE || head - tail == GW_REPORTS)
		return false;
	report->camera = camera;
	report->size = size;
	memcpy(report->bytes, bytes, size);
	atomic_store_explicit(&reports->head, head + 1, memory_order_release);
	return true;
}

bool gw_reports_take(struct gw_reports *reports, struct gw_report *report)
{
	const uint32_t tail = atomic_load_explicit(&reports->tail, memory_order_relaxed);

	if (tail == atomic_load_explicit(&reports->head, memory_order_acquire))
		return false;
	*report = reports->report[tail % GW_REPORTS];
	atomic_store_explicit(&reports->tail, tail + 1, memory_order_release);
	return true;
}

bool gw_reports_was_left_out(struct gw_reports *reports, uint32_t camera)
{
	return atomic_exchange_explicit(&reports->missed[camera], false, memory_order_acquire);
}

void gw_reports_leave_out(struct gw_reports *reports, uint32_t camera)
{
	atomic_store_explicit(&reports->missed[camera], true, memory_order_release);
	gw_counter_add(&reports->left_out, 1);
}
