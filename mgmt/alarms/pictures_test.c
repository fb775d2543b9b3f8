/* Whom it holds up to look at pictures. */
#include "mgmt/alarms/pictures.h"

#include "core/test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/camera.h"
#include "core/clock.h"
#include "core/view.h"
#include "mgmt/alarms/brightness.h"
#include "mgmt/handmade.h"
#include "mgmt/rates.h"

static struct handmade made;
static int decoded, held;

/* In the place of the decoder: whether somebody could change a camera meanwhile. */
int brightness_of(const uint8_t *jpeg, size_t size)
{
	decoded++;
	if (pthread_rwlock_trywrlock(&made.gw.cameras->lock) == 0)
		pthread_rwlock_unlock(&made.gw.cameras->lock);
	else
		held++;
	return 100;
}

static void pass_a_picture(uint64_t sequence, int64_t now)
{
	static uint8_t jpeg[64];
	struct gw_frame *frame = aligned_alloc(64, sizeof(*frame));

	memset(frame, 0, sizeof(*frame));
	memcpy(jpeg, &sequence, sizeof(sequence));
	frame->sequence = sequence;
	frame->jpeg.data = jpeg;
	frame->jpeg.size = sizeof(jpeg);
	gw_view_put(made.gw.views, frame, "cam0", "{}", 2, now);
	gw_counter_set(&handmade_stats(&made, GW_STAGE_RX, 0)->last_frame, (uint64_t)now);
	free(frame);
}

static void who_changes_a_camera_waits_for_no_decoder(void **state)
{
	const struct gw_alarm_patience patience = {0};

	handmade_open(&made);
	struct rates *rates = rates_create(&made.gw);
	struct alarm_pictures *pictures = alarm_pictures_open(&made.gw, rates);
	int64_t now = gw_now();

	*made.gw.config->alarms->black = 8;
	for (uint64_t i = 1; i <= 10; i++) {
		now += GW_NS_PER_S;
		pass_a_picture(i, now);
		rates_note(rates, now);
		gw_alarms_begin(made.gw.alarms, now, now);
		alarm_pictures_see(pictures, now);
		gw_cameras_hold(&made.gw);
		alarm_pictures_say(pictures, patience, now);
		gw_cameras_release(&made.gw);
		gw_alarms_end(made.gw.alarms);
	}
	assert_true(decoded >= 2);
	assert_int_equal(held, 0);
	alarm_pictures_close(pictures);
	rates_destroy(rates);
	handmade_close(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_changes_a_camera_waits_for_no_decoder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
