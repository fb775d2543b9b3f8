#include "core/test.h"

#include <errno.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/config/fingerprint.h"
#include "session/test_tls.h"
#include "session/tls.h"

#define HOST "door.example"
#define TURNS 50

static struct test_certificate authority, another;

static int set_up_all(void **state)
{
	const struct test_certificate_kind kind = {.is_authority = true};

	test_certificate_make(&authority, &kind, NULL);
	test_certificate_make(&another, &kind, NULL);
	return 0;
}

static int tear_down_all(void **state)
{
	test_certificate_free(&authority);
	test_certificate_free(&another);
	return 0;
}

/* A connection, and both ends of it. */
struct scene {
	int ours, theirs;
	struct tls *tls;
	struct test_tls server;
	struct test_certificate certificate;
	struct gw_error error;
};

static void begin(struct scene *scene, const struct test_certificate_kind *kind,
	const struct test_certificate *by, const struct tls_trust *trust)
{
	int pair[2];

	*scene = (struct scene){0};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	scene->ours = pair[0];
	scene->theirs = pair[1];
	test_certificate_make(&scene->certificate, kind, by);
	test_tls_begin(&scene->server, scene->theirs, &scene->certificate, "NORMAL");
	scene->tls = tls_create(scene->ours, trust, &scene->error);
	if (!scene->tls)
		fail_msg("%s", scene->error.text);
}

static int shake_hands(struct scene *scene)
{
	int status = -EAGAIN;

	for (int i = 0; i < TURNS && status == -EAGAIN; i++) {
		status = tls_open(scene->tls, &scene->error);
		test_tls_turn(&scene->server);
	}
	return status;
}

static void end(struct scene *scene)
{
	tls_destroy(scene->tls);
	test_tls_end(&scene->server);
	test_certificate_free(&scene->certificate);
	close(scene->ours);
	close(scene->theirs);
}

/* What becomes of a camera with such a certificate; `said`: NULL where it is believed. */
static void judged(const struct test_certificate_kind *kind, const struct test_certificate *by,
	const char *host, const struct test_certificate *trusted, const char *said)
{
	struct scene scene;
	char path[64];
	struct tls_trust trust = {.host = host, .ca_file = path};

	test_certificate_write(trusted, path);
	begin(&scene, kind, by, &trust);
	const int status = shake_hands(&scene);

	if (said && (status != -EACCES || !strstr(scene.error.text, said)))
		fail_msg("%d, %s", status, scene.error.text);
	if (!said && status != 0)
		fail_msg("%d, %s", status, scene.error.text);
	end(&scene);
	unlink(path);
}

static void a_certificate_of_the_authority_is_believed(void **state)
{
	const struct test_certificate_kind named = {.name = HOST},
					   addressed = {.address = "192.0.2.11"},
					   server = {.name = HOST,
						   .purpose = GNUTLS_KP_TLS_WWW_SERVER};

	judged(&named, &authority, HOST, &authority, NULL);
	judged(&addressed, &authority, "192.0.2.11", &authority, NULL);
	judged(&server, &authority, HOST, &authority, NULL);
}

static void what_is_wrong_with_a_certificate_is_told(void **state)
{
	const time_t now = time(NULL);
	const struct test_certificate_kind
		good = {.name = HOST},
		old = {.name = HOST, .begins = now - 7200, .ends = now - 3600},
		early = {.name = HOST, .begins = now + 3600, .ends = now + 7200},
		addressed = {.address = "192.0.2.12"},
		client = {.name = HOST, .purpose = GNUTLS_KP_TLS_WWW_CLIENT};

	judged(&good, &another, HOST, &authority, "signed by nobody that is trusted here");
	judged(&good, NULL, HOST, &authority, "signed by nobody that is trusted here");
	judged(&old, &authority, HOST, &authority, "held until");
	judged(&early, &authority, HOST, &authority, "correct the clock");
	judged(&good, &authority, "192.0.2.11", &authority, "is for " HOST ", not for 192.0.2.11");
	judged(&client, &authority, HOST, &authority, "is not for servers of TLS");
	judged(&addressed, &authority, "192.0.2.11", &authority,
		"is for 192.0.2.12, not for 192.0.2.11");
}

static void a_fingerprint_goes_before_everything_else(void **state)
{
	const time_t now = time(NULL);
	const struct test_certificate_kind old = {.begins = now - 7200, .ends = now - 3600};
	struct scene scene;
	char wrong[GW_FINGERPRINT_TEXT], right[GW_FINGERPRINT_TEXT];
	struct tls_trust trust = {.host = HOST, .fingerprint = wrong};

	gw_fingerprint_show(authority.fingerprint, wrong);
	begin(&scene, &old, NULL, &trust);
	gw_fingerprint_show(scene.certificate.fingerprint, right);
	assert_int_equal(shake_hands(&scene), -EACCES);
	assert_non_null(strstr(scene.error.text, right));
	assert_string_equal(tls_version(scene.tls), "");
	/* The same certificate, on a new connection. */
	tls_destroy(scene.tls);
	test_tls_end(&scene.server);
	close(scene.ours);
	close(scene.theirs);

	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	scene.ours = pair[0];
	scene.theirs = pair[1];
	test_tls_begin(&scene.server, scene.theirs, &scene.certificate, "NORMAL");
	trust.fingerprint = right;
	scene.tls = tls_create(scene.ours, &trust, &scene.error);
	assert_int_equal(shake_hands(&scene), 0);
	assert_string_equal(tls_version(scene.tls), "TLS1.3");
	end(&scene);
}

static void what_cannot_be_read_is_told_before_anything_is_said(void **state)
{
	struct tls_trust trust = {.host = HOST, .ca_file = "/nonexistent"};
	struct gw_error error;

	assert_null(tls_create(-1, &trust, &error));
	assert_int_equal(errno, EACCES);
	assert_non_null(strstr(error.text, "tls_ca_file /nonexistent"));
	assert_int_equal(tls_check_trust(&trust, &error), -EACCES);
	trust.ca_file = "/dev/null";
	assert_null(tls_create(-1, &trust, &error));
	assert_non_null(strstr(error.text, "tls_ca_file /dev/null"));
}

static void whoever_is_no_server_of_tls_is_told_so(void **state)
{
	const struct test_certificate_kind kind = {.name = HOST};
	struct scene scene;
	char text[GW_FINGERPRINT_TEXT];
	const struct tls_trust trust = {.host = HOST, .fingerprint = text};

	gw_fingerprint_show(authority.fingerprint, text);
	begin(&scene, &kind, NULL, &trust);
	assert_int_equal(tls_open(scene.tls, &scene.error), -EAGAIN);
	assert_true(write(scene.theirs, "RTSP/1.0 400 Bad Request\r\n\r\n", 28) == 28);
	assert_int_equal(tls_open(scene.tls, &scene.error), -EPROTO);
	assert_non_null(strstr(scene.error.text, "no TLS"));
	end(&scene);

	begin(&scene, &kind, NULL, &trust);
	assert_int_equal(tls_open(scene.tls, &scene.error), -EAGAIN);
	shutdown(scene.theirs, SHUT_RDWR);
	assert_int_equal(tls_open(scene.tls, &scene.error), -ECONNRESET);
	assert_non_null(strstr(scene.error.text, "closed the connection before TLS"));
	end(&scene);
}

static void one_that_speaks_old_versions_only_is_refused(void **state)
{
	const struct test_certificate_kind kind = {.name = HOST};
	struct scene scene;
	char text[GW_FINGERPRINT_TEXT];
	const struct tls_trust trust = {.host = HOST, .fingerprint = text};

	gw_fingerprint_show(authority.fingerprint, text);
	begin(&scene, &kind, NULL, &trust);
	test_tls_end(&scene.server);
	test_tls_begin(
		&scene.server, scene.theirs, &scene.certificate, "NORMAL:-VERS-ALL:+VERS-TLS1.1");
	assert_int_equal(shake_hands(&scene), -EPROTO);
	assert_non_null(strstr(scene.error.text, "TLS 1.2 or 1.3"));
	end(&scene);
}

static void open_up(struct scene *scene)
{
	const struct test_certificate_kind kind = {.name = HOST};
	char path[64];
	const struct tls_trust trust = {.host = HOST, .ca_file = path};

	test_certificate_write(&authority, path);
	begin(scene, &kind, &authority, &trust);
	assert_int_equal(shake_hands(scene), 0);
	unlink(path);
	assert_true(scene->server.is_open);
}

static void many_small_records_are_read_at_once(void **state)
{
	struct scene scene;
	char got[1000];
	uint32_t size = 0;

	open_up(&scene);
	for (int i = 0; i < 10; i++)
		assert_int_equal(gnutls_record_send(scene.server.session, "0123456789", 10), 10);
	assert_int_equal(tls_receive(scene.tls, got, 95), 95);
	/* The kernel has nothing more, and there is more. */
	assert_true(tls_has_more(scene.tls));
	size = (uint32_t)tls_receive(scene.tls, got, sizeof(got));
	assert_int_equal(size, 5);
	assert_memory_equal(got, "56789", 5);
	assert_false(tls_has_more(scene.tls));
	assert_int_equal(tls_receive(scene.tls, got, sizeof(got)), -1);
	assert_int_equal(errno, EAGAIN);
	end(&scene);
}

static void what_found_no_room_goes_once(void **state)
{
	struct scene scene;
	static char block[16384], got[sizeof(block)];
	uint64_t sent = 0, came = 0;

	open_up(&scene);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (char)(i * 7 % 251);
	/* Until there is no room, and then on, as it is read. */
	while (tls_send(scene.tls, block, sizeof(block)) == sizeof(block))
		sent += sizeof(block);
	assert_int_equal(errno, EAGAIN);
	for (const uint64_t wanted = sent + 3 * sizeof(block); came < wanted;) {
		const ssize_t size = gnutls_record_recv(scene.server.session, got, sizeof(got));

		for (ssize_t i = 0; i < size; i++)
			assert_int_equal(got[i], block[(came + (uint64_t)i) % sizeof(block)]);
		if (size > 0)
			came += (uint64_t)size;
		if (sent < wanted && tls_send(scene.tls, block, sizeof(block)) == sizeof(block))
			sent += sizeof(block);
	}
	assert_int_equal(came, sent);
	end(&scene);
}

static void an_end_is_heard_after_what_was_said(void **state)
{
	struct scene scene;
	char got[16];

	open_up(&scene);
	assert_int_equal(gnutls_record_send(scene.server.session, "last", 4), 4);
	gnutls_bye(scene.server.session, GNUTLS_SHUT_WR);
	assert_int_equal(tls_receive(scene.tls, got, sizeof(got)), 4);
	assert_int_equal(tls_receive(scene.tls, got, sizeof(got)), 0);
	end(&scene);

	open_up(&scene);
	shutdown(scene.theirs, SHUT_RDWR);
	assert_int_equal(tls_receive(scene.tls, got, sizeof(got)), 0);
	end(&scene);
}

static void changed_bytes_end_it_and_are_told(void **state)
{
	struct scene scene;
	struct gw_error error;
	char got[256];

	open_up(&scene);
	assert_int_equal(tls_explain(scene.tls, &error), 0);
	test_tls_say_changed(&scene.server, scene.theirs);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(tls_receive(scene.tls, got, sizeof(got)), -1);
		assert_int_equal(errno, EBADMSG);
	}
	assert_int_equal(tls_explain(scene.tls, &error), -EBADMSG);
	assert_non_null(strstr(error.text, "changed on its way"));
	end(&scene);
}

static void an_alert_of_the_camera_is_told_by_its_name(void **state)
{
	struct scene scene;
	struct gw_error error;
	char got[256];

	open_up(&scene);
	assert_int_equal(
		gnutls_alert_send(scene.server.session, GNUTLS_AL_FATAL, GNUTLS_A_INTERNAL_ERROR),
		0);
	assert_int_equal(tls_receive(scene.tls, got, sizeof(got)), -1);
	assert_int_equal(errno, ECONNABORTED);
	assert_int_equal(tls_explain(scene.tls, &error), -ECONNABORTED);
	assert_non_null(strstr(error.text, "ended TLS (Internal error)"));
	end(&scene);
}

static void a_connection_that_breaks_is_no_matter_of_tls(void **state)
{
	struct scene scene;
	struct gw_error error;

	open_up(&scene);
	shutdown(scene.theirs, SHUT_RDWR);
	assert_int_equal(tls_send(scene.tls, "x", 1), -1);
	assert_int_equal(errno, ECONNRESET);
	assert_int_equal(tls_explain(scene.tls, &error), 0);
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_of_the_authority_is_believed),
		cmocka_unit_test(what_is_wrong_with_a_certificate_is_told),
		cmocka_unit_test(a_fingerprint_goes_before_everything_else),
		cmocka_unit_test(what_cannot_be_read_is_told_before_anything_is_said),
		cmocka_unit_test(whoever_is_no_server_of_tls_is_told_so),
		cmocka_unit_test(one_that_speaks_old_versions_only_is_refused),
		cmocka_unit_test(many_small_records_are_read_at_once),
		cmocka_unit_test(what_found_no_room_goes_once),
		cmocka_unit_test(an_end_is_heard_after_what_was_said),
		cmocka_unit_test(changed_bytes_end_it_and_are_told),
		cmocka_unit_test(an_alert_of_the_camera_is_told_by_its_name),
		cmocka_unit_test(a_connection_that_breaks_is_no_matter_of_tls),
	};

	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
