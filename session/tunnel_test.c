#include "core/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/config/fingerprint.h"
#include "session/relay.h"
#include "session/test_tls.h"
#include "session/tunnel.h"

#define REQUEST "DESCRIBE rtsps://192.0.2.11/s RTSP/1.0\r\nCSeq: 1\r\n\r\n"
#define ID 7
#define TURNS 50

struct scene {
	struct tunnel *tunnel;
	int epoll, speaker, theirs; /* far ends: of who speaks, and of the camera */
	struct test_tls server;
	struct test_certificate certificate;
};

/* `believed`: the camera's certificate is that of the fingerprint. Not NULL: the
 * way to the camera is full before anything is said, with so many bytes. */
static void begin_behind(struct scene *scene, bool believed, size_t *junk)
{
	const struct test_certificate_kind kind = {.name = "door"};
	char text[GW_FINGERPRINT_TEXT];
	const struct tls_trust trust = {.host = "door", .fingerprint = text};
	struct gw_error error;
	int camera[2], speaker[2];

	*scene = (struct scene){.epoll = epoll_create1(EPOLL_CLOEXEC)};
	test_certificate_make(&scene->certificate, &kind, NULL);
	scene->certificate.fingerprint[0] ^= !believed;
	gw_fingerprint_show(scene->certificate.fingerprint, text);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, camera), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, speaker), 0);
	for (ssize_t more = 1; junk && more > 0; *junk += more > 0 ? (size_t)more : 0)
		more = write(camera[0], text, 1);
	scene->theirs = camera[1];
	scene->speaker = speaker[1];
	test_tls_begin(&scene->server, scene->theirs, &scene->certificate, "NORMAL");
	scene->tunnel = tunnel_create(camera[0], speaker[0], scene->epoll, ID, &trust, &error);
	assert_non_null(scene->tunnel);
}

static void begin(struct scene *scene, bool believed)
{
	begin_behind(scene, believed, NULL);
}

static void end(struct scene *scene)
{
	tunnel_destroy(scene->tunnel);
	test_tls_end(&scene->server);
	test_certificate_free(&scene->certificate);
	close(scene->theirs);
	close(scene->speaker);
	close(scene->epoll);
}

/* Both ends, as events say: until none comes. */
static void turn(struct scene *scene)
{
	struct epoll_event events[4];

	for (int i = 0; i < TURNS; i++) {
		test_tls_turn(&scene->server);
		const int count = epoll_wait(scene->epoll, events, 4, 0);

		for (int e = 0; e < count; e++) {
			assert_int_equal(events[e].data.u64 >> 32, ID);
			assert_true(tunnel_has(scene->tunnel, (int)(uint32_t)events[e].data.u64));
			tunnel_turn(scene->tunnel);
		}
	}
}

static void what_is_said_before_tls_is_agreed_on_goes_then(void **state)
{
	struct scene scene;
	char got[256];

	begin(&scene, true);
	assert_int_equal(write(scene.speaker, REQUEST, sizeof(REQUEST) - 1), sizeof(REQUEST) - 1);
	turn(&scene);
	assert_int_equal(
		gnutls_record_recv(scene.server.session, got, sizeof(got)), sizeof(REQUEST) - 1);
	assert_memory_equal(got, REQUEST, sizeof(REQUEST) - 1);
	assert_int_equal(gnutls_record_send(scene.server.session, "RTSP/1.0 200", 12), 12);
	turn(&scene);
	assert_int_equal(read(scene.speaker, got, sizeof(got)), 12);
	end(&scene);
}

static void a_long_answer_comes_whole_to_a_speaker_who_reads_late(void **state)
{
	struct scene scene;
	static char said[400000], got[sizeof(said)];
	size_t sent = 0, came = 0;

	begin(&scene, true);
	turn(&scene);
	for (size_t i = 0; i < sizeof(said); i++)
		said[i] = (char)(i % 251);
	for (int i = 0; i < 1000 && came < sizeof(said); i++) {
		ssize_t more = 1;

		while (sent < sizeof(said) && more > 0) {
			more = gnutls_record_send(
				scene.server.session, said + sent, sizeof(said) - sent);
			if (more > 0)
				sent += (size_t)more;
		}
		turn(&scene);
		more = read(scene.speaker, got + came, sizeof(got) - came);
		if (more > 0)
			came += (size_t)more;
	}
	assert_int_equal(came, sizeof(said));
	assert_memory_equal(got, said, sizeof(said));
	end(&scene);
}

/* Says so much that the speaker has no room for it, and that some lies in TLS, where no file tells
 * of it. Returns how much. */
static size_t say_too_much(struct scene *scene)
{
	static char said[30000];
	size_t sent = 0;
	int waiting = 1;

	for (size_t i = 0; i < sizeof(said); i++)
		said[i] = (char)(i % 251);
	while (!line_has_more(&scene->tunnel->camera) || waiting > 0) {
		/* Records of the largest size are sent one by one. */
		for (size_t at = 0; at < sizeof(said);) {
			const ssize_t more = gnutls_record_send(
				scene->server.session, said + at, sizeof(said) - at);

			assert_true(more > 0);
			at += (size_t)more;
		}
		sent += sizeof(said);
		turn(scene);
		assert_int_equal(ioctl(scene->tunnel->camera.file, FIONREAD, &waiting), 0);
		assert_true(sent < 10000000);
	}
	return sent;
}

/* What the speaker reads until no more comes. */
static size_t read_all(struct scene *scene)
{
	char got[4096];
	size_t came = 0;

	for (ssize_t more = 1; more > 0;) {
		more = read(scene->speaker, got, sizeof(got));
		for (ssize_t i = 0; i < more; i++)
			assert_int_equal((uint8_t)got[i], (came + (size_t)i) % 30000 % 251);
		came += more > 0 ? (size_t)more : 0;
		if (more <= 0) {
			turn(scene);
			more = recv(scene->speaker, got, 1, MSG_PEEK);
		}
	}
	return came;
}

static void what_lies_in_tls_is_told_without_another_word_of_the_camera(void **state)
{
	struct scene scene;

	begin(&scene, true);
	turn(&scene);
	const size_t sent = say_too_much(&scene);

	assert_int_equal(read_all(&scene), sent);
	end(&scene);
}

static void nothing_that_was_said_is_lost_when_ends_are_given_away(void **state)
{
	struct scene scene;
	struct line camera;
	int speaker;

	begin(&scene, true);
	turn(&scene);
	const size_t sent = say_too_much(&scene);

	assert_int_equal(tunnel_give(scene.tunnel, &camera, &speaker), -EPROTO);
	assert_int_equal(read_all(&scene), sent);
	assert_int_equal(tunnel_give(scene.tunnel, &camera, &speaker), 0);
	line_close(&camera);
	close(speaker);
	end(&scene);
}

static void tls_begins_when_there_is_room_for_it(void **state)
{
	struct scene scene;
	char got[4096];
	size_t junk = 0;

	begin_behind(&scene, true, &junk);
	assert_true(junk > 0);
	/* Not a byte of TLS fits in before. */
	while (junk > 0) {
		const ssize_t size =
			read(scene.theirs, got, junk < sizeof(got) ? junk : sizeof(got));

		assert_true(size > 0);
		junk -= (size_t)size;
	}
	turn(&scene);
	assert_true(scene.tunnel->is_open);
	end(&scene);
}

static void one_that_is_not_believed_hears_nothing(void **state)
{
	struct scene scene;
	char got[256];

	begin(&scene, false);
	assert_int_equal(write(scene.speaker, REQUEST, sizeof(REQUEST) - 1), sizeof(REQUEST) - 1);
	turn(&scene);
	assert_int_equal(scene.tunnel->ended, -EACCES);
	assert_non_null(strstr(scene.tunnel->error.text, "tls_fingerprint"));
	assert_true(gnutls_record_recv(scene.server.session, got, sizeof(got)) < 0);
	/* Who speaks sees a connection that was closed. */
	assert_int_equal(read(scene.speaker, got, sizeof(got)), 0);
	assert_int_equal(tunnel_give(scene.tunnel, &(struct line){0}, &(int){0}), -ECONNRESET);
	end(&scene);
}

static void bytes_that_were_changed_are_told_as_such(void **state)
{
	struct scene scene;

	begin(&scene, true);
	turn(&scene);
	test_tls_say_changed(&scene.server, scene.theirs);
	turn(&scene);
	assert_int_equal(scene.tunnel->ended, -EBADMSG);
	assert_non_null(strstr(scene.tunnel->error.text, "changed on its way"));
	end(&scene);
}

static void so_they_are_where_a_relay_goes_on(void **state)
{
	const uint8_t channels[2] = {0, 1};
	const struct gw_packet packet = {0};
	const struct relay_taker taker = {0};
	struct scene scene;
	struct line camera;
	int speaker;

	begin(&scene, true);
	turn(&scene);
	assert_int_equal(tunnel_give(scene.tunnel, &camera, &speaker), 0);
	tunnel_destroy(scene.tunnel);
	scene.tunnel = NULL;
	struct relay *relay = relay_create(camera, speaker, channels, &packet, &taker);

	test_tls_say_changed(&scene.server, scene.theirs);
	assert_false(relay_turn(relay));
	assert_int_equal(relay->ended, -EBADMSG);
	relay_destroy(relay);
	end(&scene);
}

static void both_ends_are_given_away(void **state)
{
	struct scene scene;
	struct line camera;
	struct epoll_event event;
	char got[256];
	int speaker;

	begin(&scene, true);
	assert_int_equal(tunnel_give(scene.tunnel, &camera, &speaker), -ECONNRESET);
	turn(&scene);
	assert_int_equal(tunnel_give(scene.tunnel, &camera, &speaker), 0);
	tunnel_destroy(scene.tunnel);
	scene.tunnel = NULL;
	assert_int_equal(line_send(&camera, "PLAY", 4), 4);
	assert_int_equal(gnutls_record_recv(scene.server.session, got, sizeof(got)), 4);
	assert_int_equal(write(speaker, "x", 1), 1);
	assert_int_equal(read(scene.speaker, got, sizeof(got)), 1);
	assert_int_equal(epoll_wait(scene.epoll, &event, 1, 0), 0);
	line_close(&camera);
	assert_int_equal(camera.file, -1);
	close(speaker);
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_said_before_tls_is_agreed_on_goes_then),
		cmocka_unit_test(a_long_answer_comes_whole_to_a_speaker_who_reads_late),
		cmocka_unit_test(what_lies_in_tls_is_told_without_another_word_of_the_camera),
		cmocka_unit_test(nothing_that_was_said_is_lost_when_ends_are_given_away),
		cmocka_unit_test(tls_begins_when_there_is_room_for_it),
		cmocka_unit_test(one_that_is_not_believed_hears_nothing),
		cmocka_unit_test(bytes_that_were_changed_are_told_as_such),
		cmocka_unit_test(so_they_are_where_a_relay_goes_on),
		cmocka_unit_test(both_ends_are_given_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
