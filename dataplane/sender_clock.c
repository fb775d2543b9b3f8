#include "dataplane/sender_clock.h"

#include "dataplane/rtp.h"

static bool is_near(int64_t a, int64_t b, int64_t most)
{
	return a - b <= most && b - a <= most;
}

/* UTC at that RTP time, which is less than half a round of the RTP clock away. */
static int64_t utc_at(int64_t utc, uint32_t told_timestamp, uint32_t timestamp)
{
	return utc + rtp_ticks_to_ns((int32_t)(timestamp - told_timestamp));
}

static void begin_drift(struct sender_clock *clock, const struct sender_report *report)
{
	clock->has_drift = false;
	clock->mark[0].when = clock->mark[1].when = report->when;
	clock->mark[0].offset = clock->mark[1].offset = clock->offset;
}

static void measure_drift(struct sender_clock *clock, const struct sender_report *report)
{
	const int64_t elapsed = report->when - clock->mark[0].when;

	if (elapsed < SENDER_CLOCK_DRIFT_NS)
		return;
	const int64_t most = elapsed / 1000 * SENDER_CLOCK_MOST_DRIFT_PPB / 1000000;
	int64_t grown = clock->offset - clock->mark[0].offset;

	grown = grown > most ? most : grown < -most ? -most : grown;
	clock->drift_ppb = (int32_t)(grown * 1000 / (elapsed / 1000000));
	clock->has_drift = true;
	if (report->when - clock->mark[1].when >= 10 * SENDER_CLOCK_DRIFT_NS) {
		clock->mark[0] = clock->mark[1];
		clock->mark[1] = (struct sender_clock_mark){report->when, clock->offset};
	}
}

static void set(struct sender_clock *clock, const struct sender_report *report, int64_t utc)
{
	clock->is_told = true;
	clock->is_doubted = false;
	clock->timestamp = report->timestamp;
	clock->utc = utc;
	clock->when = report->when;
	clock->offset = report->utc - report->when_utc;
}

static void begin(struct sender_clock *clock, const struct sender_report *report)
{
	set(clock, report, report->utc);
	begin_drift(clock, report);
}

enum sender_clock_verdict sender_clock_take(
	struct sender_clock *clock, const struct sender_report *report)
{
	if (!is_near(report->utc, report->when_utc, SENDER_CLOCK_MOST_NS))
		return SENDER_CLOCK_REFUSED;
	if (!clock->is_told || report->when - clock->when > SENDER_CLOCK_HOLD_NS) {
		begin(clock, report);
		return SENDER_CLOCK_TAKEN;
	}
	const int64_t expected = utc_at(clock->utc, clock->timestamp, report->timestamp);
	int64_t step = report->utc - expected;

	if (is_near(step, 0, SENDER_CLOCK_AGREE_NS)) {
		if (!is_near(step, 0, SENDER_CLOCK_STEP_NS))
			step = step > 0 ? SENDER_CLOCK_STEP_NS : -SENDER_CLOCK_STEP_NS;
		set(clock, report, expected + step);
		measure_drift(clock, report);
		return SENDER_CLOCK_TAKEN;
	}
	const struct sender_report before = clock->doubted;

	if (clock->is_doubted &&
		is_near(report->utc, utc_at(before.utc, before.timestamp, report->timestamp),
			SENDER_CLOCK_AGREE_NS)) {
		begin(clock, report);
		return SENDER_CLOCK_JUMPED;
	}
	clock->is_doubted = true;
	clock->doubted = *report;
	return SENDER_CLOCK_DOUBTED;
}

void sender_clock_forget(struct sender_clock *clock)
{
	clock->is_told = false;
	clock->is_doubted = false;
}

bool sender_clock_read(const struct sender_clock *clock, uint32_t timestamp, int64_t now,
	int64_t now_utc, int64_t *utc)
{
	if (!clock->is_told || now - clock->when > SENDER_CLOCK_HOLD_NS)
		return false;
	*utc = utc_at(clock->utc, clock->timestamp, timestamp);
	return is_near(*utc, now_utc, SENDER_CLOCK_MOST_NS);
}
