/* The largest numbers that some keys take, where the type holds larger ones, for error lines; who
 * checks the values refuses those. Private to core/config.
 *
 * A schema names one in its flags, GW_YAML_POSITIVE | CONFIG_MOST(QUOTA). What stands there is its
 * place in this list: most numbers would themselves reach into the flags beside it.
 */
#pragma once

#include <assert.h>
#include <stdint.h>

#include "core/config/check.h"
#include "core/config/yaml_load.h"

#define CONFIG_MOSTS(X) \
	X(ANY, 0) /* as many as the type holds */ \
	X(ONE, 1) \
	X(LANES, GW_LANES) \
	X(HELPERS, GW_HELPERS) \
	X(QUOTA, CONFIG_MAX_QUOTA) \
	X(CROPS, GW_STEP_CROPS) \
	X(DISK, 99) /* % */ \
	X(LOSS, 100) /* % */ \
	X(HEARTBEAT, CONFIG_MAX_HEARTBEAT) \
	X(AGE, CONFIG_MAX_AGE) \
	X(SCHEMA_ID, INT32_MAX)

enum config_most {
#define X(NAME, most) CONFIG_MOST_##NAME,
	CONFIG_MOSTS(X)
#undef X
		CONFIG_MOST_COUNT
};

/* Bits 16 to 22 of the flags; libcyaml does not look at them. */
#define CONFIG_MOST_SHIFT 16
#define CONFIG_MOST_MASK (127u << CONFIG_MOST_SHIFT)
#define CONFIG_MOST(NAME) ((unsigned)CONFIG_MOST_##NAME << CONFIG_MOST_SHIFT)

static_assert(CONFIG_MOST_COUNT <= (CONFIG_MOST_MASK >> CONFIG_MOST_SHIFT) + 1,
	"a number's place must not reach into other flags");
static_assert((CONFIG_MOST_MASK & (GW_YAML_POSITIVE | GW_YAML_OR_COUNT | GW_YAML_PRIVATE)) == 0,
	"the places lie beside our flags");
static_assert(CONFIG_MOST_MASK > 2u * CYAML_FLAG_SCALAR_QUOTE_DOUBLE, "... and above libcyaml's");

/* The number; 0: as many as the type holds. */
static inline uint32_t config_most(unsigned flags)
{
	static const uint32_t most[CONFIG_MOST_COUNT] = {
#define X(NAME, number) [CONFIG_MOST_##NAME] = (number),
		CONFIG_MOSTS(X)
#undef X
	};

	return most[(flags & CONFIG_MOST_MASK) >> CONFIG_MOST_SHIFT];
}
