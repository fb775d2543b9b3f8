#include "dataplane/reception.h"

#include "dataplane/rtp.h"

void reception_begin(struct reception *reception, const struct sequence *sequence)
{
	*reception = (struct reception){.base = sequence->highest};
}

void reception_read(const struct reception *reception, const struct sequence *sequence,
	struct reception_facts *facts)
{
	const uint64_t rounds = (reception->base + 1) & ~UINT64_C(0xFFFF);

	facts->expected = sequence->highest - reception->base;
	facts->lost = reception->given_up + sequence_missing(sequence);
	facts->highest = (uint32_t)(sequence->highest - rounds);
	facts->jitter = reception->jitter / 16;
}

static void end_span(struct reception *reception, const struct sequence *sequence, int64_t when)
{
	struct reception_facts facts;

	if (when - reception->span_began < RECEPTION_SPAN_NS && when >= reception->span_began)
		return;
	reception_read(reception, sequence, &facts);
	const uint64_t expected = facts.expected - reception->span_expected;
	/* What was missing may have come meanwhile. */
	const uint64_t lost =
		facts.lost > reception->span_lost ? facts.lost - reception->span_lost : 0;

	if (reception->span_began != 0 && expected > 0)
		reception->lost_ppm =
			(uint32_t)((lost < expected ? lost : expected) * 1000000 / expected);
	reception->span_began = when;
	reception->span_expected = facts.expected;
	reception->span_lost = facts.lost;
}

void reception_note_picture(struct reception *reception, const struct sequence *sequence,
	uint32_t timestamp, int64_t when)
{
	const uint32_t transit = (uint32_t)rtp_ns_to_ticks(when) - timestamp;
	const int32_t change = (int32_t)(transit - reception->transit);

	/* RFC 3550, A.8. */
	if (reception->has_transit) {
		const uint32_t size = change < 0 ? 0u - (uint32_t)change : (uint32_t)change;

		reception->jitter += size - ((reception->jitter + 8) >> 4);
	}
	reception->has_transit = true;
	reception->transit = transit;
	end_span(reception, sequence, when);
}

void reception_forget_time(struct reception *reception)
{
	reception->has_transit = false;
}
