#include "lib/decoders.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/thread.h"

/* Frames of one caller; lies on that one's stack while it is in the list. */
struct task {
	struct gw_frame *const *frames;
	uint32_t count;
	_Atomic uint32_t next; /* the first that nobody has begun */
	uint32_t users; /* threads beside the caller's; under the lock */
	struct task *other;
};

/* What a thread decodes with. */
struct tool {
	struct turbo_picture picture; /* does not move */
	struct tool *next;
};

struct decoders {
	decoders_fn *decode;
	void *owner;
	uint32_t max_width;

	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t more, left; /* there is a task, or the end; a user has left one */
	struct task *tasks;
	struct tool *tools; /* that nobody uses */
	bool stop;

	uint32_t count; /* threads that were started */
	pthread_t threads[];
};

static struct tool *make_tool(const struct decoders *decoders)
{
	struct tool *tool = calloc(1, sizeof(*tool));

	if (tool && turbo_picture_open(&tool->picture, decoders->max_width) != 0) {
		turbo_picture_close(&tool->picture);
		free(tool);
		tool = NULL;
	}
	return tool;
}

/* NULL: out of memory. The caller has the lock. */
static struct tool *take_tool(struct decoders *decoders)
{
	struct tool *tool = decoders->tools;

	if (!tool)
		return make_tool(decoders);
	decoders->tools = tool->next;
	return tool;
}

static void put_tool(struct decoders *decoders, struct tool *tool)
{
	tool->next = decoders->tools;
	decoders->tools = tool;
}

static void work(struct decoders *decoders, struct task *task, struct tool *tool)
{
	uint32_t i;

	while ((i = atomic_fetch_add_explicit(&task->next, 1, memory_order_relaxed)) < task->count)
		decoders->decode(decoders->owner, &tool->picture, task->frames[i]);
}

static bool has_work(const struct task *task)
{
	return atomic_load_explicit(&task->next, memory_order_relaxed) < task->count;
}

static struct task *find_task(const struct decoders *decoders)
{
	struct task *task = decoders->tasks;

	while (task && !has_work(task))
		task = task->other;
	return task;
}

static void *decoder_thread(void *arg)
{
	struct decoders *decoders = arg;

	pthread_mutex_lock(&decoders->lock);
	while (!decoders->stop) {
		struct task *task = find_task(decoders);
		struct tool *tool = task ? take_tool(decoders) : NULL;

		/* Without memory the callers do it alone. */
		if (!tool) {
			pthread_cond_wait(&decoders->more, &decoders->lock);
			continue;
		}
		task->users++;
		pthread_mutex_unlock(&decoders->lock);
		work(decoders, task, tool);
		pthread_mutex_lock(&decoders->lock);
		put_tool(decoders, tool);
		task->users--;
		pthread_cond_broadcast(&decoders->left);
	}
	pthread_mutex_unlock(&decoders->lock);
	return NULL;
}

struct decoders *decoders_create(uint32_t threads, uint32_t max_width, decoders_fn *decode,
	void *owner, struct gw_error *error)
{
	struct decoders *decoders =
		calloc(1, sizeof(*decoders) + threads * sizeof(decoders->threads[0]));
	int status = 0;

	if (!decoders) {
		gw_error_set(error, -ENOMEM, "decode: out of memory");
		return NULL;
	}
	decoders->decode = decode;
	decoders->owner = owner;
	decoders->max_width = max_width;
	pthread_mutex_init(&decoders->lock, NULL);
	pthread_cond_init(&decoders->more, NULL);
	pthread_cond_init(&decoders->left, NULL);
	for (uint32_t i = 0; i < threads && status == 0; i++) {
		char name[16];

		snprintf(name, sizeof(name), "decode-%u", i % 1000);
		status = gw_thread_start(&decoders->threads[i], name, -1, decoder_thread, decoders);
		decoders->count += status == 0;
	}
	if (status == 0)
		return decoders;
	gw_error_set(error, status, "decode: a thread cannot start: %s", strerror(-status));
	decoders_destroy(decoders);
	return NULL;
}

void decoders_destroy(struct decoders *decoders)
{
	struct tool *tool;

	if (!decoders)
		return;
	pthread_mutex_lock(&decoders->lock);
	decoders->stop = true;
	pthread_cond_broadcast(&decoders->more);
	pthread_mutex_unlock(&decoders->lock);
	for (uint32_t i = 0; i < decoders->count; i++)
		pthread_join(decoders->threads[i], NULL);
	while ((tool = decoders->tools) != NULL) {
		decoders->tools = tool->next;
		turbo_picture_close(&tool->picture);
		free(tool);
	}
	pthread_cond_destroy(&decoders->more);
	pthread_cond_destroy(&decoders->left);
	pthread_mutex_destroy(&decoders->lock);
	free(decoders);
}

static void remove_task(struct decoders *decoders, const struct task *task)
{
	struct task **at = &decoders->tasks;

	while (*at != task)
		at = &(*at)->other;
	*at = task->other;
}

int decoders_run(struct decoders *decoders, struct gw_frame *const *frames, uint32_t count)
{
	struct task task = {.frames = frames, .count = count};

	pthread_mutex_lock(&decoders->lock);
	struct tool *tool = take_tool(decoders);

	if (tool && decoders->count > 0 && count > 1) {
		task.other = decoders->tasks;
		decoders->tasks = &task;
		pthread_cond_broadcast(&decoders->more);
	}
	pthread_mutex_unlock(&decoders->lock);
	if (!tool)
		return -ENOMEM;
	work(decoders, &task, tool);
	pthread_mutex_lock(&decoders->lock);
	put_tool(decoders, tool);
	if (decoders->count > 0 && count > 1)
		remove_task(decoders, &task);
	while (task.users > 0)
		pthread_cond_wait(&decoders->left, &decoders->lock);
	pthread_mutex_unlock(&decoders->lock);
	return 0;
}
