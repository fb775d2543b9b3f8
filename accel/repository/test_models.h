/* Where tests find ONNX Runtime and the trained models: $FRAMEGATE_ONNXRUNTIME, $FRAMEGATE_CACHE.
 */
#pragma once

#include <stddef.h>

/* What meson takes for "skipped". */
#define TEST_SKIPPED 77

/* A file below the cache directory; `path` is returned. */
const char *test_cache_path(const char *name, char *path, size_t size);

/* The path of libonnxruntime, or NULL with a line on stderr that says what is missing. */
const char *test_onnxruntime(void);
