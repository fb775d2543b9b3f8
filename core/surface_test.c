#include "core/test.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "core/credit.h"
#include "core/pool.h"
#include "core/surface.h"

#define KIB 1024u
#define MIB (1024u * KIB)

static struct gw_device device;
static struct gw_error error;

static int open_pool(void **state)
{
	gw_device_host(&device);
	*state = gw_surface_pool_create(&device, 8 * MIB + 1, 4, &error);
	return *state ? 0 : -1;
}

static int close_pool(void **state)
{
	gw_surface_pool_destroy(*state);
	return 0;
}

static void a_surface_is_as_large_as_is_asked_and_not_twice_that(void **state)
{
	for (size_t bytes = 64 * KIB; bytes <= 8 * MIB + 1; bytes += 333 * KIB) {
		struct gw_surface *surface = gw_surface_get(*state, bytes);

		assert_non_null(surface);
		assert_true(surface->capacity >= bytes && surface->capacity < 2 * bytes);
		assert_ptr_equal(surface->device, &device);
		assert_int_equal((uintptr_t)surface->room % 64, 0);
		surface->room[0] = surface->room[bytes - 1] = 1;
		gw_surface_unref(surface);
	}
	assert_int_equal(gw_surface_pool_in_use(*state), 0);
}

static void one_that_is_larger_than_all_is_refused_for_good(void **state)
{
	assert_null(gw_surface_get(*state, 16 * MIB + 1));
	assert_int_equal(errno, EMSGSIZE);
}

static void when_none_is_free_one_asks_again(void **state)
{
	struct gw_surface *all[1024];
	uint32_t count = 0;

	while (count < 1024 && (all[count] = gw_surface_get(*state, 5 * MIB)) != NULL)
		count++;
	assert_int_equal(errno, ENOBUFS);
	assert_true(count >= 4 && count < 1024);
	assert_int_equal(gw_surface_pool_in_use(*state), count);
	gw_surface_unref(all[count / 2]);
	assert_ptr_equal(gw_surface_get(*state, 5 * MIB), all[count / 2]);
}

static void the_last_reference_gives_it_back(void **state)
{
	struct gw_surface *surface = gw_surface_get(*state, 1);

	gw_surface_ref(surface);
	gw_surface_unref(surface);
	assert_int_equal(gw_surface_pool_in_use(*state), 1);
	gw_surface_unref(surface);
	assert_int_equal(gw_surface_pool_in_use(*state), 0);
}

static void what_was_used_last_is_used_next_and_nothing_else_is_touched(void **state)
{
	unsigned char pages[4 * MIB / 4096];
	uint8_t *room = NULL;
	uint32_t resident = 0;

	for (int i = 0; i < 1000; i++) {
		struct gw_surface *surface = gw_surface_get(*state, MIB);

		memset(surface->room, i, MIB);
		assert_true(i == 0 || surface->room == room);
		room = surface->room;
		gw_surface_unref(surface);
	}
	assert_int_equal(gw_surface_pool_touched(*state), MIB);
	/* Beyond what a huge page may have brought along. */
	assert_int_equal(mincore(room + 4 * MIB, 4 * MIB, pages), 0);
	for (size_t i = 0; i < sizeof(pages); i++)
		resident += pages[i] & 1;
	assert_int_equal(resident, 0);
}

static void a_frame_that_ends_gives_back_what_it_has(void **state)
{
	struct gw_credit credit = {.enough = 1};
	static const struct gw_size_class class = {64, 64, 2};
	struct gw_pool *frames = gw_pool_create(&class, 1, false, &error);
	struct gw_frame *frame = gw_pool_get(frames, 0, 64, 64);

	assert_null(frame->surface);
	frame->surface = gw_surface_get(*state, 1);
	gw_credit_take(&credit, frame);
	gw_frame_unref(frame);
	assert_int_equal(gw_surface_pool_in_use(*state), 0);
	assert_int_equal(credit.inside, 0);
	assert_int_equal(credit.done, 0);
	frame = gw_pool_get(frames, 0, 64, 64);
	assert_null(frame->surface);
	gw_frame_drop_surface(frame);
	gw_frame_unref(frame);
	gw_pool_destroy(frames);
}

static void *take_and_give(void *pool)
{
	for (uint32_t i = 0; i < 20000; i++) {
		struct gw_surface *surface = gw_surface_get(pool, 1 + i % (2 * MIB));

		if (!surface)
			continue;
		/* Nobody else has it. */
		surface->room[0] = (uint8_t)i;
		gw_surface_ref(surface);
		gw_surface_unref(surface);
		assert_int_equal(surface->room[0], (uint8_t)i);
		gw_surface_unref(surface);
	}
	return NULL;
}

static void threads_share_a_pool(void **state)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, take_and_give, *state);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(gw_surface_pool_in_use(*state), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_pool, close_pool)

/* A device that has so many pieces of memory, and how many are out. */
struct far {
	uint32_t left, out;
	struct gw_surface host;
};

static int far_reserve(void *owner, size_t bytes, void **object)
{
	struct far *far = owner;

	if (far->left == 0)
		return -ENOMEM;
	far->left--;
	far->out++;
	*object = far;
	return 0;
}

static void far_release(void *owner, void *object)
{
	struct far *far = owner;

	assert_ptr_equal(object, far);
	far->left++;
	far->out--;
}

static struct gw_surface *far_fetch(void *owner, const struct gw_surface *surface)
{
	return &((struct far *)owner)->host;
}

static struct gw_surface_pool *open_far(struct far *far, size_t budget)
{
	static struct gw_device there = {.memory = GW_MEM_OPENCL, .name = "there"};
	const struct gw_surface_memory memory = {.reserve = far_reserve,
		.release = far_release,
		.fetch = far_fetch,
		.owner = far,
		.budget = budget,
		.largest = MIB};
	struct gw_surface_pool *pool = gw_surface_pool_create_in(&there, &memory, &error);

	assert_non_null(pool);
	return pool;
}

static void memory_of_a_device_is_kept_and_used_again(void **state)
{
	struct far far = {.left = 100};
	struct gw_surface_pool *pool = open_far(&far, 4 * MIB);

	for (int i = 0; i < 10; i++) {
		struct gw_surface *surface = gw_surface_get(pool, MIB);

		assert_non_null(surface);
		assert_null(surface->room);
		assert_ptr_equal(surface->object, &far);
		assert_int_equal(surface->device->memory, GW_MEM_OPENCL);
		gw_surface_unref(surface);
	}
	assert_int_equal(far.out, 1);
	assert_int_equal(gw_surface_pool_touched(pool), MIB);
	assert_null(gw_surface_get(pool, MIB + 1));
	assert_int_equal(errno, EMSGSIZE);
	gw_surface_pool_destroy(pool);
	assert_int_equal(far.out, 0);
}

static void a_devices_budget_is_kept_and_goes_to_the_size_that_is_wanted(void **state)
{
	struct far far = {.left = 100};
	struct gw_surface_pool *pool = open_far(&far, 2 * MIB);
	struct gw_surface *small[32], *large[2];

	for (int i = 0; i < 32; i++)
		assert_non_null(small[i] = gw_surface_get(pool, 64 * KIB));
	assert_null(gw_surface_get(pool, 64 * KIB));
	assert_int_equal(errno, ENOBUFS);
	assert_null(gw_surface_get(pool, MIB));
	assert_int_equal(errno, ENOBUFS);
	for (int i = 0; i < 16; i++)
		gw_surface_unref(small[i]);
	assert_non_null(large[0] = gw_surface_get(pool, MIB));
	assert_null(gw_surface_get(pool, MIB));
	for (int i = 16; i < 32; i++)
		gw_surface_unref(small[i]);
	assert_non_null(large[1] = gw_surface_get(pool, MIB));
	assert_int_equal(far.out, 2);
	assert_int_equal(gw_surface_pool_touched(pool), 2 * MIB);
	gw_surface_unref(large[0]);
	gw_surface_unref(large[1]);
	assert_non_null(small[0] = gw_surface_get(pool, 64 * KIB));
	gw_surface_unref(small[0]);
	assert_int_equal(gw_surface_pool_in_use(pool), 0);
	gw_surface_pool_destroy(pool);
	assert_int_equal(far.out, 0);
}

static void a_device_without_memory_is_asked_again(void **state)
{
	struct far far = {.left = 0};
	struct gw_surface_pool *pool = open_far(&far, 4 * MIB);

	assert_null(gw_surface_get(pool, MIB));
	assert_int_equal(errno, ENOBUFS);
	assert_int_equal(gw_surface_pool_touched(pool), 0);
	far.left = 1;
	struct gw_surface *surface = gw_surface_get(pool, MIB);

	assert_non_null(surface);
	assert_true(gw_surface_reaches_host(surface));
	assert_ptr_equal(gw_surface_fetch(surface), &far.host);
	gw_surface_unref(surface);
	gw_surface_pool_destroy(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_surface_is_as_large_as_is_asked_and_not_twice_that),
		TEST(one_that_is_larger_than_all_is_refused_for_good),
		TEST(when_none_is_free_one_asks_again),
		TEST(the_last_reference_gives_it_back),
		TEST(what_was_used_last_is_used_next_and_nothing_else_is_touched),
		TEST(a_frame_that_ends_gives_back_what_it_has),
		TEST(threads_share_a_pool),
		cmocka_unit_test(memory_of_a_device_is_kept_and_used_again),
		cmocka_unit_test(a_devices_budget_is_kept_and_goes_to_the_size_that_is_wanted),
		cmocka_unit_test(a_device_without_memory_is_asked_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
