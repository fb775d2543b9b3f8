/* Cameras that come, change and go: what they keep, and what nobody gets twice. */
#include "core/camera.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/test.h"
#include "core/test_gateway.h"

static struct {
	int prepared, released;
	bool refuse;
	const struct gw_camera *published; /* the last `is` */
} play;

static int toy_open(struct gw_stage *stage, struct gw_error *error)
{
	return 0;
}

static void toy_close(struct gw_stage *stage)
{
}

static int toy_prepare(struct gw_stage *stage, struct gw_camera *is, const struct gw_camera *was,
	struct gw_error *error)
{
	if (play.refuse)
		return gw_error_set(error, -EIO, "its model cannot be read");
	is->of[GW_STAGE_ACCEL] = malloc(1);
	play.prepared++;
	return 0;
}

static void toy_publish(
	struct gw_lane *lane, const struct gw_camera *is, const struct gw_camera *was)
{
	play.published = is;
}

static void toy_release(struct gw_stage *stage, struct gw_camera *camera)
{
	if (camera->of[GW_STAGE_ACCEL])
		play.released++;
	free(camera->of[GW_STAGE_ACCEL]);
	camera->of[GW_STAGE_ACCEL] = NULL;
}

static const struct gw_stage_ops toy = {
	.name = "accel",
	.open = toy_open,
	.close = toy_close,
	.camera_prepare = toy_prepare,
	.camera_publish = toy_publish,
	.camera_release = toy_release,
};

static struct gw gw;
static struct gw_error error;

static int set_up(void **state)
{
	memset(&play, 0, sizeof(play));
	const int status = test_gateway_open(&gw,
		"cameras: []\n"
		"frames: {classes: [{width: 640, height: 480, count: 8}]}\n"
		"kafka: {frames: {every: 7, disagreement: 0.5}}\n",
		NULL, GW_STAGE_ACCEL, &toy, &error);

	if (status != 0)
		print_error("%s\n", error.text);
	return status;
}

static int tear_down(void **state)
{
	test_gateway_close(&gw);
	assert_int_equal(play.prepared, play.released);
	return 0;
}

/* A camera that sends from 10.0.<port / 256>.<port % 256>. */
static int put(const char *name, uint16_t port)
{
	struct gw_camera_config camera = {.name = (char *)name,
		.source = "10.0.0.1",
		.destination = "10.0.0.2",
		.port = port,
		.quota = 4,
		.source_address = {2, {10, 0, 0, 1}},
		.destination_address = {2, {10, 0, 0, 2}}};

	error.text[0] = '\0';
	return gw_camera_put(&gw, &camera, &error);
}

/* A frame of the camera, as its source would begin it. */
static struct gw_frame *begin(uint32_t id)
{
	struct gw_camera_slot *slot = &gw.cameras->slot[id];
	struct gw_frame *frame = test_gateway_frame(&gw, id, 640, 480);

	assert_non_null(frame);
	frame->sequence = gw_counter_get(&slot->next_sequence);
	gw_counter_add(&slot->next_sequence, 1);
	return frame;
}

static void a_camera_is_added_changed_and_removed(void **state)
{
	assert_int_equal(put("door", 5000), 0);
	const uint32_t id = gw_camera_find(&gw, "door");

	assert_int_not_equal(id, GW_NO_CAMERA);
	assert_int_equal(gw_camera_now(&gw, id)->config->port, 5000);
	assert_ptr_equal(play.published, gw_camera_now(&gw, id));
	assert_int_equal(gw.cameras->slot[id].sample_every, 7);
	assert_true(gw.cameras->slot[id].sample_disagreement == 0.5f);
	const uint32_t version = gw_camera_now(&gw, id)->version;

	assert_int_equal(put("door", 5002), 0);
	assert_int_equal(gw_camera_find(&gw, "door"), id);
	assert_int_equal(gw_camera_now(&gw, id)->config->port, 5002);
	assert_true(gw_camera_now(&gw, id)->version > version);
	assert_int_equal(gw.cameras->count, 1);
	assert_int_equal(gw_camera_remove(&gw, "door", &error), 0);
	assert_null(play.published);
	assert_int_equal(gw_camera_find(&gw, "door"), GW_NO_CAMERA);
	assert_null(gw_camera_now(&gw, id));
	assert_int_equal(gw.cameras->count, 0);
	assert_int_equal(gw_camera_remove(&gw, "door", &error), -ENOENT);
	assert_non_null(strstr(error.text, "'door'"));
}

static void what_cannot_be_prepared_changes_nothing(void **state)
{
	assert_int_equal(put("door", 5000), 0);
	const struct gw_camera *before = gw_camera_now(&gw, 0);

	play.refuse = true;
	assert_int_equal(put("door", 5002), -EIO);
	assert_string_equal(error.text, "camera door: its model cannot be read");
	assert_ptr_equal(gw_camera_now(&gw, 0), before);
	assert_int_equal(put("yard", 5002), -EIO);
	assert_int_equal(gw_camera_find(&gw, "yard"), GW_NO_CAMERA);
	assert_int_equal(gw_camera_high(&gw), 1);
	play.refuse = false;
	assert_int_equal(put("yard", 5002), 0);
	assert_int_equal(gw.cameras->count, 2);
}

static void two_cameras_cannot_claim_the_same_packets(void **state)
{
	assert_int_equal(put("door", 5000), 0);
	assert_int_equal(put("yard", 5000), -EEXIST);
	assert_non_null(strstr(error.text, "'door'"));
	assert_null(strchr(error.text, '\n'));
	assert_int_equal(put("yard", 5001), 0);
	assert_int_equal(put("yard", 5000), -EEXIST);
	assert_int_equal(gw_camera_now(&gw, 1)->config->port, 5001);
}

static void a_picture_that_no_slot_holds_is_refused_at_once(void **state)
{
	struct gw_camera_config camera = {.name = "large",
		.source = "10.0.0.1",
		.destination = "10.0.0.2",
		.port = 1,
		.width = 4000,
		.height = 3000};

	assert_int_equal(gw_camera_put(&gw, &camera, &error), -ERANGE);
	assert_non_null(strstr(error.text, "4000x3000"));
	assert_non_null(strstr(error.text, "frames.classes"));
}

static void a_frame_keeps_the_version_that_it_began_under(void **state)
{
	assert_int_equal(put("door", 5000), 0);
	struct gw_frame *frame = begin(0);

	assert_int_equal(put("door", 5002), 0);
	assert_int_equal(play.released, 0);
	assert_int_equal(frame->version->config->port, 5000);
	gw_frame_unref(frame);
	gw_cameras_upkeep(&gw);
	assert_int_equal(play.released, 1);
}

static void a_name_comes_back_only_when_its_last_frame_is_through(void **state)
{
	assert_int_equal(put("door", 5000), 0);
	struct gw_frame *frame = begin(0);

	assert_int_equal(gw_camera_remove(&gw, "door", &error), 0);
	assert_int_equal(put("door", 5000), -EBUSY);
	assert_non_null(strstr(error.text, "being removed"));
	assert_int_equal(gw_camera_remove(&gw, "door", &error), -EBUSY);
	/* Another one does not get its slot either. */
	assert_int_equal(put("yard", 5000), 0);
	assert_int_equal(gw_camera_find(&gw, "yard"), 1);
	gw_frame_unref(frame);
	gw_cameras_upkeep(&gw);
	assert_int_equal(put("door", 5002), 0);
	assert_int_equal(gw_camera_find(&gw, "door"), 0);
	/* Its numbers go on. */
	frame = begin(0);
	assert_int_equal(frame->sequence, 1);
	gw_frame_unref(frame);
}

static void a_slot_is_not_left_while_the_sink_holds_something_of_it(void **state)
{
	struct gw_camera_stats *sink = &gw.stages[GW_STAGE_SINK].lanes[0].stats->camera[0];

	assert_int_equal(put("door", 5000), 0);
	gw_counter_set(&sink->results_waiting, 1);
	assert_int_equal(gw_camera_remove(&gw, "door", &error), 0);
	assert_int_equal(put("door", 5000), -EBUSY);
	gw_counter_set(&sink->results_waiting, 0);
	assert_int_equal(put("door", 5000), 0);
}

static void more_names_than_slots_give_no_id_twice_and_lose_no_count(void **state)
{
	struct gw_lane_stats *sink = gw.stages[GW_STAGE_SINK].lanes[0].stats;
	uint64_t delivered = 0, after = 0;
	char name[16];

	for (uint32_t i = 0; i < 2 * GW_CAMERAS; i++) {
		snprintf(name, sizeof(name), "camera%u", i);
		assert_int_equal(put(name, 5000), 0);
		const uint32_t id = gw_camera_find(&gw, name);
		struct gw_frame *frame = begin(id);

		/* The last of the first names got as far as 9. */
		if (i == GW_CAMERAS - 1)
			gw_counter_set(&gw.cameras->slot[id].next_sequence, 10);
		gw_frame_unref(frame);
		gw_counter_add(&sink->camera[id].delivered, 1);
		delivered++;
		assert_int_equal(gw_camera_remove(&gw, name, &error), 0);
	}
	for (uint32_t i = 0; i < GW_SUBJECTS; i++)
		after += gw_counter_get(&sink->camera[i].delivered);
	assert_int_equal(after, delivered);
	assert_int_equal(gw_counter_get(&sink->camera[GW_REMOVED].delivered), GW_CAMERAS);
	/* The name was forgotten: it goes on above all that was. */
	snprintf(name, sizeof(name), "camera%u", GW_CAMERAS - 1);
	assert_int_equal(put(name, 5000), 0);
	struct gw_frame *frame = begin(gw_camera_find(&gw, name));

	assert_true(frame->sequence >= 10);
	gw_frame_unref(frame);
}

static void the_table_is_full_at_its_bound(void **state)
{
	char name[16];

	for (uint32_t i = 0; i < GW_CAMERAS; i++) {
		snprintf(name, sizeof(name), "camera%u", i);
		assert_int_equal(put(name, (uint16_t)(1000 + i)), 0);
	}
	assert_int_equal(put("one-more", 999), -ENOSPC);
	assert_non_null(strstr(error.text, "4096"));
	assert_int_equal(gw_camera_remove(&gw, "camera77", &error), 0);
	/* Whoever left is remembered until there is another. */
	play.refuse = true;
	assert_int_equal(put("one-more", 999), -EIO);
	assert_string_equal(gw.cameras->slot[77].name, "camera77");
	play.refuse = false;
	assert_int_equal(put("one-more", 999), 0);
	assert_int_equal(gw_camera_find(&gw, "one-more"), 77);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_camera_is_added_changed_and_removed),
		TEST(what_cannot_be_prepared_changes_nothing),
		TEST(two_cameras_cannot_claim_the_same_packets),
		TEST(a_picture_that_no_slot_holds_is_refused_at_once),
		TEST(a_frame_keeps_the_version_that_it_began_under),
		TEST(a_name_comes_back_only_when_its_last_frame_is_through),
		TEST(a_slot_is_not_left_while_the_sink_holds_something_of_it),
		TEST(more_names_than_slots_give_no_id_twice_and_lose_no_count),
		TEST(the_table_is_full_at_its_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
