/* The batcher with an engine that the test holds in its hand: batches end when it says so. */
#include "accel/batcher_fixture.h"

#include <errno.h>
#include <stdlib.h>

static void a_job_does_not_wait_while_the_engine_is_idle(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 1, 0);
	settle(f, 0);
	assert_int_equal(hand.submitted, 1);
	assert_int_equal(last_batch(), 1);
	take(f);
	assert_int_equal(f->out_count, 0);
	end_batch(0, 5 * MS);
	settle(f, 0);
	assert_out(f, 0, 1);
}

static void an_idle_engine_gets_all_that_waits(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 3, 0);
	settle(f, 0);
	assert_int_equal(hand.submitted, 1);
	assert_int_equal(last_batch(), 3);
}

static void a_full_batch_is_closed_though_the_engine_is_busy(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 1, 0);
	settle(f, 0);
	add(f, 1, 4, 0);
	settle(f, 0);
	assert_int_equal(hand.submitted, 1);
	add(f, 4, 5, 0);
	settle(f, 0);
	assert_int_equal(hand.submitted, 2);
	assert_int_equal(last_batch(), 4);
}

static void a_batch_is_closed_in_time_for_its_oldest_job(void **state)
{
	struct fixture *f = *state;

	/* One picture is known to run 5 ms, so a job that came at 100 must go at 115. */
	add(f, 0, 1, 0);
	settle(f, 0);
	end_batch(0, 5 * MS);
	add(f, 1, 2, 100 * MS);
	settle(f, 100 * MS);
	assert_int_equal(hand.submitted, 2);
	add(f, 2, 3, 100 * MS);
	settle(f, 114 * MS);
	assert_int_equal(hand.submitted, 2);
	settle(f, 115 * MS);
	assert_int_equal(hand.submitted, 3);
}

static void behind_two_batches_a_third_waits_to_become_full(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 1, 0);
	settle(f, 0);
	add(f, 1, 2, 0);
	settle(f, 1000 * MS);
	assert_int_equal(hand.submitted, 2);
	add(f, 2, 3, 0);
	settle(f, 2000 * MS);
	assert_int_equal(hand.submitted, 2);
	end_batch(0, MS);
	settle(f, 2000 * MS);
	assert_int_equal(hand.submitted, 3);
}

static void jobs_beyond_the_ring_wait_for_room(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 30, 0);
	settle(f, 0);
	assert_int_equal(hand.submitted, 3);
	assert_int_equal(batcher_waiting(f->batcher), 30);
	for (uint32_t done = 0; done < 28; done += 4) {
		end_batch(0, MS);
		settle(f, 0);
		assert_out(f, done, done + 4);
	}
	end_batch(0, MS);
	settle(f, 0);
	assert_out(f, 28, 30);
	assert_int_equal(batcher_waiting(f->batcher), 0);
}

static void a_flush_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;

	add(f, 0, 7, 0);
	settle(f, 0);
	assert_int_equal(hand.submitted, 1);
	batcher_turn(f->batcher, 0, true);
	assert_int_equal(hand.submitted, 2);
	end_batch(0, MS);
	end_batch(0, MS);
	settle(f, 0);
	assert_out(f, 0, 7);
}

static void batches_and_run_times_are_counted(void **state)
{
	struct fixture *f = *state;
	const struct berth_stats *stats = batcher_stats(f->batcher);

	add(f, 0, 6, 0);
	settle(f, 0);
	end_batch(0, 3 * MS);
	settle(f, 0);
	end_batch(0, 3 * MS);
	settle(f, 0);
	assert_int_equal(gw_counter_get(&stats->batches), 2);
	assert_int_equal(gw_counter_get(&stats->jobs), 6);
	assert_int_equal(gw_histogram_quantile(&stats->run_us, 0.5), 3000);
}

static void no_job_is_lost_in_any_order_of_events(void **state)
{
	struct fixture *f = *state;
	uint32_t added = 0, out = 0;
	bool inside[FRAMES] = {false};

	srand(1);
	for (int round = 0; round < 20000; round++) {
		switch (rand() % 4) {
		case 0:
			if (!inside[added % FRAMES]) {
				inside[added % FRAMES] = true;
				add(f, added % FRAMES, added % FRAMES + 1, round * MS);
				/* Nothing to see on it. */
				if (rand() % 5 == 0)
					job_drop_surface(&f->jobs[added % FRAMES]);
				added++;
			}
			break;
		case 1:
			if (hand.ended < hand.submitted)
				end_batch(rand() % 10 ? 0 : -EIO, MS);
			break;
		default:
			batcher_turn(f->batcher, round * MS, rand() % 20 == 0);
		}
		take(f);
		for (uint32_t i = 0; i < f->out_count; i++, out++) {
			const struct job *job = f->out[i];

			assert_true(inside[job - f->jobs]);
			inside[job - f->jobs] = false;
			if (job->drop == GW_DROP_NONE)
				assert_int_equal(
					job->result.findings[0].index, (job - f->jobs) % LABELS);
		}
	}
	assert_true(out > 1000);
	while (batcher_waiting(f->batcher) > 0) {
		batcher_turn(f->batcher, 0, true);
		if (hand.ended < hand.submitted)
			end_batch(0, MS);
		take(f);
		out += f->out_count;
	}
	assert_int_equal(out, added);
}

/* An engine that was asked to give back what it has is waited for, but not without an end. */
static void what_waits_for_an_engine_that_is_stuck_fails_in_time(void **state)
{
	struct fixture *f = *state;

	batcher_keep(f->batcher, true);
	add(f, 0, 1, 0);
	settle(f, 0);
	batcher_let_go(f->batcher);
	assert_true(batcher_is_stuck(f->batcher));
	settle(f, 5000 * MS);
	add(f, 1, 2, 6900 * MS);
	settle(f, 6900 * MS);
	assert_out(f, 0, 0);
	settle(f, 7000 * MS);
	assert_out(f, 0, 2);
	assert_int_equal(f->jobs[0].drop, GW_DROP_INFER_FAILED);
	assert_int_equal(f->jobs[1].drop, GW_DROP_INFER_FAILED);
	assert_non_null(batcher_complaint(f->batcher));
	/* Those behind are not waited with: they keep no slots. */
	add(f, 2, 3, 8000 * MS);
	settle(f, 8000 * MS);
	assert_out(f, 2, 3);
	assert_int_equal(hand.submitted, 1);
	end_batch(0, MS);
	settle(f, 9000 * MS);
	assert_false(batcher_is_stuck(f->batcher));
	add(f, 3, 4, 9000 * MS);
	settle(f, 9000 * MS);
	end_batch(0, MS);
	settle(f, 9000 * MS);
	assert_out(f, 3, 4);
	assert_int_equal(f->jobs[3].drop, GW_DROP_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_job_does_not_wait_while_the_engine_is_idle),
		TEST(an_idle_engine_gets_all_that_waits),
		TEST(a_full_batch_is_closed_though_the_engine_is_busy),
		TEST(a_batch_is_closed_in_time_for_its_oldest_job),
		TEST(behind_two_batches_a_third_waits_to_become_full),
		TEST(jobs_beyond_the_ring_wait_for_room),
		TEST(a_flush_leaves_nothing_behind),
		TEST(batches_and_run_times_are_counted),
		TEST(no_job_is_lost_in_any_order_of_events),
		TEST(what_waits_for_an_engine_that_is_stuck_fails_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
