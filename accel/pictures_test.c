/* Pictures that several threads claim: each is prepared once, whatever batch the threads thought of
 * when they came. */
#include "core/test.h"

#include <pthread.h>
#include <string.h>

#include "accel/pictures.h"

#define THREADS 3
#define ROUNDS 2000
#define COUNT 5

static struct gw_surface surfaces[COUNT];

struct crowd {
	struct pictures pictures;
	_Atomic bool over;
	_Atomic uint32_t prepared[COUNT];
	uint32_t written[COUNT]; /* by who prepares, read by who has waited */
};

static bool prepare_one(struct crowd *crowd)
{
	uint32_t index;

	if (!pictures_claim(&crowd->pictures, &index))
		return false;
	assert_ptr_equal(crowd->pictures.picture[index].surface, &surfaces[index]);
	crowd->written[index]++;
	atomic_fetch_add(&crowd->prepared[index], 1);
	pictures_done(&crowd->pictures, index);
	return true;
}

static void *prepare(void *arg)
{
	struct crowd *crowd = arg;

	while (!atomic_load(&crowd->over))
		prepare_one(crowd);
	return NULL;
}

static void fill(struct crowd *crowd, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		/* One is the test's. */
		surfaces[i].refs = 2;
		crowd->pictures.picture[i] = (struct placed_picture){.surface = &surfaces[i]};
	}
	pictures_publish(&crowd->pictures, count);
}

static void every_picture_is_prepared_once(void **state)
{
	static struct crowd crowd;
	pthread_t threads[THREADS];

	memset(&crowd, 0, sizeof(crowd));
	pictures_open(&crowd.pictures);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, prepare, &crowd);
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		/* What is left over from a larger batch must not be taken for part of this one. */
		const uint32_t count = round % 2 ? COUNT : COUNT - 2;

		memset((void *)crowd.prepared, 0, sizeof(crowd.prepared));
		fill(&crowd, count);
		while (prepare_one(&crowd))
			;
		pictures_wait(&crowd.pictures);
		for (uint32_t i = 0; i < COUNT; i++)
			assert_int_equal(crowd.prepared[i], i < count);
		for (uint32_t i = 0; i < count; i++) {
			assert_null(crowd.pictures.picture[i].surface);
			assert_int_equal(surfaces[i].refs, 1);
		}
		assert_int_equal(crowd.written[0], round);
	}
	atomic_store(&crowd.over, true);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pictures_close(&crowd.pictures);
}

static void nobody_claims_what_is_not_published(void **state)
{
	static struct crowd crowd;
	uint32_t index;

	pictures_open(&crowd.pictures);
	crowd.pictures.picture[0].surface = &surfaces[0];
	assert_false(pictures_claim(&crowd.pictures, &index));
	pictures_close(&crowd.pictures);
}

static void what_was_never_prepared_goes_back(void **state)
{
	static struct crowd crowd;

	pictures_open(&crowd.pictures);
	fill(&crowd, COUNT);
	assert_true(prepare_one(&crowd));
	pictures_close(&crowd.pictures);
	for (uint32_t i = 0; i < COUNT; i++)
		assert_int_equal(surfaces[i].refs, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_picture_is_prepared_once),
		cmocka_unit_test(nobody_claims_what_is_not_published),
		cmocka_unit_test(what_was_never_prepared_goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
