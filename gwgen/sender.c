#include "gwgen/sender.h"

#include <sys/prctl.h>
#include <time.h>

#include "core/clock.h"

#define PROGRESS_NS (GW_NS_PER_S / 10)
#define WAKE_NS 20000 /* that waking up may take */
#define MOST_SLEEP_NS 1000000
#define LAST_FLUSH_NS (GW_NS_PER_S / 10)
#define FLUSH_EVERY 32 /* packets */

struct run {
	struct sender *sender;
	int64_t now, progress_ns;
	uint32_t unflushed;
	uint8_t nowhere[TRAFFIC_ROOM];
};

static void look_up(struct run *run)
{
	struct sender *sender = run->sender;

	run->now = sender->output->in_time ? gw_now() : run->now;
	if (sender->progress && gw_now() >= run->progress_ns) {
		run->progress_ns = gw_now() + PROGRESS_NS;
		sender->progress(sender->progress_arg, sender, run->now);
	}
}

/* Until shortly before it is due; the rest is waited for actively. Who sleeps is given a processor
 * sooner on a machine that has other things to do. */
static void wait_until(struct run *run, int64_t due_ns)
{
	const int64_t rest = due_ns - run->now - WAKE_NS;
	const struct timespec sleep = {.tv_nsec = rest < MOST_SLEEP_NS ? rest : MOST_SLEEP_NS};

	if (rest > 0)
		nanosleep(&sleep, NULL);
}

static int64_t processor_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * GW_NS_PER_S + t.tv_nsec;
}

static int flush(struct run *run)
{
	run->unflushed = 0;
	return run->sender->output->ops->flush(run->sender->output);
}

/* One packet that is due. Returns a negative errno when the output failed. */
static int send_one(struct run *run, int64_t due_ns)
{
	struct sender *sender = run->sender;
	struct output *output = sender->output;
	const int64_t late = output->in_time && due_ns > 0 ? run->now - due_ns : 0;
	const bool hopeless = late > SENDER_PATIENCE_NS;
	uint8_t *room = output->ops->room(output);

	if (!room) {
		const int status = flush(run);

		if (status < 0)
			return status;
		room = output->ops->room(output);
		look_up(run);
		if (!room && !hopeless)
			return 0;
	}
	const uint32_t size = traffic_next(sender->traffic, hopeless ? run->nowhere : room);

	if (size == 0)
		return 0;
	if (hopeless) {
		traffic_spoil(sender->traffic);
		if (room)
			sender->counts.too_late++;
		else
			sender->counts.not_taken++;
		return 0;
	}
	if (late > sender->counts.latest_ns)
		sender->counts.latest_ns = late;
	output->ops->put(output, size, due_ns);
	if (due_ns > 0)
		sender->counts.end_ns = due_ns;
	return ++run->unflushed >= FLUSH_EVERY ? flush(run) : 0;
}

/* A backlog would come as a burst that nobody asked for. */
static void slip(struct run *run, int64_t due_ns)
{
	struct sender_counts *counts = &run->sender->counts;
	const int64_t late = run->now - due_ns - counts->slipped_ns;

	if (run->sender->slips && due_ns > 0 && late > SENDER_SLIP_NS)
		counts->slipped_ns += late;
}

static bool stopped(const struct sender *sender)
{
	return sender->stop && atomic_load_explicit(sender->stop, memory_order_relaxed);
}

int sender_run(struct sender *sender)
{
	struct run run = {.sender = sender, .now = gw_now()};
	int64_t due_ns = 0;
	int status = 0;

	if (!traffic_due(sender->traffic, &sender->counts.begin_ns))
		return 0;
	if (!sender->output->in_time)
		run.now = sender->counts.begin_ns;
	prctl(PR_SET_TIMERSLACK, 1UL);
	sender->counts.processor_ns = -processor_time();
	while (status >= 0 && !stopped(sender) && traffic_due(sender->traffic, &due_ns)) {
		if (!sender->output->in_time) {
			/* A packet that was held back goes with the time of the one before. */
			run.now = due_ns > 0 ? due_ns : run.now;
			look_up(&run);
			status = send_one(&run, run.now);
			continue;
		}
		look_up(&run);
		slip(&run, due_ns);
		if (due_ns > 0)
			due_ns += sender->counts.slipped_ns;
		if (due_ns <= run.now) {
			status = send_one(&run, due_ns);
			continue;
		}
		status = flush(&run);
		wait_until(&run, due_ns);
	}
	const int64_t last = gw_now() + LAST_FLUSH_NS;

	while (status >= 0 && (status = flush(&run)) > 0 && gw_now() < last)
		;
	if (status > 0)
		sender->counts.not_taken += (uint64_t)status;
	sender->counts.processor_ns += processor_time();
	return status < 0 ? status : 0;
}
