/* What a probe found, as a person reads it, as a script does, and as a configuration. */
#pragma once

#include <stdio.h>

#include "gwd/camera/probe.h"

/* A camera's entry for the file. */
void probe_yaml(FILE *to, const struct probe *probe);

/* A line for each fact, and what to do about it. */
void probe_print(FILE *to, const struct probe *probe);

/* All of it, one JSON object. False: out of memory, or it could not be written. */
bool probe_json(FILE *to, const struct probe *probe);
