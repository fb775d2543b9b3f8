#include "accel/job.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Address space only, for what is not used. A picture of a model that enhances has to fit, and
 * behind it what two of them are compared by. */
#define STRIDE (JOB_REST + (sizeof(struct windows) + PAGE - 1) / PAGE * PAGE)
#define PAGE 4096

struct job_pool {
	uint8_t *memory;
	uint32_t left;
	uint16_t free[JOBS]; /* a stack */
};

static struct job *job_at(const struct job_pool *jobs, uint32_t index)
{
	return (struct job *)(jobs->memory + index * STRIDE);
}

struct job_pool *job_pool_create(void)
{
	struct job_pool *jobs = calloc(1, sizeof(*jobs));

	if (!jobs)
		return NULL;
	jobs->memory = mmap(NULL, JOBS * STRIDE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (jobs->memory == MAP_FAILED) {
		free(jobs);
		return NULL;
	}
	/* A job takes the pages that it uses, not two megabytes. */
	madvise(jobs->memory, JOBS * STRIDE, MADV_NOHUGEPAGE);
	for (uint32_t i = 0; i < JOBS; i++)
		jobs->free[i] = (uint16_t)(JOBS - 1 - i);
	jobs->left = JOBS;
	return jobs;
}

void job_pool_destroy(struct job_pool *jobs)
{
	if (!jobs)
		return;
	munmap(jobs->memory, JOBS * STRIDE);
	free(jobs);
}

struct job *job_take(struct job_pool *jobs)
{
	if (jobs->left == 0)
		return NULL;
	struct job *job = job_at(jobs, jobs->free[--jobs->left]);
	uint8_t *const rest = (uint8_t *)(job + 1);

	/* The findings are as good as not there: the count is 0. */
	memset(job, 0, offsetof(struct job, result));
	job->result.count = 0;
	memset(&job->visit, 0, sizeof(*job) - offsetof(struct job, visit));
	job->rest = rest + (-(uintptr_t)rest % 64);
	job->windows = (struct windows *)((uint8_t *)job + JOB_REST);
	job->rest_size = (uint32_t)((uint8_t *)job->windows - (uint8_t *)job->rest);
	return job;
}

void job_put(struct job_pool *jobs, struct job *job)
{
	jobs->free[jobs->left++] = (uint16_t)(((uint8_t *)job - jobs->memory) / STRIDE);
}

uint32_t job_pool_left(const struct job_pool *jobs)
{
	return jobs->left;
}

void job_begin_result(struct job *job)
{
	struct gw_result *result = &job->result;

	result->count = 0;
	result->extra = job->rest;
	result->extra_size = 0;
	result->extra_room = job->rest_size;
}

void job_drop_surface(struct job *job)
{
	if (job->surface)
		gw_surface_unref(job->surface);
	job->surface = NULL;
}
