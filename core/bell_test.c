#include "core/bell.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/test.h"

/* So long that a ring which is missed is seen to be. */
#define LONG_NS (5 * GW_NS_PER_S)
#define ROUNDS 20000u
#define WORKERS 3

static void a_ring_after_listening_ends_the_wait_that_follows(void **state)
{
	struct gw_bell bell = {0};
	const uint32_t heard = gw_bell_listen(&bell);

	gw_bell_ring(&bell);
	assert_true(gw_bell_wait(&bell, heard, LONG_NS));
	gw_bell_leave(&bell);
}

static void who_waits_in_vain_is_told_so(void **state)
{
	struct gw_bell bell = {0};

	gw_bell_ring(&bell);
	const uint32_t heard = gw_bell_listen(&bell);

	assert_false(gw_bell_wait(&bell, heard, GW_NS_PER_MS));
	gw_bell_leave(&bell);
}

static void a_ring_that_nobody_listens_for_is_not_counted(void **state)
{
	struct gw_bell bell = {0};
	const uint32_t heard = gw_bell_listen(&bell);

	gw_bell_leave(&bell);
	gw_bell_ring(&bell);
	assert_int_equal(gw_bell_heard(&bell), heard);
}

static void a_descriptor_is_rung_in_place_of_the_futex(void **state)
{
	struct gw_bell bell = {.fd = eventfd(0, EFD_NONBLOCK)};
	eventfd_t times;

	assert_true(bell.fd > 0);
	gw_bell_ring(&bell);
	assert_int_equal(eventfd_read(bell.fd, &times), -1);
	gw_bell_listen(&bell);
	gw_bell_ring(&bell);
	assert_int_equal(eventfd_read(bell.fd, &times), 0);
	gw_bell_leave(&bell);
	close(bell.fd);
}

/* Work that is given one piece at a time, each when the one before was done: a ring that is missed
 * stops everything. */
struct shop {
	struct gw_bell work;
	_Atomic uint32_t given, taken;
	_Atomic bool closed;
	_Atomic uint32_t missed;
};

static bool take(struct shop *shop)
{
	uint32_t taken = atomic_load(&shop->taken);

	return taken != atomic_load_explicit(&shop->given, memory_order_acquire) &&
		atomic_compare_exchange_strong(&shop->taken, &taken, taken + 1);
}

/* Until `there(shop)`. */
static void wait_until(struct shop *shop, struct gw_bell *bell, bool (*there)(struct shop *))
{
	while (!there(shop)) {
		const uint32_t heard = gw_bell_listen(bell);

		if (there(shop)) {
			gw_bell_leave(bell);
			return;
		}
		const int64_t begun = gw_now();

		(void)gw_bell_wait(bell, heard, LONG_NS);
		if (gw_now() - begun >= LONG_NS && there(shop))
			atomic_fetch_add(&shop->missed, 1);
		gw_bell_leave(bell);
	}
}

static bool something_to_do(struct shop *shop)
{
	return atomic_load_explicit(&shop->closed, memory_order_acquire) ||
		atomic_load_explicit(&shop->taken, memory_order_acquire) !=
		atomic_load_explicit(&shop->given, memory_order_acquire);
}

static void *work(void *arg)
{
	struct shop *shop = arg;

	for (;;) {
		wait_until(shop, &shop->work, something_to_do);
		if (!take(shop) && atomic_load(&shop->closed))
			return NULL;
	}
}

static void no_ring_is_missed(void **state)
{
	struct shop shop = {0};
	pthread_t workers[WORKERS];

	for (int i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&workers[i], NULL, work, &shop), 0);
	/* As whoever gives work does it: nothing but the ring keeps the store before its look. */
	for (uint32_t i = 0; i < ROUNDS / STEP && atomic_load(&shop.missed) == 0; i++) {
		atomic_store_explicit(&shop.given, i + 1, memory_order_release);
		gw_bell_ring(&shop.work);
		while (atomic_load_explicit(&shop.taken, memory_order_acquire) != i + 1 &&
			atomic_load(&shop.missed) == 0)
			continue;
	}
	atomic_store(&shop.closed, true);
	gw_bell_ring(&shop.work);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(workers[i], NULL);
	assert_int_equal(atomic_load(&shop.missed), 0);
	assert_int_equal(atomic_load(&shop.taken), ROUNDS / STEP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ring_after_listening_ends_the_wait_that_follows),
		cmocka_unit_test(who_waits_in_vain_is_told_so),
		cmocka_unit_test(a_ring_that_nobody_listens_for_is_not_counted),
		cmocka_unit_test(a_descriptor_is_rung_in_place_of_the_futex),
		cmocka_unit_test(no_ring_is_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
