/* Files of the spool that cannot be removed, for a while or for ever. */
#include "sink/spool/test_world.h"

#include <errno.h>
#include <unistd.h>

#include "sink/spool/faults.h"

#define FOREVER UINT32_MAX
#define SOON_NS (10 * GW_NS_PER_S)

/* It says itself what of it was delivered. */
static void a_file_that_cannot_be_removed_is_not_sent_again(void **state)
{
	struct world *world = *state;
	struct fixture *f = world_start(world, "size: 16", NO_PICTURES);

	faults_set(FAULT_REMOVE, EIO, FOREVER);
	/* More than a file of 256 KiB. */
	fixture_deliver(f, 0, 2000);
	world_stop(world, f);
	assert_true(faults_count(FAULT_REMOVE) > 0);
	assert_in_range(world_files(world, NULL), 2, 8);
	faults_set(FAULT_REMOVE, 0, 0);
	f = world_start(world, "size: 16", NO_PICTURES);
	assert_int_equal(world_figure(f, "former", "found"), 0);
	world_stop(world, f);
	assert_int_equal(world_files(world, NULL), 0);
	assert_int_equal(world_read_all(world, SINK_RESULT), 2000);
}

/* One whose sender would wait until there is room. */
static void deliver_patiently(struct fixture *f)
{
	const int64_t deadline = gw_now() + 3 * SOON_NS;
	struct gw_frame *frame = fixture_frame(f, 0);

	assert_non_null(frame);
	f->gw.lossless = frame->lossless = true;
	fixture_send(f, frame);
	while (gw_pool_in_use(f->gw.pool, 0) > 0 && gw_now() < deadline) {
		fixture_turn(f);
		usleep(1000);
	}
	f->gw.lossless = false;
	assert_int_equal(gw_pool_in_use(f->gw.pool, 0), 0);
}

/* Pictures go to the clients from memory then, and none is given up for room that it does not make:
 * while the brokers have them, and while they do not. */
static void what_cannot_be_removed_takes_room_and_the_bound_holds(void **state)
{
	struct world *world = *state;
	struct fixture *f = world_start(world, "size: 16, pictures: 4",
		"  frames: {every: 1, budget: 64}\n"
		"  properties: [{name: linger.ms, value: '5'}]\n");

	for (int up = 1; up >= 0; up--) {
		faults_set(FAULT_REMOVE, EACCES, FOREVER);
		world_broker(world, up);
		const uint64_t before = world_figure(f, NULL, "passed_by");

		/* Far more than there is room for. */
		for (int i = 0; i < 2000 && world_figure(f, NULL, "passed_by") == before; i++)
			world_send_at_leisure(f, 1, 64);
		assert_true(world_figure(f, NULL, "passed_by") > before);
		assert_in_range(world_figure(f, NULL, "used_by_pictures"), 3u << 20, 5u << 20);
		assert_int_equal(world_figure(f, NULL, "given_up"), 0);
		assert_true(world_has_trouble(f, "kafka.spool.failing"));
		assert_true(world_has_state(f, "failing"));
		fixture_assert_balanced(f);
		if (up)
			deliver_patiently(f);
		/* It is tried again. */
		faults_set(FAULT_REMOVE, 0, 0);
		world_broker(world, true);
		const int64_t deadline = gw_now() + PATIENCE_NS;

		while ((world_figure(f, NULL, "used") > 1u << 20 ||
			       world_has_trouble(f, "kafka.spool.failing")) &&
			gw_now() < deadline)
			fixture_turn(f);
		assert_true(world_figure(f, NULL, "used") <= 1u << 20);
		assert_false(world_has_trouble(f, "kafka.spool.failing"));
		assert_true(world_has_state(f, "writing"));
	}
	world_stop(world, f);
}

/* Two more starts find all that there was, for nothing of it may be noted as done. */
static void what_cannot_be_written_to_is_sent_and_stays(void **state)
{
	struct world *world = *state;

	world_leave(world, 100);
	for (int i = 0; i < 2; i++) {
		/* The lock; and files stay. */
		faults_set(FAULT_OPEN, EROFS, 1);
		faults_set(FAULT_REMOVE, EROFS, FOREVER);
		struct fixture *f = world_start(world, "size: 64", NO_PICTURES);

		assert_true(world_has_state(f, "read-only"));
		assert_true(world_has_trouble(f, "kafka.spool.read_only"));
		assert_int_equal(world_figure(f, "former", "found"), 100);
		fixture_send_frames(f, 0, 10);
		world_turn_until_figure(f, "former", "delivered", 100);
		fixture_turn_until(f, &fixture_stats(f, 0)->delivered, 10);
		assert_int_equal(world_spooled(f), 0);
		/* What was sent is no more in its books, or it would be full for ever. */
		const int64_t deadline = gw_now() + 3 * SOON_NS;

		while (world_figure(f, NULL, "used") > 0 && gw_now() < deadline) {
			fixture_turn(f);
			usleep(1000);
		}
		assert_int_equal(world_figure(f, NULL, "used"), 0);
		world_stop(world, f);
		assert_int_equal(world_files(world, NULL), 1);
	}
	assert_int_equal(world_read_all(world, SINK_RESULT), 120);
	assert_int_equal(world->seen[SINK_RESULT][99], 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_that_cannot_be_removed_is_not_sent_again),
		TEST(what_cannot_be_removed_takes_room_and_the_bound_holds),
		TEST(what_cannot_be_written_to_is_sent_and_stays),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
