#include "dataplane/lost_share.h"

void lost_share_begin(struct lost_share *share)
{
	*share = (struct lost_share){0};
}

uint8_t lost_share_next(
	struct lost_share *share, const struct reception_facts *facts, bool was_left_out)
{
	if (!was_left_out) {
		share->expected = share->new_expected;
		share->lost = share->new_lost;
	}
	share->new_expected = facts->expected;
	share->new_lost = facts->lost;
	/* More copies than losses are no loss. */
	if (facts->expected <= share->expected || facts->lost <= share->lost)
		return 0;
	const uint64_t part =
		(facts->lost - share->lost) * 256 / (facts->expected - share->expected);

	return part < UINT8_MAX ? (uint8_t)part : UINT8_MAX;
}

void lost_share_take_back(struct lost_share *share)
{
	share->new_expected = share->expected;
	share->new_lost = share->lost;
}
