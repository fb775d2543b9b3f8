#include "accel/repository/test_models.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *test_cache_path(const char *name, char *path, size_t size)
{
	const char *cache = getenv("FRAMEGATE_CACHE");
	const char *home = getenv("HOME");

	if (cache && *cache)
		snprintf(path, size, "%s/%s", cache, name);
	else
		snprintf(path, size, "%s/.cache/framegate/%s", home ? home : "", name);
	return path;
}

const char *test_onnxruntime(void)
{
	static char path[PATH_MAX];
	const char *named = getenv("FRAMEGATE_ONNXRUNTIME");

	if (named && *named)
		return named;
	test_cache_path("onnxruntime/lib/libonnxruntime.so", path, sizeof(path));
	if (access(path, R_OK) == 0)
		return path;
	if (dlopen("libonnxruntime.so.1", RTLD_NOW | RTLD_NODELETE))
		return "libonnxruntime.so.1";
	fprintf(stderr,
		"skipped: ONNX Runtime's library is neither at %s nor at "
		"$FRAMEGATE_ONNXRUNTIME nor installed\n",
		path);
	return NULL;
}
