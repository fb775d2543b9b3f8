/* Words that go with a count: "1 camera", "2 cameras". */
#pragma once

#include <stdint.h>

/* What a noun ends with. */
static inline const char *gw_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}
