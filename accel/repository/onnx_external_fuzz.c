/* Any bytes: names that stay within the model's folder, or a line. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "accel/repository/onnx_external.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct onnx_external external;
	struct gw_error error = {0};

	if (onnx_external_read(data, size, &external, &error) != 0) {
		require(error.text[0] != '\0' && !strchr(error.text, '\n'));
		return 0;
	}
	require(external.count <= ONNX_EXTERNAL_FILES);
	for (uint32_t i = 0; i < external.count; i++) {
		require(external.file[i][0] != '/' && !strstr(external.file[i], "/../"));
		require(i == 0 || strcmp(external.file[i - 1], external.file[i]) < 0);
	}
	return 0;
}
