#include "core/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/test_camera.h"
#include "dataplane/test_secure.h"
#include "gwd/camera/listener.h"

static struct listener listener;
static struct measure measure;
static struct test_jpeg jpeg;
static struct test_camera camera;

static int begin(void **state)
{
	measure = (struct measure){0};
	listener = (struct listener){.measure = &measure};
	test_jpeg_make(&jpeg, 320, 240, 80, 1, 2, 0, 1);
	test_camera_init(&camera, 1, 5004);
	return 0;
}

static int end(void **state)
{
	listener_close(&listener);
	test_camera_free(&camera);
	test_jpeg_free(&jpeg);
	return 0;
}

static void hear_picture(const struct test_secure *sender)
{
	static uint8_t packet[LISTENER_PACKET];

	test_camera_send(&camera, &jpeg);
	for (uint32_t i = 0; i < camera.count; i++) {
		uint32_t size = camera.packets[i].size - TEST_RTP_OFFSET;

		memcpy(packet, camera.packets[i].bytes + TEST_RTP_OFFSET, size);
		if (sender)
			size = test_secure_rtp(sender, packet, size);
		listener_take(&listener, packet, size, 1);
	}
}

static void plain_packets_are_measured(void **state)
{
	struct gw_camera_config plain = {0};
	struct gw_error error;

	assert_int_equal(listener_set_key(&listener, &plain, &error), 0);
	hear_picture(NULL);
	assert_int_equal(measure.pictures, 1);
	assert_int_equal(measure.width, 320);
}

static void what_is_encrypted_is_opened_with_the_session_s_key(void **state)
{
	const struct gw_camera_config secret = {.srtp_key = test_secure_key};
	uint8_t report[28 + TEST_SECURE_MORE] = {0x80, 200, 0, 6, 0, 0, 0, 9};
	struct test_secure sender;
	struct gw_error error;

	test_secure_init(&sender, &test_secure_key);
	assert_int_equal(listener_set_key(&listener, &secret, &error), 0);
	hear_picture(&sender);
	listener_take(&listener, report, test_secure_rtcp(&sender, report, 28), 1);
	hear_picture(&sender);
	assert_int_equal(measure.pictures, 2);
	assert_int_equal(measure.reports, 1);
	assert_int_equal(measure.lost, 0);
	assert_int_equal(measure.width, 320);
	for (int drop = 1; drop < GW_DROP_COUNT; drop++)
		assert_int_equal(measure.refused[drop], 0);
}

/* The file's key is used until the session says another one. */
static void the_key_of_the_configuration_is_used(void **state)
{
	char path[] = "/tmp/listener_test-XXXXXX";
	const int file = mkstemp(path);
	struct gw_srtp_config srtp = {.suite = GW_SRTP_AES_CM_128_HMAC_SHA1_80, .key_file = path};
	struct gw_camera_config secret = {.srtp = &srtp};
	struct test_secure sender;
	struct gw_error error;

	assert_true(file >= 0);
	assert_int_equal(dprintf(file, TEST_SECURE_KEY_TEXT "\n"), 41);
	close(file);
	assert_int_equal(listener_set_key(&listener, &secret, &error), 0);
	test_secure_init(&sender, &test_secure_key);
	hear_picture(&sender);
	assert_int_equal(measure.pictures, 1);

	secret.srtp_key = test_secure_key;
	secret.srtp_key.master[0] ^= 1;
	assert_int_equal(listener_set_key(&listener, &secret, &error), 0);
	hear_picture(&sender);
	assert_int_equal(measure.pictures, 1);
	assert_true(measure.refused[GW_DROP_SRTP_AUTH] > 0);

	unlink(path);
	secret.srtp_key.is_set = false;
	assert_int_equal(listener_set_key(&listener, &secret, &error), -EINVAL);
	assert_non_null(strstr(error.text, "cannot read the key file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(plain_packets_are_measured, begin, end),
		cmocka_unit_test_setup_teardown(
			what_is_encrypted_is_opened_with_the_session_s_key, begin, end),
		cmocka_unit_test_setup_teardown(the_key_of_the_configuration_is_used, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
