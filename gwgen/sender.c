#include "gwgen/sender.h"

#include <time.h>

#include "core/clock.h"

#define PROGRESS_NS (GW_NS_PER_S / 10)
#define SHORT_NS 200000 /* less than this is not slept through */
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

/* Until shortly before it is due; the rest is waited for actively. */
static void wait_until(struct run *run, int64_t due_ns)
{
	const struct timespec little = {.tv_nsec = SHORT_NS / 4};

	if (due_ns - run->now > SHORT_NS)
		nanosleep(&little, NULL);
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
	while (status >= 0 && !stopped(sender) && traffic_due(sender->traffic, &due_ns)) {
		if (!sender->output->in_time) {
			/* A packet that was held back goes with the time of the one before. */
			run.now = due_ns > 0 ? due_ns : run.now;
			look_up(&run);
			status = send_one(&run, run.now);
			continue;
		}
		look_up(&run);
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
	return status < 0 ? status : 0;
}
