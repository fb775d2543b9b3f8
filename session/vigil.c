#include "session/vigil.h"

#include <errno.h>

#include "core/clock.h"

#define STALL_NS (10 * GW_NS_PER_S)
/* A camera that breaks off sooner has not come back. */
#define LASTS_NS (60 * GW_NS_PER_S)

void vigil_begin(struct vigil *vigil, const struct session_seen *seen, int64_t now)
{
	*vigil = (struct vigil){
		.began = now,
		.packets_first = seen->packets,
		.packets_before = seen->packets,
	};
}

enum vigil_verdict vigil_look(struct vigil *vigil, const struct session_seen *seen, int64_t now)
{
	int64_t alive = vigil->began;

	if (seen->last_picture > vigil->began) {
		alive = seen->last_picture;
		vigil->had_picture = true;
	}
	if (now - alive > STALL_NS)
		return VIGIL_STALLED;
	/* What comes from now on tells a silent camera from one whose packets are of no use. */
	if (now - alive < STALL_NS / 2)
		vigil->packets_before = seen->packets;
	if (!vigil->had_picture)
		return VIGIL_WAITS;
	return alive - vigil->began >= LASTS_NS ? VIGIL_LASTS : VIGIL_PLAYS;
}

bool vigil_is_deaf(const struct vigil *vigil, const struct session_seen *seen)
{
	return !vigil->had_picture && seen->packets == vigil->packets_first;
}

int vigil_explain(const struct vigil *vigil, const struct session_seen *seen,
	const struct gw_learned *learned, bool turns, struct gw_error *error)
{
	const int seconds = (int)(STALL_NS / GW_NS_PER_S);

	if (seen->packets != vigil->packets_before)
		return gw_error_set(error, -ETIMEDOUT,
			"packets come, but no picture for %d s: `gwctl drops` says why", seconds);
	if (vigil->had_picture || learned->is_within)
		return gw_error_set(error, -ETIMEDOUT, "it has sent nothing for %d s", seconds);
	return gw_error_set(error, -ETIMEDOUT,
		"it says that it plays, but nothing came to UDP port %u for %d s: let that through "
		"(firewalls), and name the interface that it comes to under interfaces%s",
		learned->port, seconds, turns ? "; it is asked for TCP next" : "");
}
