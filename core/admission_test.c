/* What may be shed for a new frame: the camera's own that still waits, and nobody else's. */
#include "core/admission.h"

#include "core/camera.h"
#include "core/pool.h"
#include "core/test.h"

static struct gw_camera_config config = {.quota = 1};

struct source {
	struct gw_pool *pool;
	struct gw_camera camera;
	struct gw_admission admission;
};

static int set_up(void **state)
{
	static const struct gw_size_class class = {16, 16, 2};
	static struct source source;
	struct gw_error error;

	source = (struct source){.camera = {.id = 3, .config = &config}};
	source.pool = gw_pool_create(&class, 1, false, &error);
	*state = &source;
	return source.pool ? 0 : -1;
}

static int tear_down(void **state)
{
	struct source *source = *state;

	gw_pool_destroy(source->pool);
	return 0;
}

static enum gw_drop admit(struct source *source, uint64_t through, struct gw_frame **frame)
{
	const struct gw_admission_rules rules = {
		.pool = source->pool, .camera = &source->camera, .through = through};

	return gw_admit(&source->admission, &rules, 16, 16, frame);
}

static struct gw_frame *begin(struct source *source, uint64_t through)
{
	struct gw_frame *frame;

	assert_int_equal(admit(source, through, &frame), GW_DROP_NONE);
	gw_admission_passed_on(&source->admission, frame);
	return frame;
}

static void the_oldest_that_waits_gives_way(void **state)
{
	struct source *source = *state;
	struct gw_frame *oldest = begin(source, 0);
	struct gw_frame *newest = begin(source, 0);

	assert_int_equal(gw_frame_claim_state(oldest), GW_CLAIM_SHED);
	assert_int_equal(gw_frame_claim_state(newest), GW_CLAIM_WAITING);
}

static void what_is_at_work_is_not_shed(void **state)
{
	struct source *source = *state;
	struct gw_frame *frame = begin(source, 0), *refused;

	assert_true(gw_frame_claim(frame));
	assert_int_equal(admit(source, 0, &refused), GW_DROP_OVER_QUOTA);
	assert_int_equal(gw_frame_claim_state(frame), GW_CLAIM_TAKEN);
}

/* The sink and the source of another camera may be quicker than this one's look at `through`. */
static void a_slot_that_is_another_cameras_by_now_is_not_shed(void **state)
{
	struct source *source = *state;
	struct gw_frame *frame = begin(source, 0), *other, *refused;

	gw_frame_unref(frame);
	other = gw_pool_get(source->pool, 7, 16, 16);
	assert_ptr_equal(other, frame);
	gw_frame_offer(other);
	assert_int_equal(admit(source, 0, &refused), GW_DROP_OVER_QUOTA);
	assert_true(gw_frame_claim(other));
}

/* The camera of a topic may become one of the network while its frames are on the way. */
static void what_must_not_be_lost_is_not_shed(void **state)
{
	struct source *source = *state;
	const struct gw_admission_rules rules = {
		.pool = source->pool, .camera = &source->camera, .lossless = true};
	struct gw_frame *frame, *refused;

	assert_int_equal(gw_admit(&source->admission, &rules, 16, 16, &frame), GW_DROP_NONE);
	gw_admission_passed_on(&source->admission, frame);
	assert_int_equal(admit(source, 0, &refused), GW_DROP_OVER_QUOTA);
	assert_true(gw_frame_claim(frame));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_oldest_that_waits_gives_way),
		TEST(what_is_at_work_is_not_shed),
		TEST(what_must_not_be_lost_is_not_shed),
		TEST(a_slot_that_is_another_cameras_by_now_is_not_shed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
