#include "gwd/bench/kafka/crew.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "gwd/bench/kafka/interrupt.h"

static int open_board(struct crew *crew, struct gw_error *error)
{
	/* The readers inherit it. */
	crew->file = memfd_create("framegate-bench", 0);
	if (crew->file < 0 || ftruncate(crew->file, sizeof(*crew->board)) != 0)
		return gw_error_set(
			error, -errno, "no memory to share with consumers: %s", strerror(errno));
	void *memory =
		mmap(NULL, sizeof(*crew->board), PROT_READ | PROT_WRITE, MAP_SHARED, crew->file, 0);

	if (memory == MAP_FAILED)
		return gw_error_set(
			error, -errno, "no memory to share with consumers: %s", strerror(errno));
	crew->board = memory;
	return 0;
}

static int start(struct crew *crew, uint32_t index, struct gw_error *error)
{
	char file[16], number[16];
	char *const words[] = {"gwd", "bench", "kafka-reader", file, number, NULL};

	snprintf(file, sizeof(file), "%d", crew->file);
	snprintf(number, sizeof(number), "%u", index);
	const int reason =
		posix_spawn(&crew->reader[index], "/proc/self/exe", NULL, NULL, words, environ);

	if (reason != 0)
		return gw_error_set(
			error, -reason, "a consumer does not start: %s", strerror(reason));
	crew->count = index + 1;
	return 0;
}

/* Whether one ended before its time. */
static int look(struct crew *crew, struct gw_error *error)
{
	for (uint32_t i = 0; i < crew->count; i++) {
		struct reader_slot *slot = &crew->board->slot[i];
		int how;

		if (crew->reader[i] > 0 && waitpid(crew->reader[i], &how, WNOHANG) > 0) {
			crew->reader[i] = 0;
			if (atomic_load(&slot->state) < READER_DONE)
				return gw_error_set(error, -EIO,
					"a consumer process ended by %s %d: look for it in the "
					"system's log",
					WIFSIGNALED(how) ? "signal" : "code",
					WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how));
		}
		if (atomic_load(&slot->state) == READER_FAILED) {
			*error = slot->error;
			return -EIO;
		}
	}
	return interrupt_came() ? gw_error_set(error, -EINTR, "stopped") : 0;
}

static int wait_for(struct crew *crew, enum reader_state state, struct gw_error *error)
{
	static const struct timespec nap = {.tv_nsec = GW_NS_PER_MS};
	uint32_t there = 0;
	int status = 0;

	while (status == 0 && there < crew->count) {
		status = look(crew, error);
		there = 0;
		for (uint32_t i = 0; i < crew->count; i++)
			there += atomic_load(&crew->board->slot[i].state) >= (int)state;
		if (there < crew->count)
			nanosleep(&nap, NULL);
	}
	return status;
}

int crew_open(struct crew *crew, const struct plan *plan, const char *topic,
	const struct plan_cell *cell, uint64_t messages, struct gw_error *error)
{
	*crew = (struct crew){.file = -1};
	int status = open_board(crew, error);
	struct board *board = crew->board;

	if (status != 0)
		return status;
	snprintf(board->brokers, sizeof(board->brokers), "%s", plan->brokers);
	snprintf(board->config, sizeof(board->config), "%s", plan->config ? plan->config : "");
	snprintf(board->topic, sizeof(board->topic), "%s", topic);
	board->partitions = cell->partitions;
	board->readers = cell->consumers;
	board->size = plan->size;
	for (uint32_t i = 0; i < cell->partitions; i++)
		board->slot[i % cell->consumers].expected +=
			messages / cell->partitions + (i < messages % cell->partitions ? 1 : 0);
	for (uint32_t i = 0; i < cell->consumers && status == 0; i++)
		status = start(crew, i, error);
	return status == 0 ? wait_for(crew, READER_READY, error) : status;
}

void crew_go(struct crew *crew)
{
	crew->went = gw_now();
	atomic_store(&crew->board->go, true);
}

uint64_t crew_messages(const struct crew *crew)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < crew->count; i++)
		sum += atomic_load_explicit(&crew->board->slot[i].messages, memory_order_relaxed);
	return sum;
}

int crew_wait(struct crew *crew, struct crew_outcome *outcome, struct gw_error *error)
{
	const int status = wait_for(crew, READER_DONE, error);

	*outcome = (struct crew_outcome){.ended = crew->went};
	for (uint32_t i = 0; i < crew->count && status == 0; i++) {
		const struct reader_slot *slot = &crew->board->slot[i];
		const double seconds = (double)(slot->ended - crew->went) / GW_NS_PER_S;

		outcome->messages += atomic_load(&slot->messages);
		outcome->bytes += atomic_load(&slot->bytes);
		/* One without a partition has nothing to do with it. */
		if (slot->expected == 0 || seconds <= 0)
			continue;
		if (slot->ended > outcome->ended)
			outcome->ended = slot->ended;
		if (slot->busiest_s / seconds < outcome->busiest)
			continue;
		outcome->busiest = slot->busiest_s / seconds;
		outcome->process = slot->process_s / seconds;
		outcome->starved = slot->starved_s / seconds;
	}
	return status;
}

void crew_close(struct crew *crew)
{
	for (uint32_t i = 0; i < crew->count; i++)
		if (crew->reader[i] > 0) {
			/* One that is done leaves by itself, within the time that it takes. */
			kill(crew->reader[i], SIGKILL);
			waitpid(crew->reader[i], NULL, 0);
		}
	if (crew->board)
		munmap(crew->board, sizeof(*crew->board));
	if (crew->file >= 0)
		close(crew->file);
	*crew = (struct crew){.file = -1};
}
