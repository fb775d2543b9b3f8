#include "core/bell.h"

#include <assert.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"

static_assert(sizeof(_Atomic uint32_t) == 4, "a futex is a word of 32 bits (futex(2))");

/* Whether somebody may rest: whoever listens from now on sees what was written before. */
static bool is_listened_to(struct gw_bell *bell)
{
	/* To write what was read orders this and the listener's own write: its last look sees what
	 * was written before, or it is counted here. */
	return atomic_fetch_add_explicit(&bell->listeners, 0, memory_order_acq_rel) > 0;
}

void gw_bell_ring(struct gw_bell *bell)
{
	if (!is_listened_to(bell))
		return;
	atomic_fetch_add_explicit(&bell->rung, 1, memory_order_release);
	if (bell->fd > 0)
		(void)eventfd_write(bell->fd, 1);
	else
		syscall(SYS_futex, &bell->rung, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

void gw_bell_ring_for(struct gw_bell *bell, uint32_t pieces)
{
	if (!is_listened_to(bell))
		return;
	atomic_fetch_add_explicit(&bell->rung, 1, memory_order_release);
	syscall(SYS_futex, &bell->rung, FUTEX_WAKE_PRIVATE, (int)pieces, NULL, NULL, 0);
}

uint32_t gw_bell_listen(struct gw_bell *bell)
{
	const uint32_t rung = atomic_load_explicit(&bell->rung, memory_order_relaxed);

	atomic_fetch_add_explicit(&bell->listeners, 1, memory_order_acq_rel);
	return rung;
}

uint32_t gw_bell_heard(const struct gw_bell *bell)
{
	return atomic_load_explicit(&bell->rung, memory_order_acquire);
}

bool gw_bell_wait(struct gw_bell *bell, uint32_t heard, int64_t ns)
{
	const struct timespec most = {ns / GW_NS_PER_S, ns % GW_NS_PER_S};

	/* A signal cuts it short: the caller comes again. */
	if (gw_bell_heard(bell) == heard)
		syscall(SYS_futex, &bell->rung, FUTEX_WAIT_PRIVATE, heard, &most, NULL, 0);
	return gw_bell_heard(bell) != heard;
}

void gw_bell_leave(struct gw_bell *bell)
{
	atomic_fetch_sub_explicit(&bell->listeners, 1, memory_order_relaxed);
}
