/* ONNX Runtime's library, which is loaded when the gateway starts: one that has no use for it runs
 * without. */
#pragma once

#if HAVE_ORT

#if HAVE_ORT_FLAT_HEADER
#include <onnxruntime_c_api.h>
#else
#include <onnxruntime/onnxruntime_c_api.h>
#endif

#include "core/error.h"

struct ort_library {
	const OrtApi *api;
	OrtEnv *env;
	char version[32];
};

/* Loads it and looks whether it will do: fills in `api` and `version`, and starts nothing. */
int ort_library_find(struct ort_library *library, const char *path, struct gw_error *error);

/* Loads the library at `path`; NULL: at $FRAMEGATE_ONNXRUNTIME, or where the system has it. The
 * library itself stays loaded until the process ends. */
int ort_library_open(struct ort_library *library, const char *path, struct gw_error *error);

/* Accepts one that did not open. */
void ort_library_close(struct ort_library *library);

/* 0 for no status. Otherwise copies the first line of what ONNX Runtime says into `line`, releases
 * the status and returns the negative errno that comes closest. */
int ort_library_check(
	const struct ort_library *library, OrtStatus *status, char *line, size_t size);

#endif
