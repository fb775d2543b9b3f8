/* RTCP of a camera: on its port and on the next one, and whose clock its pictures have. */
#include "dataplane/reports.h"

#include <string.h>

#include "core/clock.h"
#include "dataplane/rtp.h"
#include "dataplane/test_scene.h"

#define UNIX_TO_NTP UINT64_C(2208988800)

/* The UDP payload of a camera's datagram becomes another one. */
struct datagram_of {
	uint8_t bytes[256];
	uint32_t size;
};

static void put_be32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* From 10.0.0.<source>:5005 to 10.0.0.2:<port>. */
static struct datagram_of wrap(const uint8_t *payload, uint32_t size, uint8_t source, uint16_t port)
{
	static const uint8_t head[TEST_RTP_OFFSET] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
		0x45, [22] = 64, [23] = 17, [26] = 10, [29] = 0, [30] = 10, [33] = 2,
		[34] = 5005 >> 8, [35] = 5005 & 255};
	struct datagram_of made = {.size = TEST_RTP_OFFSET + size};

	memcpy(made.bytes, head, sizeof(head));
	memcpy(made.bytes + sizeof(head), payload, size);
	made.bytes[16] = (uint8_t)((28 + size) >> 8);
	made.bytes[17] = (uint8_t)(28 + size);
	made.bytes[29] = source;
	made.bytes[36] = (uint8_t)(port >> 8);
	made.bytes[37] = (uint8_t)port;
	made.bytes[38] = (uint8_t)((8 + size) >> 8);
	made.bytes[39] = (uint8_t)(8 + size);
	return made;
}

static void receive(struct scene *s, const uint8_t *payload, uint32_t size, uint16_t port)
{
	const struct datagram_of made = wrap(payload, size, 1, port);

	s->receiver->checks = 0;
	test_receive(s->receiver, made.bytes, made.size);
}

/* The camera reports that it is `utc` when its RTP clock says `timestamp`. */
static void report(struct scene *s, uint32_t ssrc, int64_t utc, uint32_t timestamp, uint16_t port)
{
	uint8_t packet[28] = {0x80, 200, 0, 6};

	put_be32(packet + 4, ssrc);
	put_be32(packet + 8, (uint32_t)((uint64_t)(utc / GW_NS_PER_S) + UNIX_TO_NTP));
	put_be32(packet + 12, (uint32_t)(((uint64_t)(utc % GW_NS_PER_S) << 32) / GW_NS_PER_S));
	put_be32(packet + 16, timestamp);
	receive(s, packet, sizeof(packet), port);
}

static void leave(struct scene *s, uint32_t ssrc)
{
	uint8_t packet[8] = {0x81, 203, 0, 1};

	put_be32(packet + 4, ssrc);
	receive(s, packet, sizeof(packet), 5005);
}

static const struct test_frame *last_frame(const struct scene *s)
{
	return &s->receiver->frames[s->receiver->count - 1];
}

static bool is_at(const struct test_frame *frame, int64_t utc)
{
	return frame->capture_ns - utc < GW_NS_PER_MS && utc - frame->capture_ns < GW_NS_PER_MS;
}

static void without_reports_the_arrival_counts(void **state)
{
	struct scene *s = *state;

	scene_send(s, 0);
	assert_int_equal(last_frame(s)->clock, GW_CLOCK_ARRIVAL);
	assert_int_equal(last_frame(s)->capture_ns, s->receiver->now);
	ASSERT_PICTURES(s, 0);
}

static void a_report_on_either_port_says_when_pictures_were_taken(void **state)
{
	struct scene *s = *state;
	struct gw_camera_stats *stats = &s->receiver->stats->camera[0];

	for (uint16_t port = 5004; port <= 5005; port++) {
		const uint32_t timestamp = s->camera.timestamp;

		test_receiver_restart(s->receiver, false);
		scene_send(s, 0);
		report(s, s->camera.ssrc, s->receiver->now - 2 * GW_NS_PER_S, timestamp, port);
		scene_send(s, 1);
		assert_int_equal(last_frame(s)->clock, GW_CLOCK_RTCP);
		assert_true(is_at(last_frame(s),
			s->receiver->now - 2 * GW_NS_PER_S +
				rtp_ticks_to_ns((int64_t)s->camera.step)));
		assert_int_equal(gw_counter_get(&stats->clock), GW_CLOCK_RTCP + 1);
		assert_int_equal(gw_counter_get(&stats->clock_told), GW_CLOCK_TOLD_OFFSET);
		assert_int_equal((int64_t)gw_counter_get(&stats->clock_offset) / 1000,
			-2 * GW_NS_PER_S / 1000);
	}
	assert_int_equal(gw_counter_get(&stats->reports), 2);
	ASSERT_PICTURES(s, 0, 1, 0, 1);
}

static void a_report_before_the_first_picture_counts_when_it_is_of_its_session(void **state)
{
	struct scene *s = *state;

	report(s, s->camera.ssrc, s->receiver->now + GW_NS_PER_S, s->camera.timestamp, 5005);
	scene_send(s, 0);
	assert_int_equal(last_frame(s)->clock, GW_CLOCK_RTCP);
	assert_true(is_at(last_frame(s), s->receiver->now + GW_NS_PER_S));
	test_receiver_restart(s->receiver, false);
	report(s, s->camera.ssrc + 1, s->receiver->now + GW_NS_PER_S, s->camera.timestamp, 5005);
	scene_send(s, 1);
	assert_int_equal(last_frame(s)->clock, GW_CLOCK_ARRIVAL);
	ASSERT_PICTURES(s, 0, 1);
}

static void reports_of_another_session_are_strays(void **state)
{
	struct scene *s = *state;

	scene_send(s, 0);
	report(s, s->camera.ssrc + 1, s->receiver->now, s->camera.timestamp, 5005);
	ASSERT_DROPS(s, RTCP_STRAY, 1);
	scene_send(s, 1);
	assert_int_equal(last_frame(s)->clock, GW_CLOCK_ARRIVAL);
	ASSERT_PICTURES(s, 0, 1);
}

static void a_new_session_has_a_clock_of_its_own(void **state)
{
	struct scene *s = *state;

	scene_send(s, 0);
	report(s, s->camera.ssrc, s->receiver->now + GW_NS_PER_S, s->camera.timestamp, 5005);
	s->camera.ssrc++;
	s->camera.timestamp = 77;
	scene_send(s, 1);
	assert_int_equal(last_frame(s)->clock, GW_CLOCK_ARRIVAL);
	report(s, s->camera.ssrc, s->receiver->now - GW_NS_PER_S, s->camera.timestamp, 5005);
	scene_send(s, 2);
	assert_int_equal(last_frame(s)->clock, GW_CLOCK_RTCP);
	assert_true(is_at(last_frame(s), s->receiver->now - GW_NS_PER_S));
	ASSERT_PICTURES(s, 0, 1, 2);
}

static void reports_that_are_nonsense_are_told_and_change_nothing(void **state)
{
	struct scene *s = *state;

	scene_send(s, 0);
	report(s, s->camera.ssrc, 0, s->camera.timestamp, 5005); /* 1970 */
	ASSERT_EVENTS(s, CLOCK_REFUSED, 1);
	/* Right by itself, and for an RTP clock that is not that of the pictures. */
	report(s, s->camera.ssrc, s->receiver->now, s->camera.timestamp + 3600 * RTP_CLOCK_HZ,
		5005);
	ASSERT_EVENTS(s, CLOCK_REFUSED, 2);
	scene_send(s, 1);
	assert_int_equal(last_frame(s)->clock, GW_CLOCK_ARRIVAL);
	assert_int_equal(gw_counter_get(&s->receiver->stats->camera[0].clock_told), 0);
	report(s, s->camera.ssrc, s->receiver->now, s->camera.timestamp, 5005);
	report(s, s->camera.ssrc, s->receiver->now + 9 * GW_NS_PER_S, s->camera.timestamp, 5005);
	ASSERT_EVENTS(s, CLOCK_REFUSED, 3);
	scene_send(s, 2);
	assert_true(is_at(last_frame(s), s->receiver->now));
	report(s, s->camera.ssrc, s->receiver->now + 9 * GW_NS_PER_S, s->camera.timestamp, 5005);
	report(s, s->camera.ssrc, s->receiver->now + 9 * GW_NS_PER_S, s->camera.timestamp, 5005);
	ASSERT_EVENTS(s, CLOCK_JUMP, 1);
	scene_send(s, 3);
	assert_true(is_at(last_frame(s), s->receiver->now + 9 * GW_NS_PER_S));
	ASSERT_PICTURES(s, 0, 1, 2, 3);
}

static void a_jump_of_the_rtp_clock_ends_what_reports_told(void **state)
{
	struct scene *s = *state;

	scene_send(s, 0);
	report(s, s->camera.ssrc, s->receiver->now, s->camera.timestamp, 5005);
	s->camera.timestamp += 20 * RTP_CLOCK_HZ;
	scene_send(s, 1);
	scene_send(s, 2);
	assert_int_equal(last_frame(s)->clock, GW_CLOCK_ARRIVAL);
	ASSERT_PICTURES(s, 0, 1, 2);
}

static void a_camera_that_leaves_is_told_and_may_go_on(void **state)
{
	struct scene *s = *state;

	scene_send(s, 0);
	leave(s, s->camera.ssrc);
	ASSERT_EVENTS(s, RTCP_BYE, 1);
	leave(s, s->camera.ssrc + 1);
	ASSERT_EVENTS(s, RTCP_BYE, 1);
	scene_send(s, 1);
	ASSERT_EVENTS(s, SSRC_CHANGE, 0);
	ASSERT_PICTURES(s, 0, 1);
}

static void rtcp_that_is_none_is_counted_by_name(void **state)
{
	struct scene *s = *state;
	const uint8_t bad[12] = {0x80, 200, 0, 9};

	receive(s, bad, sizeof(bad), 5004);
	receive(s, bad, sizeof(bad), 5005);
	ASSERT_DROPS(s, RTCP_BAD, 2);
	/* RTP is nobody's there. */
	scene_prepare(s, 0);
	s->camera.packets[0].bytes[37]++;
	s->receiver->checks = 0;
	test_receive_packet(s->receiver, &s->camera, 0);
	assert_int_equal(test_unmatched(s->receiver, GW_DROP_NO_CAMERA), 1);
	const struct datagram_of foreign = wrap(bad, sizeof(bad), 9, 5005);

	test_receive(s->receiver, foreign.bytes, foreign.size);
	assert_int_equal(test_unmatched(s->receiver, GW_DROP_BAD_SOURCE), 1);
	ASSERT_NO_PICTURE(s);
}

static void two_cameras_on_neighbouring_ports_have_reports_of_their_own(void **state)
{
	struct scene *s = *state;
	struct test_receiver *r;

	test_receiver_close(s->receiver);
	s->receiver = r = test_receiver_open(2, false, 16);
	stream_table_remove(r->table, 1, &r->cameras[1]);
	r->cameras[1].port = 5005; /* of another source: the first one's RTCP goes there, too */
	stream_table_add(r->table, 1, &r->cameras[1]);
	scene_send(s, 0);
	report(s, s->camera.ssrc, r->now + GW_NS_PER_S, s->camera.timestamp, 5005);
	scene_send(s, 1);
	assert_int_equal(last_frame(s)->clock, GW_CLOCK_RTCP);
	assert_int_equal(gw_counter_get(&r->stats->camera[0].reports), 1);
	ASSERT_PICTURES(s, 0, 1);
}

/* The replay extension with an NTP time, and a JPEG header behind it. */
static void send_recorded(struct scene *s, uint32_t picture, int64_t utc)
{
	s->camera.replay = true;
	s->camera.onvif = true;
	s->camera.ntp = ((uint64_t)(utc / GW_NS_PER_S) + UNIX_TO_NTP) << 32;
	s->camera.segments = s->pictures[picture].bytes + 2;
	s->camera.segments_size =
		(uint32_t)(s->pictures[picture].scan - s->pictures[picture].bytes) - 2;
	scene_send(s, picture);
}

static void a_replay_extension_says_when_it_was_recorded(void **state)
{
	struct scene *s = *state;
	const int64_t recorded = INT64_C(1500000000) * GW_NS_PER_S;

	s->receiver->now = INT64_C(1700000000) * GW_NS_PER_S;
	send_recorded(s, 0, recorded);
	assert_int_equal(last_frame(s)->clock, GW_CLOCK_ONVIF);
	assert_true(is_at(last_frame(s), recorded));
	/* It is nearer to the picture than a report. */
	report(s, s->camera.ssrc, s->receiver->now, s->camera.timestamp, 5005);
	send_recorded(s, 1, recorded);
	assert_int_equal(last_frame(s)->clock, GW_CLOCK_ONVIF);
	/* Never set, and not yet: the report counts. */
	send_recorded(s, 2, 86400 * GW_NS_PER_S);
	assert_int_equal(last_frame(s)->clock, GW_CLOCK_RTCP);
	send_recorded(s, 3, s->receiver->now + 3600 * GW_NS_PER_S);
	assert_int_equal(last_frame(s)->clock, GW_CLOCK_RTCP);
	ASSERT_EVENTS(s, CLOCK_REFUSED, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(without_reports_the_arrival_counts),
		SCENE_TEST(a_report_on_either_port_says_when_pictures_were_taken),
		SCENE_TEST(a_report_before_the_first_picture_counts_when_it_is_of_its_session),
		SCENE_TEST(reports_of_another_session_are_strays),
		SCENE_TEST(a_new_session_has_a_clock_of_its_own),
		SCENE_TEST(reports_that_are_nonsense_are_told_and_change_nothing),
		SCENE_TEST(a_jump_of_the_rtp_clock_ends_what_reports_told),
		SCENE_TEST(a_camera_that_leaves_is_told_and_may_go_on),
		SCENE_TEST(rtcp_that_is_none_is_counted_by_name),
		SCENE_TEST(two_cameras_on_neighbouring_ports_have_reports_of_their_own),
		SCENE_TEST(a_replay_extension_says_when_it_was_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
