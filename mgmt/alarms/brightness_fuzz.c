/* Whatever a camera sends has a brightness, or none. */
#include <errno.h>
#include <stdlib.h>

#include "mgmt/alarms/brightness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const int brightness = brightness_of(data, size);

	if (brightness != -EINVAL && (brightness < 0 || brightness > 255))
		abort();
	return 0;
}
