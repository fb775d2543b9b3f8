/* Where what steps write lies: values that do not live at the same time share memory. */
#include <errno.h>
#include <stdlib.h>

#include "accel/graph/plan_own.h"

#define ALIGNMENT 16u /* floats: a line of a cache */
#define ARENA_MOST ((uint64_t)1 << 31)

static int compare_first(const void *a, const void *b, void *arg)
{
	const struct plan *plan = arg;
	const struct plan_storage *x = &plan->storage[*(const uint32_t *)a];
	const struct plan_storage *y = &plan->storage[*(const uint32_t *)b];

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return *(const uint32_t *)a < *(const uint32_t *)b ? -1 : 1;
}

/* Those that live, by their places: the first gap that is large enough. */
static uint64_t first_gap(const struct plan *plan, const uint32_t *live, uint32_t count,
	uint64_t size, uint32_t *before)
{
	uint64_t at = 0;

	for (*before = 0; *before < count; (*before)++) {
		const struct plan_storage *other = &plan->storage[live[*before]];

		if (at + size <= other->at)
			break;
		at = ((uint64_t)other->at + other->size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	}
	return at;
}

static uint32_t drop_dead(const struct plan *plan, uint32_t *live, uint32_t count, uint32_t step)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++)
		if (plan->storage[live[i]].last >= step)
			live[kept++] = live[i];
	return kept;
}

static int arrange(struct plan *plan, uint32_t *order, uint32_t *live, struct gw_error *error)
{
	uint64_t end = 0;
	uint32_t count = 0;

	for (uint32_t i = 0; i < plan->storages; i++)
		order[i] = i;
	qsort_r(order, plan->storages, sizeof(order[0]), compare_first, plan);
	for (uint32_t i = 0; i < plan->storages; i++) {
		struct plan_storage *storage = &plan->storage[order[i]];
		uint32_t before;

		count = drop_dead(plan, live, count, storage->first);
		const uint64_t at = first_gap(plan, live, count, storage->size, &before);

		if (at + storage->size > ARENA_MOST)
			return gw_error_set(error, -E2BIG,
				"a batch takes too much memory: lower batch.max in model.yaml");
		storage->at = (uint32_t)at;
		for (uint32_t k = count++; k > before; k--)
			live[k] = live[k - 1];
		live[before] = order[i];
		if (at + storage->size > end)
			end = at + storage->size;
	}
	plan->out->arena = (uint32_t)end;
	return 0;
}

int plan_arrange(struct plan *plan, struct gw_error *error)
{
	uint32_t *order = calloc(2 * ((size_t)plan->storages + 1), sizeof(order[0]));

	if (!order)
		return gw_error_set(error, -ENOMEM, "out of memory for the model's plan");
	const int status = arrange(plan, order, order + plan->storages + 1, error);

	for (uint32_t i = 0; status == 0 && i < plan->out->fixes; i++) {
		const struct graph_fix *fix = &plan->out->fix[i];
		uint32_t *place = (uint32_t *)((char *)&plan->out->job[fix->step] + fix->field);

		*place += plan->storage[fix->storage].at;
	}
	free(order);
	return status;
}
