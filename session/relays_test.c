#include "core/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/config/fingerprint.h"
#include "core/gateway.h"
#include "session/relays.h"
#include "session/test_tls.h"
#include "session/tls.h"

#define PATIENCE_NS (20 * GW_NS_PER_S)
#define REFUSED 20

/* A receive stage that takes what it has room for, and the far ends of two cameras. */
static struct scene {
	struct gw gw;
	struct relays *relays;
	int camera[2], speaker[2];
	_Atomic bool has_room[2];
	_Atomic uint32_t taken[2], last;
	_Atomic uint32_t told, told_at; /* how often a lane was told, and of how many last */
	_Atomic uint32_t refused; /* for want of room */
	_Atomic bool is_slow, is_putting; /* the thread stands still while both are so */
} scene;

/* What comes of a file that is to be watched: a negative errno, or 0. */
static _Atomic int unwatched;

int __real_epoll_ctl(int epoll, int what, int file, struct epoll_event *event);
int __wrap_epoll_ctl(int epoll, int what, int file, struct epoll_event *event);

int __wrap_epoll_ctl(int epoll, int what, int file, struct epoll_event *event)
{
	if (what == EPOLL_CTL_ADD && atomic_load(&unwatched) != 0) {
		errno = -atomic_load(&unwatched);
		return -1;
	}
	return __real_epoll_ctl(epoll, what, file, event);
}

static bool put_packet(struct gw_stage *stage, const struct gw_packet *packet)
{
	const int64_t until = gw_now() + PATIENCE_NS;

	atomic_store(&scene.is_putting, true);
	while (atomic_load(&scene.is_slow) && gw_now() < until)
		usleep(1000);
	atomic_store(&scene.is_putting, false);
	if (!atomic_load(&scene.has_room[packet->camera])) {
		atomic_fetch_add(&scene.refused, 1);
		return false;
	}
	atomic_store(&scene.last, packet->data[0]);
	atomic_fetch_add(&scene.taken[packet->camera], 1);
	return true;
}

static void put_end(struct gw_stage *stage, uint32_t camera)
{
	atomic_fetch_add(&scene.told, 1);
	atomic_store(&scene.told_at, atomic_load(&scene.taken[camera]));
}

static const struct gw_stage_ops ops = {.name = "rx", .put_packet = put_packet, .put_end = put_end};

static void add(uint32_t slot)
{
	const uint8_t channels[2] = {0, 1};
	const struct gw_packet packet = {.camera = slot};
	int camera[2], speaker[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, camera), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, speaker), 0);
	scene.camera[slot] = camera[1];
	scene.speaker[slot] = speaker[1];
	assert_int_equal(relays_add(scene.relays, (struct line){camera[0], NULL}, speaker[0],
				 channels, &packet, NULL),
		0);
}

static int set_up(void **state)
{
	struct gw_error error;

	memset(&scene, 0, sizeof(scene));
	scene.gw.stages[GW_STAGE_RX].ops = &ops;
	scene.relays = relays_create(&scene.gw, &error);
	if (!scene.relays || relays_start(scene.relays, &error) != 0)
		return -1;
	for (uint32_t i = 0; i < 2; i++) {
		atomic_store(&scene.has_room[i], true);
		add(i);
	}
	return 0;
}

static int tear_down(void **state)
{
	const bool stopped = relays_stop(scene.relays, gw_now() + PATIENCE_NS);

	if (stopped)
		relays_destroy(scene.relays);
	for (uint32_t i = 0; i < 2; i++) {
		close(scene.camera[i]);
		close(scene.speaker[i]);
	}
	return stopped ? 0 : -1;
}

static void send_packet(uint32_t slot, char byte)
{
	const char packet[] = {'$', 0, 0, 1, byte};

	assert_int_equal(write(scene.camera[slot], packet, sizeof(packet)), sizeof(packet));
}

/* Waits until `count` of a camera's were taken. */
static void wait_for(uint32_t slot, uint32_t count)
{
	const int64_t until = gw_now() + PATIENCE_NS;

	while (atomic_load(&scene.taken[slot]) < count && gw_now() < until)
		usleep(1000);
	assert_int_equal(atomic_load(&scene.taken[slot]), count);
}

static void hears(int file, const char *wanted, size_t size)
{
	struct pollfd wait = {.fd = file, .events = POLLIN};
	char got[256];

	assert_int_equal(poll(&wait, 1, (int)(PATIENCE_NS / GW_NS_PER_MS)), 1);
	assert_int_equal(read(file, got, sizeof(got)), size);
	assert_memory_equal(got, wanted, size);
}

static void packets_of_all_are_taken(void **state)
{
	send_packet(0, 'a');
	wait_for(0, 1);
	assert_int_equal(atomic_load(&scene.last), 'a');
	send_packet(1, 'b');
	wait_for(1, 1);
	assert_int_equal(atomic_load(&scene.last), 'b');
}

static void a_lane_is_told_once_of_many(void **state)
{
	const int64_t until = gw_now() + PATIENCE_NS;
	char packets[100][5];

	for (uint32_t i = 0; i < 100; i++)
		memcpy(packets[i], "$\0\0\1a", 5);
	assert_int_equal(write(scene.camera[0], packets, sizeof(packets)), sizeof(packets));
	while (atomic_load(&scene.told_at) < 100 && gw_now() < until)
		usleep(1000);
	assert_int_equal(atomic_load(&scene.told_at), 100);
	assert_int_equal(atomic_load(&scene.told), 1);
}

static void one_without_room_holds_up_no_other(void **state)
{
	atomic_store(&scene.has_room[0], false);
	for (uint32_t i = 0; i < 100; i++)
		send_packet(0, 'a');
	for (uint32_t i = 0; i < 100; i++)
		send_packet(1, 'b');
	wait_for(1, 100);
	assert_int_equal(atomic_load(&scene.taken[0]), 0);
	atomic_store(&scene.has_room[0], true);
	wait_for(0, 100);
}

static void a_report_goes_to_its_camera(void **state)
{
	struct gw_reports *reports = &scene.gw.reports;

	assert_true(gw_reports_put(reports, 1, (const uint8_t *)"RR", 2));
	hears(scene.camera[1], "$\1\0\2RR", 6);
	assert_int_equal(gw_counter_get(&reports->left_out), 0);
	/* Its session is over. */
	relays_remove(scene.relays, 0);
	assert_true(gw_reports_put(reports, 0, (const uint8_t *)"RR", 2));
	const int64_t until = gw_now() + PATIENCE_NS;

	while (gw_counter_get(&reports->left_out) == 0 && gw_now() < until)
		usleep(1000);
	assert_int_equal(gw_counter_get(&reports->left_out), 1);
	assert_true(gw_reports_was_left_out(reports, 0));
	assert_false(gw_reports_was_left_out(reports, 0));
	assert_false(gw_reports_was_left_out(reports, 1));
}

static void what_is_removed_says_goodbye_and_is_gone(void **state)
{
	static const char goodbye[] = "TEARDOWN rtsp://192.0.2.11/s RTSP/1.0\r\nCSeq: 6\r\n\r\n";

	assert_int_equal(
		write(scene.speaker[0], goodbye, sizeof(goodbye) - 1), sizeof(goodbye) - 1);
	relays_remove(scene.relays, 0);
	relays_remove(scene.relays, 0);
	hears(scene.camera[0], goodbye, sizeof(goodbye) - 1);
	hears(scene.camera[0], "", 0);
	hears(scene.speaker[0], "", 0);
	/* The slot is free for the next one. */
	close(scene.camera[0]);
	close(scene.speaker[0]);
	add(0);
	send_packet(0, 'c');
	wait_for(0, 1);
}

static void one_that_cannot_be_watched_is_none(void **state)
{
	const uint8_t channels[2] = {0, 1};
	const struct gw_packet packet = {.camera = 7};
	struct line camera = LINE_NONE;
	struct gw_error error;
	int speaker[2];

	/* Nothing that the kernel tells events of. */
	camera.file = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, speaker), 0);
	assert_int_equal(
		relays_add(scene.relays, camera, speaker[1], channels, &packet, &error), -EPERM);
	assert_non_null(strstr(error.text, "does not watch its connection"));
	hears(speaker[0], "", 0);
	close(speaker[0]);
	/* The slot is free for the next try. */
	assert_int_equal(relays_seen(scene.relays, 7).ended, 0);
	/* The others go on. */
	send_packet(1, 'b');
	wait_for(1, 1);
}

/* One whose lane was full is watched again when there is room. */
static void one_that_is_watched_no_more_says_what_to_do(void **state)
{
	static const struct {
		int status;
		bool is_of_watches;
	} errors[] = {{-ENOSPC, true}, {-ENOMEM, false}};

	for (uint32_t i = 0; i < 2; i++) {
		const int64_t until = gw_now() + PATIENCE_NS;
		struct gw_error error = {""};

		assert_int_equal(relays_explain(scene.relays, i, &error), 0);
		atomic_store(&scene.has_room[i], false);
		atomic_store(&scene.refused, 0);
		send_packet(i, 'a');
		/* In more than one turn: it is not watched any more. */
		while (atomic_load(&scene.refused) < REFUSED && gw_now() < until)
			usleep(1000);
		assert_true(atomic_load(&scene.refused) >= REFUSED);
		atomic_store(&unwatched, errors[i].status);
		atomic_store(&scene.has_room[i], true);
		while (relays_seen(scene.relays, i).ended == 0 && gw_now() < until)
			usleep(1000);
		atomic_store(&unwatched, 0);
		assert_int_equal(relays_explain(scene.relays, i, &error), errors[i].status);
		assert_non_null(strstr(error.text, "the kernel does not watch its connection: "));
		assert_int_equal(strstr(error.text, "raise fs.epoll.max_user_watches") != NULL,
			errors[i].is_of_watches);
		hears(scene.speaker[i], "", 0);
	}
}

static void the_end_of_one_is_told(void **state)
{
	const int64_t until = gw_now() + PATIENCE_NS;

	assert_int_equal(relays_seen(scene.relays, 0).ended, 0);
	assert_int_equal(relays_seen(scene.relays, 77).ended, 0);
	shutdown(scene.camera[0], SHUT_RDWR);
	while (relays_seen(scene.relays, 0).ended == 0 && gw_now() < until)
		usleep(1000);
	assert_int_equal(relays_seen(scene.relays, 0).ended, -ECONNRESET);
	send_packet(1, 'b');
	wait_for(1, 1);
}

static void an_answer_is_given_up_and_what_is_odd_is_told(void **state)
{
	static const char request[] = "OPTIONS * RTSP/1.0\r\nCSeq: 6\r\n\r\n";
	static const char told[] = "RTSP/1.0 408 Camera\r\nCSeq: 6\r\n\r\n";
	static const char odd[] = "xyzRTSP/1.0 200 OK\r\n\r\n$\0\0\1a";

	relays_give_up(scene.relays, 77);
	assert_int_equal(
		write(scene.speaker[0], request, sizeof(request) - 1), sizeof(request) - 1);
	hears(scene.camera[0], request, sizeof(request) - 1);
	relays_give_up(scene.relays, 0);
	hears(scene.speaker[0], told, sizeof(told) - 1);
	assert_int_equal(write(scene.camera[0], odd, sizeof(odd) - 1), sizeof(odd) - 1);
	wait_for(0, 1);
	assert_int_equal(relays_seen(scene.relays, 0).ignored, 1);
	assert_int_equal(relays_seen(scene.relays, 0).skipped, 3);
	assert_int_equal(relays_seen(scene.relays, 1).skipped, 0);
}

/* What came with an answer before: no file tells of it. */
static void what_lies_in_tls_already_is_taken(void **state)
{
	static const char packet[] = {'$', 0, 0, 1, 'a'};
	const struct test_certificate_kind kind = {.name = "door"};
	const uint8_t channels[2] = {0, 1};
	const struct gw_packet place = {.camera = 0};
	struct test_certificate certificate;
	char fingerprint[GW_FINGERPRINT_TEXT], got[sizeof(packet)];
	const struct tls_trust trust = {.host = "door", .fingerprint = fingerprint};
	struct test_tls server;
	struct gw_error error;
	int camera[2], speaker[2], status = -EAGAIN;

	relays_remove(scene.relays, 0);
	close(scene.camera[0]);
	close(scene.speaker[0]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, camera), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, speaker), 0);
	scene.camera[0] = camera[1];
	scene.speaker[0] = speaker[1];
	test_certificate_make(&certificate, &kind, NULL);
	gw_fingerprint_show(certificate.fingerprint, fingerprint);
	test_tls_begin(&server, camera[1], &certificate, "NORMAL");
	struct tls *tls = tls_create(camera[0], &trust, &error);

	for (int i = 0; i < 50 && status == -EAGAIN; i++) {
		status = tls_open(tls, &error);
		test_tls_turn(&server);
	}
	assert_int_equal(status, 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(
			gnutls_record_send(server.session, packet, sizeof(packet)), sizeof(packet));
	assert_int_equal(tls_receive(tls, got, sizeof(got)), sizeof(got));
	assert_true(tls_has_more(tls));
	assert_int_equal(relays_add(scene.relays, (struct line){camera[0], tls}, speaker[0],
				 channels, &place, NULL),
		0);
	wait_for(0, 9);
	/* And what comes while there is no room. */
	atomic_store(&scene.has_room[0], false);
	for (int i = 0; i < 100; i++)
		assert_int_equal(
			gnutls_record_send(server.session, packet, sizeof(packet)), sizeof(packet));
	send_packet(1, 'b');
	wait_for(1, 1);
	atomic_store(&scene.has_room[0], true);
	wait_for(0, 109);
	relays_remove(scene.relays, 0);
	test_tls_end(&server);
	test_certificate_free(&certificate);
}

/* Whichever goes, the others that are due have their turns. */
static void one_that_goes_while_it_is_due_takes_no_other_with_it(void **state)
{
	for (uint32_t gone = 0; gone < 2; gone++) {
		const uint32_t stays = 1 - gone, before = atomic_load(&scene.taken[stays]);

		atomic_store(&scene.has_room[0], false);
		atomic_store(&scene.has_room[1], false);
		for (uint32_t i = 0; i < 10; i++) {
			send_packet(0, 'a');
			send_packet(1, 'b');
		}
		relays_remove(scene.relays, gone);
		atomic_store(&scene.has_room[stays], true);
		wait_for(stays, before + 10);
		close(scene.camera[gone]);
		close(scene.speaker[gone]);
		add(gone);
		atomic_store(&scene.has_room[gone], true);
	}
}

/* A turn of all that are ready may take long. */
static void who_looks_waits_for_nobody(void **state)
{
	const int64_t until = gw_now() + PATIENCE_NS;

	atomic_store(&scene.is_slow, true);
	send_packet(0, 'a');
	while (!atomic_load(&scene.is_putting) && gw_now() < until)
		usleep(1000);
	assert_true(atomic_load(&scene.is_putting));
	assert_int_equal(relays_seen(scene.relays, 0).ended, 0);
	assert_int_equal(relays_seen(scene.relays, 1).ended, 0);
	assert_true(atomic_load(&scene.is_putting));
	atomic_store(&scene.is_slow, false);
	wait_for(0, 1);
}

#define RELAYS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RELAYS_TEST(packets_of_all_are_taken),
		RELAYS_TEST(a_lane_is_told_once_of_many),
		RELAYS_TEST(one_without_room_holds_up_no_other),
		RELAYS_TEST(a_report_goes_to_its_camera),
		RELAYS_TEST(what_is_removed_says_goodbye_and_is_gone),
		RELAYS_TEST(one_that_cannot_be_watched_is_none),
		RELAYS_TEST(one_that_is_watched_no_more_says_what_to_do),
		RELAYS_TEST(the_end_of_one_is_told),
		RELAYS_TEST(an_answer_is_given_up_and_what_is_odd_is_told),
		RELAYS_TEST(what_lies_in_tls_already_is_taken),
		RELAYS_TEST(one_that_goes_while_it_is_due_takes_no_other_with_it),
		RELAYS_TEST(who_looks_waits_for_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
