#include "core/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "session/relay.h"

#define ANSWER "RTSP/1.0 200 OK\r\nCSeq: 4\r\n\r\n"
#define TOLD "RTSP/1.0 200 Camera\r\nCSeq: 5\r\n\r\n"
#define REQUEST "GET_PARAMETER rtsp://192.0.2.11/s RTSP/1.0\r\nCSeq: 5\r\n\r\n"

/* A camera and a speaker of which the test has the far ends. */
struct scene {
	struct relay *relay;
	int camera, speaker;
	uint32_t room; /* how many packets are still taken */
	uint32_t taken;
	struct gw_packet last;
	uint8_t last_data[65536];
};

static bool take(void *arg, const struct gw_packet *packet)
{
	struct scene *scene = arg;

	if (scene->room == 0)
		return false;
	scene->room--;
	scene->taken++;
	scene->last = *packet;
	memcpy(scene->last_data, packet->data, packet->size);
	return true;
}

static int set_up(void **state)
{
	static struct scene scene;
	const uint8_t channels[2] = {2, 3};
	const struct gw_packet packet = {.camera = 7, .to_port = 40000};
	const struct relay_taker taker = {&scene, take};
	int camera[2], speaker[2];

	scene = (struct scene){.room = UINT32_MAX};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, camera) != 0 ||
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, speaker) != 0)
		return -1;
	scene.relay =
		relay_create((struct line){camera[0], NULL}, speaker[0], channels, &packet, &taker);
	scene.camera = camera[1];
	scene.speaker = speaker[1];
	*state = &scene;
	return scene.relay ? 0 : -1;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	relay_destroy(scene->relay);
	close(scene->camera);
	close(scene->speaker);
	return 0;
}

static void turn(struct scene *scene)
{
	while (relay_turn(scene->relay))
		continue;
}

static void says(struct scene *scene, const char *data, size_t size)
{
	assert_int_equal(write(scene->camera, data, size), size);
	turn(scene);
}

static void hears(int file, const char *wanted, size_t size)
{
	char got[4096];

	assert_int_equal(read(file, got, sizeof(got)), size);
	assert_memory_equal(got, wanted, size);
}

static void asks(struct scene *scene)
{
	assert_int_equal(write(scene->speaker, REQUEST, sizeof(REQUEST) - 1), sizeof(REQUEST) - 1);
	turn(scene);
	hears(scene->camera, REQUEST, sizeof(REQUEST) - 1);
}

static void hears_nothing(int file)
{
	char byte;

	assert_int_equal(read(file, &byte, 1), -1);
	assert_int_equal(errno, EAGAIN);
}

static void packets_go_one_way_and_answers_the_other(void **state)
{
	struct scene *scene = *state;

	asks(scene);
	says(scene, "$\2\0\4abcd" ANSWER "$\3\0\2xy", 8 + 6 + sizeof(ANSWER) - 1);
	assert_int_equal(scene->taken, 2);
	assert_int_equal(scene->last.camera, 7);
	assert_int_equal(scene->last.to_port, 40000);
	assert_memory_equal(scene->last_data, "xy", 2);
	hears(scene->speaker, TOLD, sizeof(TOLD) - 1);
	assert_int_equal(atomic_load(&scene->relay->ended), 0);
	assert_int_equal(gw_counter_get(&scene->relay->ignored), 0);
}

static void requests_of_the_camera_are_not_taken_for_answers(void **state)
{
	struct scene *scene = *state;

	asks(scene);
	says(scene, "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n" ANSWER, 31 + sizeof(ANSWER) - 1);
	hears(scene->speaker, TOLD, sizeof(TOLD) - 1);
	assert_int_equal(gw_counter_get(&scene->relay->skipped), 0);
}

static void an_answer_that_nobody_asked_for_is_ignored_and_counted(void **state)
{
	struct scene *scene = *state;

	says(scene, ANSWER, sizeof(ANSWER) - 1);
	hears_nothing(scene->speaker);
	assert_int_equal(gw_counter_get(&scene->relay->ignored), 1);
	asks(scene);
	says(scene, ANSWER, sizeof(ANSWER) - 1);
	hears(scene->speaker, TOLD, sizeof(TOLD) - 1);
}

static void the_body_of_an_answer_stays_here(void **state)
{
	struct scene *scene = *state;
	static const char with_body[] = "RTSP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nx: y\r\n";

	asks(scene);
	says(scene, with_body, sizeof(with_body) - 1);
	hears(scene->speaker, TOLD, sizeof(TOLD) - 1);
	/* And when it comes later. */
	asks(scene);
	says(scene, with_body, sizeof(with_body) - 4);
	says(scene,
		"y\r\n"
		"$\2\0\1x",
		3 + 5);
	hears(scene->speaker, TOLD, sizeof(TOLD) - 1);
	assert_int_equal(scene->taken, 1);
}

static void an_answer_that_does_not_come_is_given_up(void **state)
{
	struct scene *scene = *state;
	static const char told[] = "RTSP/1.0 408 Camera\r\nCSeq: 5\r\n\r\n";

	relay_give_up(scene->relay);
	hears_nothing(scene->speaker);
	asks(scene);
	relay_give_up(scene->relay);
	hears(scene->speaker, told, sizeof(told) - 1);
	says(scene, ANSWER, sizeof(ANSWER) - 1);
	hears_nothing(scene->speaker);
	assert_int_equal(gw_counter_get(&scene->relay->ignored), 1);
	assert_int_equal(atomic_load(&scene->relay->ended), 0);
}

static void garbage_is_skipped_and_counted(void **state)
{
	struct scene *scene = *state;

	asks(scene);
	/* An answer that breaks off is none. */
	says(scene, "RTSP/1.0 500 N\1\2\3$\2\0\x8\x80 abcdef" ANSWER, 17 + 12 + sizeof(ANSWER) - 1);
	assert_int_equal(scene->taken, 1);
	hears(scene->speaker, TOLD, sizeof(TOLD) - 1);
	assert_int_equal(gw_counter_get(&scene->relay->skipped), 3);
	assert_int_equal(atomic_load(&scene->relay->ended), 0);
}

static void a_channel_of_nobodys_goes_to_a_port_of_nobodys(void **state)
{
	struct scene *scene = *state;

	says(scene, "$\7\0\1x", 5);
	assert_int_equal(scene->taken, 1);
	assert_int_equal(scene->last.to_port, 0);
}

static void the_camera_waits_for_room(void **state)
{
	struct scene *scene = *state;
	static const char packet[4 + 1000] = {'$', 2, 1000 >> 8, (char)(1000 & 255)};
	uint32_t sent = 0, gone = 0;

	scene->room = 3;
	/* Until the camera itself cannot send any more: what lies here is bounded. */
	for (uint32_t quiet = 0; quiet < 3; quiet++) {
		for (; write(scene->camera, packet + gone, sizeof(packet) - gone) ==
			(ssize_t)(sizeof(packet) - gone);
			sent++, gone = 0, quiet = 0)
			continue;
		turn(scene);
	}
	assert_int_equal(scene->taken, 3);
	assert_true(scene->relay->is_full);
	assert_int_equal(relay_camera_events(scene->relay) & POLLIN, 0);
	assert_true(scene->relay->in_size <= RELAY_IN);
	/* Nothing is lost by that. */
	scene->room = UINT32_MAX;
	turn(scene);
	turn(scene);
	assert_in_range(scene->taken, sent, sent + 1);
	assert_int_equal(relay_camera_events(scene->relay), POLLIN);
}

static void a_report_goes_between_requests(void **state)
{
	struct scene *scene = *state;

	assert_true(relay_report(scene->relay, (const uint8_t *)"RR", 2));
	hears(scene->camera, "$\3\0\2RR", 6);
	assert_int_equal(write(scene->speaker, REQUEST, 10), 10);
	turn(scene);
	assert_false(relay_report(scene->relay, (const uint8_t *)"RR", 2));
	assert_int_equal(
		write(scene->speaker, &REQUEST[10], sizeof(REQUEST) - 11), sizeof(REQUEST) - 11);
	turn(scene);
	assert_true(relay_report(scene->relay, (const uint8_t *)"RR", 2));
	hears(scene->camera, REQUEST "$\3\0\2RR", sizeof(REQUEST) - 1 + 6);
}

static void a_camera_that_does_not_read_costs_no_memory(void **state)
{
	struct scene *scene = *state;
	static const uint8_t report[100];
	uint32_t sent = 0;

	while (sent < 100000 && relay_report(scene->relay, report, sizeof(report)))
		sent++;
	assert_in_range(sent, RELAY_OUT / sizeof(report) / 2, 99999);
	assert_true(relay_camera_events(scene->relay) & POLLOUT);
	assert_int_equal(atomic_load(&scene->relay->ended), 0);
}

static void it_says_why_it_ended(void **state)
{
	struct scene *scene = *state;
	static const char garbage[4096] = "$\2\0\1a";

	says(scene, garbage, sizeof(garbage));
	assert_int_equal(scene->taken, 1);
	assert_int_equal(atomic_load(&scene->relay->ended), 0);
	for (uint32_t i = 0; i < INTERLEAVED_GARBAGE_MOST / sizeof(garbage); i++)
		says(scene, garbage + 8, sizeof(garbage) - 8);
	says(scene, garbage + 8, sizeof(garbage) - 8);
	assert_int_equal(atomic_load(&scene->relay->ended), -EPROTO);
	/* Who waits for an answer knows. */
	hears(scene->speaker, "", 0);
	assert_false(relay_report(scene->relay, (const uint8_t *)"RR", 2));
}

static void a_camera_that_goes_is_missed(void **state)
{
	struct scene *scene = *state;

	says(scene, "$\2\0\1a", 5);
	shutdown(scene->camera, SHUT_RDWR);
	turn(scene);
	assert_int_equal(scene->taken, 1);
	assert_int_equal(atomic_load(&scene->relay->ended), -ECONNRESET);
}

static void a_speaker_that_goes_is_heard_to_the_end(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(write(scene->speaker, REQUEST, sizeof(REQUEST) - 1), sizeof(REQUEST) - 1);
	shutdown(scene->speaker, SHUT_RDWR);
	turn(scene);
	turn(scene);
	assert_int_equal(atomic_load(&scene->relay->ended), -ECANCELED);
	hears(scene->camera, REQUEST, sizeof(REQUEST) - 1);
}

static void answers_that_nobody_takes_end_it(void **state)
{
	struct scene *scene = *state;

	for (uint32_t i = 0; i < 100000 && atomic_load(&scene->relay->ended) == 0; i++) {
		asks(scene);
		says(scene, ANSWER, sizeof(ANSWER) - 1);
	}
	assert_int_equal(atomic_load(&scene->relay->ended), -EPROTO);
}

#define RELAY_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RELAY_TEST(packets_go_one_way_and_answers_the_other),
		RELAY_TEST(requests_of_the_camera_are_not_taken_for_answers),
		RELAY_TEST(an_answer_that_nobody_asked_for_is_ignored_and_counted),
		RELAY_TEST(the_body_of_an_answer_stays_here),
		RELAY_TEST(an_answer_that_does_not_come_is_given_up),
		RELAY_TEST(garbage_is_skipped_and_counted),
		RELAY_TEST(a_channel_of_nobodys_goes_to_a_port_of_nobodys),
		RELAY_TEST(the_camera_waits_for_room),
		RELAY_TEST(a_report_goes_between_requests),
		RELAY_TEST(a_camera_that_does_not_read_costs_no_memory),
		RELAY_TEST(it_says_why_it_ended),
		RELAY_TEST(a_camera_that_goes_is_missed),
		RELAY_TEST(a_speaker_that_goes_is_heard_to_the_end),
		RELAY_TEST(answers_that_nobody_takes_end_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
