/* Packets of somebody who knows all of a camera but one thing, where nothing of that is configured:
 * what the camera's pictures have taught is enough, and a camera that really changes is believed.
 */
#include "dataplane/test_scene.h"

#include <string.h>

#include "core/clock.h"

/* So many pictures teach what the camera is. */
#define TAUGHT 3

#define PICTURE_MS 40

struct forger {
	struct scene *scene;
	uint32_t random;
	uint64_t sent;
	uint8_t whole[2048]; /* a picture of one packet, as another camera sends it */
	uint32_t whole_size;
	uint16_t whole_sequence;
};

static uint32_t dice(struct forger *forger)
{
	forger->random = forger->random * 1664525 + 1013904223;
	return forger->random >> 8;
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void set_up_forger(struct forger *forger, struct scene *s)
{
	struct test_camera small = s->camera;
	struct test_jpeg picture;

	*forger = (struct forger){.scene = s, .random = 7};
	small.count = 0;
	small.payload = 1500;
	test_jpeg_make(&picture, 16, 16, 75, 1, 2, 0, 9);
	test_camera_send(&small, &picture);
	assert_int_equal(small.count, 1);
	forger->whole_size = small.packets[0].size;
	memcpy(forger->whole, small.packets[0].bytes, forger->whole_size);
	test_camera_free(&small);
	test_jpeg_free(&picture);
}

/* A whole picture in one packet, of a session that goes on, or of ever new ones. */
static void forge_picture(struct forger *forger, bool goes_on)
{
	uint8_t *rtp = forger->whole + TEST_RTP_OFFSET;

	put16(rtp + 2, ++forger->whole_sequence);
	put16(rtp + 4, forger->whole_sequence);
	rtp[8] = 0x66;
	put16(rtp + 9, goes_on ? 1 : dice(forger));
	test_receive(forger->scene->receiver, forger->whole, forger->whole_size);
}

enum kind { ADDRESS, PORT, SSRC, SESSION, SESSIONS, TYPE, TYPE_ANYWHERE, TYPE_AND_SSRC, KINDS };

static void forge(struct forger *forger, uint32_t kind)
{
	const struct test_camera *camera = &forger->scene->camera;
	const struct test_packet *packet = &camera->packets[dice(forger) % camera->count];
	uint8_t copy[2048];
	uint8_t *rtp = copy + TEST_RTP_OFFSET;

	forger->sent++;
	memcpy(copy, packet->bytes, packet->size);
	copy[packet->size - 1] ^= 0xFF;
	switch (kind) {
	case ADDRESS:
		copy[29] = (uint8_t)(3 + dice(forger) % 200);
		break;
	case PORT:
		copy[37] ^= 2;
		break;
	case SSRC:
		rtp[11] ^= (uint8_t)(1 + dice(forger) % 255);
		break;
	case SESSION:
	case SESSIONS:
		forge_picture(forger, kind == SESSION);
		return;
	case TYPE_ANYWHERE:
		put16(rtp + 2, dice(forger));
		rtp[1] = (uint8_t)(97 + dice(forger) % 20);
		break;
	case TYPE_AND_SSRC:
		rtp[8] ^= (uint8_t)(1 + dice(forger) % 255);
		rtp[1] = 97;
		break;
	default:
		rtp[1] = 97;
	}
	test_receive(forger->scene->receiver, copy, packet->size);
}

/* The pictures at the camera's pace, with so many forged packets before each packet. */
static void send_among(struct forger *forger, uint32_t first, uint32_t each, uint32_t kind)
{
	struct scene *s = forger->scene;

	for (uint32_t i = first; i < TEST_PICTURES; i++) {
		scene_prepare(s, i);
		for (uint32_t k = 0; k < s->camera.count; k++) {
			for (uint32_t n = 0; i >= TAUGHT && n < each; n++)
				forge(forger, kind < KINDS ? kind : n % KINDS);
			test_receive_packet(s->receiver, &s->camera, k);
		}
		for (uint32_t n = 0; i >= TAUGHT && n < each; n++)
			forge(forger, kind < KINDS ? kind : n % KINDS);
		test_receiver_rest(s->receiver, PICTURE_MS);
		/* Tables that came once are kept. */
		s->camera.tables_sent = 0;
	}
}

static int set_up(void **state)
{
	scene_set_up(state);
	struct scene *s = *state;

	s->camera.q = 200;
	s->receiver->checks = 0;
	return 0;
}

static void restart(void **state)
{
	scene_tear_down(state);
	set_up(state);
}

static void forged_packets_of_each_kind_harm_no_picture(void **state)
{
	for (uint32_t kind = 0; kind < KINDS; kind++) {
		struct scene *s = *state;
		struct forger forger;

		set_up_forger(&forger, s);
		send_among(&forger, 0, 500, kind);
		ASSERT_ALL_PICTURES(s);
		ASSERT_EVENTS(s, SSRC_CHANGE, 0);
		ASSERT_EVENTS(s, SEQUENCE_RESTART, 0);
		ASSERT_EVENTS(s, SEQUENCE_GAP, 0);
		restart(state);
	}
}

static void a_million_forged_packets_harm_no_picture(void **state)
{
	struct scene *s = *state;
	struct forger forger;

	set_up_forger(&forger, s);
	send_among(&forger, 0, 20000 / STEP, KINDS);
	assert_true(forger.sent >= 1000000 / STEP);
	ASSERT_ALL_PICTURES(s);
	ASSERT_EVENTS(s, SSRC_CHANGE, 0);
}

/* Nothing of the camera's that waits further on is shed for what nobody asked for. */
static void forged_pictures_take_no_room_from_the_cameras(void **state)
{
	struct scene *s = *state;
	struct forger forger;

	set_up_forger(&forger, s);
	for (uint32_t i = 0; i < TAUGHT; i++) {
		scene_send(s, i);
		test_receiver_rest(s->receiver, PICTURE_MS);
	}
	s->receiver->cameras[0].quota = 2;
	s->receiver->sink_keeps = true;
	scene_send(s, 3);
	test_receiver_rest(s->receiver, PICTURE_MS / 2);
	scene_send(s, 4);
	for (uint32_t i = 0; i < 1000; i++)
		forge(&forger, i & 1 ? SESSION : SESSIONS);
	ASSERT_DROPS(s, SHED, 0);
	test_sink_release(s->receiver);
	test_sink_release(s->receiver);
	ASSERT_DROPS(s, SHED, 0);
	ASSERT_PICTURES(s, 0, 1, 2, 3, 4);
}

/* The camera is late once, and somebody takes its place: when it goes on, it is the camera again,
 * and has to be silent for longer the next time. */
static void who_was_first_comes_back(void **state)
{
	struct scene *s = *state;
	struct forger forger;

	set_up_forger(&forger, s);
	for (uint32_t i = 0; i < 4; i++) {
		scene_send(s, i);
		test_receiver_rest(s->receiver, PICTURE_MS);
	}
	test_receiver_rest(s->receiver, PICTURE_MS / 2);
	forge(&forger, SESSION);
	ASSERT_EVENTS(s, SSRC_CHANGE, 1);
	assert_int_equal(s->receiver->count, 5);
	for (uint32_t i = 4; i < TEST_PICTURES; i++) {
		scene_send(s, i);
		assert_int_equal(s->receiver->count, i + 2);
		test_receiver_rest(s->receiver, 2 * PICTURE_MS);
		forge(&forger, SESSION);
		forge(&forger, SESSIONS);
	}
	ASSERT_EVENTS(s, SSRC_CHANGE, 2);
	assert_true(test_drops(s->receiver, GW_DROP_OTHER_SESSION) >= 3);
	for (uint32_t i = 5; i < s->receiver->count; i++)
		assert_int_equal(s->receiver->frames[i].ssrc, s->camera.ssrc);
	assert_balanced(s->receiver);
}

/* No picture is lost, with strangers or without: the first ones wait until the old session is
 * silent. */
static void a_camera_may_begin_another_session(void **state)
{
	for (uint32_t change = TAUGHT + 1; change < TEST_PICTURES; change++) {
		for (uint32_t strangers = 0; strangers < 2; strangers++) {
			struct scene *s = *state;
			struct forger forger;

			set_up_forger(&forger, s);
			for (uint32_t i = 0; i < TEST_PICTURES; i++) {
				if (i == change) {
					s->camera.ssrc += 5;
					s->camera.sequence = 40000;
					s->camera.tables_sent = 2;
				}
				scene_send(s, i);
				s->camera.tables_sent = 0;
				for (uint32_t n = 0; strangers && i >= TAUGHT && n < 100; n++)
					forge(&forger, SSRC);
				test_receiver_rest(s->receiver, PICTURE_MS / 2);
				assert_true(s->receiver->count >= i);
				test_receiver_rest(s->receiver, PICTURE_MS / 2);
			}
			test_receiver_rest(s->receiver, PICTURE_MS);
			ASSERT_ALL_PICTURES(s);
			ASSERT_EVENTS(s, SSRC_CHANGE, 1);
			ASSERT_DROPS(s, OTHER_SESSION, 0);
			restart(state);
		}
	}
}

static void a_camera_may_change_its_type_when_the_old_one_has_stopped(void **state)
{
	struct scene *s = *state;

	for (uint32_t i = 0; i < 100; i++) {
		scene_prepare(s, i % TEST_PICTURES);
		for (uint32_t k = 0; i >= TAUGHT && k < s->camera.count; k++)
			s->camera.packets[k].bytes[TEST_RTP_OFFSET + 1] =
				(uint8_t)(k + 1 < s->camera.count ? 96 : 128 + 96);
		test_receive_frame(s->receiver, &s->camera);
		test_receiver_rest(s->receiver, PICTURE_MS);
	}
	assert_true(s->receiver->count > 60);
	assert_true(test_drops(s->receiver, GW_DROP_RTP_PAYLOAD) < 256 + s->camera.count);
	assert_balanced(s->receiver);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scene_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(forged_packets_of_each_kind_harm_no_picture),
		TEST(a_million_forged_packets_harm_no_picture),
		TEST(forged_pictures_take_no_room_from_the_cameras),
		TEST(who_was_first_comes_back),
		TEST(a_camera_may_begin_another_session),
		TEST(a_camera_may_change_its_type_when_the_old_one_has_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
