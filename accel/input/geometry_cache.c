#include "accel/input/geometry_cache.h"

#include <errno.h>

int geometry_cache_init(struct geometry_cache *cache, const struct model_input *input)
{
	*cache = (struct geometry_cache){0};
	int status = geometry_init(&cache->once, input);

	for (int i = 0; status == 0 && i < GEOMETRIES; i++)
		status = geometry_init(&cache->geometry[i], input);
	if (status != 0)
		geometry_cache_free(cache);
	return status;
}

void geometry_cache_free(struct geometry_cache *cache)
{
	geometry_free(&cache->once);
	for (int i = 0; i < GEOMETRIES; i++)
		geometry_free(&cache->geometry[i]);
}

const struct geometry *geometry_cache_get(struct geometry_cache *cache,
	const struct gw_region *region, bool once, uint16_t source_width, uint16_t source_height,
	const struct gw_surface *surface)
{
	int oldest = 0;

	if (once)
		return geometry_update(
			       &cache->once, region, source_width, source_height, surface) == 0
			? &cache->once
			: NULL;

	cache->count++;
	for (int i = 0; i < GEOMETRIES; i++) {
		if (geometry_is_for(
			    &cache->geometry[i], region, source_width, source_height, surface)) {
			cache->asked[i] = cache->count;
			return &cache->geometry[i];
		}
		if (cache->asked[i] < cache->asked[oldest])
			oldest = i;
	}
	cache->asked[oldest] = cache->count;
	return geometry_update(
		       &cache->geometry[oldest], region, source_width, source_height, surface) == 0
		? &cache->geometry[oldest]
		: NULL;
}
