#include "accel/pictures.h"

void pictures_open(struct pictures *pictures)
{
	sem_init(&pictures->ready, 0, 0);
}

void pictures_close(struct pictures *pictures)
{
	uint32_t index;

	while (pictures_claim(pictures, &index))
		gw_surface_unref(pictures->picture[index].surface);
	sem_destroy(&pictures->ready);
}

void pictures_publish(struct pictures *pictures, uint32_t count)
{
	atomic_store_explicit(&pictures->unready, count, memory_order_relaxed);
	atomic_store_explicit(&pictures->claims, (uint64_t)count << 32, memory_order_release);
}

bool pictures_claim(struct pictures *pictures, uint32_t *index)
{
	uint64_t claims = atomic_load_explicit(&pictures->claims, memory_order_relaxed);

	do {
		*index = (uint32_t)claims;
		if (*index == claims >> 32)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&pictures->claims, &claims, claims + 1,
		memory_order_acquire, memory_order_relaxed));
	return true;
}

void pictures_done(struct pictures *pictures, uint32_t index)
{
	struct placed_picture *picture = &pictures->picture[index];

	gw_surface_unref(picture->surface);
	picture->surface = NULL;
	/* Each makes what it wrote visible to the one who comes last, and that one to who waits. */
	if (atomic_fetch_sub_explicit(&pictures->unready, 1, memory_order_acq_rel) == 1)
		sem_post(&pictures->ready);
}

void pictures_wait(struct pictures *pictures)
{
	while (sem_wait(&pictures->ready) != 0)
		;
}
