#include "core/log_queue.h"

#include <pthread.h>
#include <stdatomic.h>

#include "core/clock.h"
#include "core/thread.h"

#define LINES 512u

static struct {
	pthread_mutex_t lock; /* guards all but `lost` and `write` */
	pthread_cond_t filled, emptied;
	pthread_t thread;
	bool (*write)(struct log_line *line); /* set before the thread is made */
	bool running, stop;
	bool given_up; /* nobody waits for what is not written */
	uint64_t put, taken, written; /* lines so far; written <= taken <= put */
	int64_t began; /* gw_now(): with the line that is being written, 0: with none */
	uint64_t untold; /* lost since the last line that was put */
	_Atomic uint64_t lost;
	struct log_line line[LINES]; /* number n in place n % LINES */
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void count_lost(uint64_t lines)
{
	atomic_fetch_add_explicit(&queue.lost, lines, memory_order_relaxed);
	queue.untold += lines;
}

/* Of those that were lost after the last line of all, nobody else would tell. */
static bool take_rest(struct log_line *line)
{
	if (!queue.stop || queue.untold == 0)
		return false;
	*line = (struct log_line){.level = GW_LOG_WARNING, .plain = true, .lost = queue.untold};
	queue.untold = 0;
	return true;
}

static void *write_lines(void *arg)
{
	struct log_line line;

	pthread_mutex_lock(&queue.lock);
	for (;;) {
		const bool is_put = queue.taken < queue.put;

		if (is_put) {
			line = queue.line[queue.taken++ % LINES];
		} else if (!take_rest(&line)) {
			if (queue.stop)
				break;
			pthread_cond_wait(&queue.filled, &queue.lock);
			continue;
		}
		queue.began = gw_now();
		pthread_mutex_unlock(&queue.lock);
		const bool out = queue.write(&line);

		pthread_mutex_lock(&queue.lock);
		queue.began = 0;
		if (!is_put)
			continue;
		if (!out) {
			queue.untold += line.lost;
			count_lost(1);
		}
		queue.written++;
		pthread_cond_broadcast(&queue.emptied);
	}
	queue.running = false;
	pthread_cond_broadcast(&queue.emptied);
	pthread_mutex_unlock(&queue.lock);
	return NULL;
}

int log_queue_start(bool (*write)(struct log_line *line))
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&queue.filled, NULL);
	pthread_cond_init(&queue.emptied, &monotonic);
	pthread_condattr_destroy(&monotonic);
	queue.write = write;
	queue.stop = false;
	queue.running = true;
	const int status = gw_thread_start(&queue.thread, "log", -1, write_lines, NULL);

	if (status != 0)
		queue.running = false;
	return status;
}

bool log_queue_put(const struct log_line *line)
{
	pthread_mutex_lock(&queue.lock);
	const bool running = queue.running;

	if (running && (queue.given_up || queue.put - queue.taken == LINES)) {
		count_lost(1);
	} else if (running) {
		struct log_line *place = &queue.line[queue.put++ % LINES];

		*place = *line;
		place->lost = queue.untold;
		queue.untold = 0;
		pthread_cond_signal(&queue.filled);
	}
	pthread_mutex_unlock(&queue.lock);
	return running;
}

/* Waits for `done` with the lock held; the thread makes it true. Gives up at `deadline`, or when a
 * line takes `stuck` to write: a thread that has not had a processor yet is not one that hangs. */
static bool wait_for(bool (*done)(uint64_t upto), uint64_t upto, int64_t stuck, int64_t deadline)
{
	for (;;) {
		const int64_t now = gw_now(), next = now + GW_NS_PER_MS * 10;
		const struct timespec until = {next / GW_NS_PER_S, next % GW_NS_PER_S};

		if (done(upto))
			return true;
		if (now >= deadline || (queue.began != 0 && now - queue.began >= stuck))
			return false;
		pthread_cond_timedwait(&queue.emptied, &queue.lock, &until);
	}
}

static bool is_written(uint64_t upto)
{
	return !queue.running || queue.written >= upto;
}

static bool has_ended(uint64_t upto)
{
	return !queue.running;
}

bool log_queue_flush(int64_t ns)
{
	pthread_mutex_lock(&queue.lock);
	const bool written = wait_for(is_written, queue.put, ns, gw_now() + ns);

	pthread_mutex_unlock(&queue.lock);
	return written;
}

/* What waits is lost; the line that is being written may still get out. With the lock held. */
static void give_up(void)
{
	const uint64_t waiting = queue.put - queue.taken;

	queue.given_up = true;
	count_lost(waiting);
	for (uint64_t n = queue.taken; n < queue.put; n++)
		queue.untold += queue.line[n % LINES].lost;
	queue.taken = queue.put;
	queue.written += waiting;
	pthread_cond_broadcast(&queue.emptied);
}

void log_queue_stop(int64_t ns, int64_t most)
{
	pthread_mutex_lock(&queue.lock);
	const bool running = queue.running;

	queue.stop = true;
	if (running)
		pthread_cond_signal(&queue.filled);
	const bool ended = running && wait_for(has_ended, 0, ns, gw_now() + most);

	if (running && !ended)
		give_up();
	pthread_mutex_unlock(&queue.lock);
	if (ended)
		pthread_join(queue.thread, NULL);
}

uint64_t log_queue_lost(void)
{
	return atomic_load_explicit(&queue.lost, memory_order_relaxed);
}
