/* The ports as tables. */
#pragma once

#include <jansson.h>

#include "mgmt/cli/cli.h"

/* Those of the receiving stage in the answer to GET stages; NULL: it tells of none. */
const json_t *port_view_of(const json_t *reply);

/* Nothing where there are none. */
void port_view_table(const struct cli *cli, const json_t *ports);

/* What they gave to the kernel, by its kind; nothing where that is nothing. `apart`: an empty line
 * goes before it. */
void port_view_kernel(const struct cli *cli, const json_t *ports, bool apart);
