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

/* Whether the session was the camera's before the one that is now. */
static bool was_first(const struct stream *stream)
{
	return stream->camera_since != 0 && stream->camera_since < stream->other->camera_since;
}

/* It made the camera's pictures, and may be back before it is believed to be over. */
static bool may_come_back(const struct stream *stream, int64_t when)
{
	return was_first(stream) && when < stream->arrival + 2 * session_longest_silence(stream);
}

bool sessions_may_take_over(const struct stream *stream, int64_t when)
{
	const struct stream *camera = stream->other;
	const uint32_t last = (stream->closed_next - 1) % STREAM_CLOSED;

	/* It went on all the time. */
	if (was_first(stream) &&
		when < stream->closed[last].when + 2 * session_longest_silence(stream))
		return true;
	return !camera->has_made_pictures ||
		when >= camera->arrival + session_longest_silence(camera);
}

struct stream *sessions_find(struct stream *stream, const struct rtp_packet *rtp,
	const struct rtp_jpeg *jpeg, int64_t when, struct open_list *open,
	struct assembler_done *done)
{
	struct stream *other = stream->other;

	if (stream->started) {
		if (!session_is_new(other, rtp->ssrc))
			return other;
		if (jpeg->offset != 0 || is_making_a_picture(other, when) ||
			may_come_back(other, when))
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
	stream->is_contested |= was_first(stream);
	if (stream->camera_since == 0)
		stream->camera_since = stream->arrival;
	old->is_candidate = true;
	stream->is_candidate = false;
	stream->other_types = 0;
}
