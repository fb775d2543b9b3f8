#include "dataplane/sessions.h"

#include "core/clock.h"
#include "dataplane/open_list.h"
#include "dataplane/session.h"

/* A session that has no picture yet is given up for another one when it sends nothing for so long.
 */
#define CANDIDATE_TIMEOUT_NS (100 * GW_NS_PER_MS)

/* Whether a session is about to make a picture: one packet alone may be anybody's. */
static bool is_making_a_picture(const struct stream *stream, int64_t when)
{
	bool is_more = false;

	for (uint32_t i = 0; i < stream->open_count; i++)
		is_more |= stream->open[i]->low != stream->open[i]->high;
	return is_more && when < stream->arrival + CANDIDATE_TIMEOUT_NS;
}

struct stream *sessions_find(struct stream *stream, const struct rtp_packet *rtp,
	const struct rtp_jpeg *jpeg, int64_t when, struct open_list *open,
	struct assembler_done *done)
{
	struct stream *other = stream->other;

	if (stream->started) {
		if (!session_is_new(other, rtp->ssrc))
			return other;
		if (jpeg->offset != 0 || is_making_a_picture(other, when))
			return NULL;
		open_list_close_all(open, other, done);
		stream = other;
	}
	session_begin(stream, rtp);
	return stream;
}

void sessions_take_over(struct stream *stream)
{
	struct stream *old = stream->other;

	for (uint32_t i = 0; i < old->open_count; i++)
		old->open[i]->is_left_over = true;
	session_flush(old);
	if (old->has_made_pictures)
		session_notice(old, GW_EVENT_SSRC_CHANGE, 1);
	old->is_candidate = true;
	stream->is_candidate = false;
	stream->other_types = 0;
}
