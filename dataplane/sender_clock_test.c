#include "dataplane/sender_clock.h"

#include "core/test.h"
#include "dataplane/rtp.h"

#define MS GW_NS_PER_MS
#define S GW_NS_PER_S
#define BEGIN (INT64_C(1700000000) * S)

/* A camera whose clock is ahead of the gateway's and whose reports take 1 ms. */
struct camera {
	struct sender_clock clock;
	int64_t now; /* the gateway's UTC; since `now` 0 of the other clock BEGIN has passed */
	int64_t ahead;
	uint32_t timestamp; /* of the RTP clock at BEGIN */
};

static struct camera new_camera(void)
{
	return (struct camera){.now = BEGIN, .ahead = 300 * MS, .timestamp = 0xFFFFFF00};
}

static uint32_t rtp_at(const struct camera *camera, int64_t utc)
{
	return camera->timestamp + (uint32_t)rtp_ns_to_ticks(utc - BEGIN);
}

static enum sender_clock_verdict report(struct camera *camera)
{
	const struct sender_report made = {
		.utc = camera->now + camera->ahead,
		.timestamp = rtp_at(camera, camera->now),
		.when = camera->now + MS - BEGIN,
		.when_utc = camera->now + MS,
	};

	return sender_clock_take(&camera->clock, &made);
}

static bool reads(const struct camera *camera, int64_t wanted)
{
	int64_t utc;

	return sender_clock_read(&camera->clock, rtp_at(camera, camera->now), camera->now - BEGIN,
		       camera->now, &utc) &&
		utc - wanted < 2 * MS && wanted - utc < 2 * MS;
}

static void nothing_is_known_before_a_report(void **state)
{
	struct camera camera = new_camera();
	int64_t utc;

	assert_false(sender_clock_read(&camera.clock, 0, 0, BEGIN, &utc));
}

static void a_report_tells_the_time_of_pictures_before_and_after_it(void **state)
{
	struct camera camera = new_camera();

	assert_int_equal(report(&camera), SENDER_CLOCK_TAKEN);
	for (int64_t at = -10; at < 20; at++) {
		camera.now = BEGIN + at * S; /* the RTP clock wraps on the way */
		assert_true(reads(&camera, camera.now + camera.ahead));
	}
	assert_int_equal(camera.clock.offset, 299 * MS);
}

static void a_clock_that_was_never_set_is_not_believed(void **state)
{
	struct camera camera = new_camera();

	camera.ahead = -BEGIN; /* 1970 */
	assert_int_equal(report(&camera), SENDER_CLOCK_REFUSED);
	camera.ahead = 3600 * S; /* local time */
	assert_int_equal(report(&camera), SENDER_CLOCK_REFUSED);
	camera.ahead = -61 * S;
	assert_int_equal(report(&camera), SENDER_CLOCK_REFUSED);
	assert_false(camera.clock.is_told);
	camera.ahead = 59 * S;
	assert_int_equal(report(&camera), SENDER_CLOCK_TAKEN);
}

static void one_report_that_is_nonsense_changes_nothing(void **state)
{
	struct camera camera = new_camera();

	report(&camera);
	camera.now += 5 * S;
	camera.ahead += 10 * S;
	assert_int_equal(report(&camera), SENDER_CLOCK_DOUBTED);
	assert_true(reads(&camera, camera.now + 300 * MS));
	camera.ahead -= 10 * S;
	camera.now += 5 * S;
	assert_int_equal(report(&camera), SENDER_CLOCK_TAKEN);
	/* The same nonsense later is one report again. */
	camera.now += 5 * S;
	camera.ahead += 10 * S;
	assert_int_equal(report(&camera), SENDER_CLOCK_DOUBTED);
}

static void two_reports_that_agree_set_the_clock(void **state)
{
	struct camera camera = new_camera();

	report(&camera);
	camera.ahead = -2 * S;
	camera.now += 5 * S;
	assert_int_equal(report(&camera), SENDER_CLOCK_DOUBTED);
	camera.ahead = 7 * S; /* another one */
	camera.now += 5 * S;
	assert_int_equal(report(&camera), SENDER_CLOCK_DOUBTED);
	camera.now += 5 * S;
	assert_int_equal(report(&camera), SENDER_CLOCK_JUMPED);
	assert_true(reads(&camera, camera.now + 7 * S));
}

static void small_differences_are_followed_slowly(void **state)
{
	struct camera camera = new_camera();

	report(&camera);
	camera.ahead += 90 * MS;
	for (int i = 1; i <= 10; i++) {
		camera.now += 5 * S;
		assert_int_equal(report(&camera), SENDER_CLOCK_TAKEN);
		assert_true(reads(&camera, camera.now + 300 * MS + i * SENDER_CLOCK_STEP_NS));
	}
}

static void pictures_keep_their_order_whatever_reports_say(void **state)
{
	struct camera camera = new_camera();
	int64_t last = 0, utc;

	report(&camera);
	for (int i = 0; i < 2000; i++) {
		camera.now += S / 120;
		if (i % 100 == 0) {
			camera.ahead = 300 * MS + (i / 100 % 3 - 1) * 90 * MS;
			report(&camera);
		}
		assert_true(sender_clock_read(&camera.clock, rtp_at(&camera, camera.now),
			camera.now - BEGIN, camera.now, &utc));
		assert_true(utc > last);
		last = utc;
	}
}

static void a_clock_that_is_not_told_anew_is_given_up(void **state)
{
	struct camera camera = new_camera();

	report(&camera);
	camera.now += 120 * S;
	assert_true(reads(&camera, camera.now + camera.ahead));
	camera.now += 2 * S;
	assert_false(reads(&camera, camera.now + camera.ahead));
	/* Whatever it says then is a beginning. */
	camera.ahead = -5 * S;
	assert_int_equal(report(&camera), SENDER_CLOCK_TAKEN);
	assert_true(reads(&camera, camera.now - 5 * S));
	sender_clock_forget(&camera.clock);
	assert_false(reads(&camera, camera.now - 5 * S));
}

static void a_picture_far_from_now_has_no_time(void **state)
{
	struct camera camera = new_camera();
	int64_t utc;

	report(&camera);
	assert_false(sender_clock_read(
		&camera.clock, rtp_at(&camera, BEGIN + 3600 * S), 0, BEGIN, &utc));
	assert_false(sender_clock_read(
		&camera.clock, rtp_at(&camera, BEGIN - 3600 * S), 0, BEGIN, &utc));
}

static int32_t drift_after(struct camera *camera, int seconds, int32_t ppb)
{
	const int64_t begin = camera->ahead;

	for (int i = 0; i <= seconds; i += 5) {
		camera->ahead = begin + (int64_t)i * ppb;
		(void)report(camera);
		camera->now += 5 * S;
	}
	return camera->clock.drift_ppb;
}

static void drift_is_measured_and_bounded(void **state)
{
	struct camera camera = new_camera();

	(void)drift_after(&camera, 55, 50000);
	assert_false(camera.clock.has_drift);
	camera = new_camera();
	assert_in_range(drift_after(&camera, 60, 50000), 49900, 50100);
	assert_true(camera.clock.has_drift);
	camera = new_camera();
	assert_in_range(-drift_after(&camera, 3600, -80000), 79900, 80100);
	/* It changes with the weather. */
	assert_in_range(drift_after(&camera, 3600, 20000), 19900, 20100);
	camera = new_camera();
	assert_int_equal(drift_after(&camera, 300, 900000), SENDER_CLOCK_MOST_DRIFT_PPB);
	camera = new_camera();
	assert_int_equal(drift_after(&camera, 300, -900000), -SENDER_CLOCK_MOST_DRIFT_PPB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_known_before_a_report),
		cmocka_unit_test(a_report_tells_the_time_of_pictures_before_and_after_it),
		cmocka_unit_test(a_clock_that_was_never_set_is_not_believed),
		cmocka_unit_test(one_report_that_is_nonsense_changes_nothing),
		cmocka_unit_test(two_reports_that_agree_set_the_clock),
		cmocka_unit_test(small_differences_are_followed_slowly),
		cmocka_unit_test(pictures_keep_their_order_whatever_reports_say),
		cmocka_unit_test(a_clock_that_is_not_told_anew_is_given_up),
		cmocka_unit_test(a_picture_far_from_now_has_no_time),
		cmocka_unit_test(drift_is_measured_and_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
