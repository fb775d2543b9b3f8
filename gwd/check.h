/* `gwd check`: what a start would end with, without one. */
#pragma once

#include <stdbool.h>

#include "core/config/config.h"
#include "core/error.h"

/* Looks at all that a start takes from files and from what is built in: memory, processors, models,
 * keys, back-ends, properties of the Kafka client, directories, devices, the socket. Opens no port,
 * speaks to nobody and leaves no trace; the running gateway is not in its way. What only an engine
 * says of a graph, a driver of its device and a broker of a client, it does not know. Takes the
 * configuration over. Returns 0 or a negative errno with the line that the start would end with.
 * Main thread. */
int check_start(struct gw_config *config, struct gw_error *error);

/* Does that with a file, and tells: well or why not, with `json` as one object on the standard
 * output. Returns an exit code. Main thread. */
int check_command(const char *path, bool json);
