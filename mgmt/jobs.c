#include "mgmt/jobs.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/thread.h"

struct job {
	struct jobs *jobs;
	char *method, *path, *who, *from;
	struct gw_request request;
	void (*done)(void *arg);
	void *arg;
	struct gw_reply reply;
	bool answered;
	uint32_t refs; /* whoever put it, and the thread at work or the queue */
};

struct jobs {
	struct gw *gw;
	pthread_mutex_t lock; /* guards all below, and the jobs' answers and references */
	pthread_cond_t wake, idle;
	struct job *waiting[JOBS_WAITING];
	uint32_t first, count;
	struct job *running[JOBS_THREADS];
	pthread_t thread[JOBS_THREADS];
	uint32_t threads;
	uint32_t telling; /* threads within a done() */
	bool stopped;
	_Atomic bool ending;
};

static void release(struct job *job)
{
	pthread_mutex_lock(&job->jobs->lock);
	bool last = --job->refs == 0;

	pthread_mutex_unlock(&job->jobs->lock);
	if (!last)
		return;
	gw_reply_release(&job->reply);
	json_decref((json_t *)job->request.body);
	json_decref((json_t *)job->request.cameras);
	free(job->method);
	free(job->path);
	free(job->who);
	free(job->from);
	free(job);
}

/* Sets the answer, unless another was quicker, and says so. */
static void answer(struct job *job, struct gw_reply *reply)
{
	struct jobs *jobs = job->jobs;

	pthread_mutex_lock(&jobs->lock);
	if (job->answered) {
		pthread_mutex_unlock(&jobs->lock);
		gw_reply_release(reply);
		return;
	}
	job->answered = true;
	job->reply = *reply;
	jobs->telling++;
	pthread_mutex_unlock(&jobs->lock);
	job->done(job->arg);
	pthread_mutex_lock(&jobs->lock);
	jobs->telling--;
	pthread_cond_broadcast(&jobs->idle);
	pthread_mutex_unlock(&jobs->lock);
}

static void give_up(struct job *job)
{
	struct gw_reply reply;

	gw_reply_refuse(&reply, 503, "unavailable", "the gateway ends");
	answer(job, &reply);
}

static uint32_t at_work(const struct jobs *jobs)
{
	uint32_t count = 0;

	for (int i = 0; i < JOBS_THREADS; i++)
		count += jobs->running[i] != NULL;
	return count;
}

/* The job that waits longest, NULL when none does. The lock is held. */
static struct job *next(struct jobs *jobs)
{
	if (jobs->count == 0)
		return NULL;
	struct job *job = jobs->waiting[jobs->first];

	jobs->first = (jobs->first + 1) % JOBS_WAITING;
	jobs->count--;
	return job;
}

/* The same, once there is one; NULL at the end. */
static struct job *take(struct jobs *jobs)
{
	while (jobs->count == 0 && !jobs->stopped)
		pthread_cond_wait(&jobs->wake, &jobs->lock);
	return jobs->stopped ? NULL : next(jobs);
}

/* A thread's own place in `running` is the one that is free when it takes a job. */
static struct job **place(struct jobs *jobs, const struct job *holds)
{
	for (int i = 0; i < JOBS_THREADS; i++)
		if (jobs->running[i] == holds)
			return &jobs->running[i];
	return NULL;
}

static void *jobs_thread(void *arg)
{
	struct jobs *jobs = arg;
	struct gw_reply reply;
	struct job *job;

	gw_thread_give_way();
	pthread_mutex_lock(&jobs->lock);
	while ((job = take(jobs))) {
		*place(jobs, NULL) = job;
		pthread_mutex_unlock(&jobs->lock);
		gw_api_call(jobs->gw, job->method, job->path, &job->request, &reply);
		answer(job, &reply);
		pthread_mutex_lock(&jobs->lock);
		*place(jobs, job) = NULL;
		pthread_cond_broadcast(&jobs->idle);
		pthread_mutex_unlock(&jobs->lock);
		release(job);
		pthread_mutex_lock(&jobs->lock);
	}
	pthread_mutex_unlock(&jobs->lock);
	return NULL;
}

struct jobs *jobs_start(struct gw *gw, struct gw_error *error)
{
	struct jobs *jobs = calloc(1, sizeof(*jobs));
	pthread_condattr_t attributes;
	int status = 0;

	if (!jobs) {
		gw_error_set(error, -ENOMEM, "api: out of memory");
		return NULL;
	}
	jobs->gw = gw;
	pthread_mutex_init(&jobs->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&jobs->wake, &attributes);
	pthread_cond_init(&jobs->idle, &attributes);
	pthread_condattr_destroy(&attributes);
	while (jobs->threads < JOBS_THREADS && status == 0) {
		status = gw_thread_start(
			&jobs->thread[jobs->threads], "api-slow", -1, jobs_thread, jobs);
		if (status == 0)
			jobs->threads++;
	}
	if (status == 0)
		return jobs;
	gw_error_set(error, status, "api: no thread: %s", strerror(-status));
	jobs_stop(jobs, 0);
	jobs_destroy(jobs);
	return NULL;
}

static struct job *make_job(struct jobs *jobs, const char *method, const char *path,
	const struct gw_request *request, void (*done)(void *arg), void *arg)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	*job = (struct job){.jobs = jobs,
		.method = strdup(method),
		.path = strdup(path),
		.who = strdup(request->who),
		.from = strdup(request->from ? request->from : ""),
		.request = *request,
		.done = done,
		.arg = arg,
		.refs = 1};
	job->request.who = job->who;
	job->request.from = job->from;
	job->request.ending = &jobs->ending;
	json_incref((json_t *)job->request.body);
	json_incref((json_t *)job->request.cameras);
	if (job->method && job->path && job->who && job->from)
		return job;
	release(job);
	errno = ENOMEM;
	return NULL;
}

struct job *jobs_put(struct jobs *jobs, const char *method, const char *path,
	const struct gw_request *request, void (*done)(void *arg), void *arg)
{
	struct job *job = make_job(jobs, method, path, request, done, arg);
	int status = 0;

	if (!job)
		return NULL;
	pthread_mutex_lock(&jobs->lock);
	if (jobs->stopped) {
		status = ESHUTDOWN;
	} else if (jobs->count == JOBS_WAITING) {
		status = EAGAIN;
	} else {
		jobs->waiting[(jobs->first + jobs->count++) % JOBS_WAITING] = job;
		job->refs++;
		pthread_cond_signal(&jobs->wake);
	}
	pthread_mutex_unlock(&jobs->lock);
	if (status == 0)
		return job;
	release(job);
	errno = status;
	return NULL;
}

void job_reply(struct job *job, struct gw_reply *reply)
{
	pthread_mutex_lock(&job->jobs->lock);
	*reply = job->reply;
	job->reply = (struct gw_reply){0};
	pthread_mutex_unlock(&job->jobs->lock);
}

void job_free(struct job *job)
{
	if (job)
		release(job);
}

void jobs_count(struct jobs *jobs, uint32_t *waiting, uint32_t *running)
{
	pthread_mutex_lock(&jobs->lock);
	*waiting = jobs->count;
	*running = at_work(jobs);
	pthread_mutex_unlock(&jobs->lock);
}

/* Answers those that no thread has begun. */
static void give_up_waiting(struct jobs *jobs)
{
	struct job *job;

	do {
		pthread_mutex_lock(&jobs->lock);
		job = next(jobs);
		pthread_mutex_unlock(&jobs->lock);
		if (job) {
			give_up(job);
			release(job);
		}
	} while (job);
}

bool jobs_stop(struct jobs *jobs, int64_t patience)
{
	const int64_t until = gw_now() + patience;
	const struct timespec end = {.tv_sec = until / GW_NS_PER_S, .tv_nsec = until % GW_NS_PER_S};
	struct job *left[JOBS_THREADS];
	uint32_t count = 0;

	atomic_store(&jobs->ending, true);
	pthread_mutex_lock(&jobs->lock);
	jobs->stopped = true;
	pthread_cond_broadcast(&jobs->wake);
	pthread_mutex_unlock(&jobs->lock);
	give_up_waiting(jobs);

	pthread_mutex_lock(&jobs->lock);
	while (at_work(jobs) > 0 &&
		pthread_cond_timedwait(&jobs->idle, &jobs->lock, &end) != ETIMEDOUT)
		;
	for (int i = 0; i < JOBS_THREADS; i++) {
		if (!jobs->running[i])
			continue;
		left[count] = jobs->running[i];
		left[count++]->refs++;
	}
	pthread_mutex_unlock(&jobs->lock);
	for (uint32_t i = 0; i < count; i++) {
		give_up(left[i]);
		release(left[i]);
	}
	pthread_mutex_lock(&jobs->lock);
	while (jobs->telling > 0)
		pthread_cond_wait(&jobs->idle, &jobs->lock);
	pthread_mutex_unlock(&jobs->lock);
	return count == 0;
}

void jobs_destroy(struct jobs *jobs)
{
	if (!jobs)
		return;
	for (uint32_t i = 0; i < jobs->threads; i++)
		pthread_join(jobs->thread[i], NULL);
	pthread_cond_destroy(&jobs->wake);
	pthread_cond_destroy(&jobs->idle);
	pthread_mutex_destroy(&jobs->lock);
	free(jobs);
}
