/* What is found on this machine, as --json prints it and the support bundle keeps it. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "mgmt/cli/system/machine.h"

/* This machine. */
struct machine machine_here(void);

/* A new object. */
json_t *machine_findings_json(const struct machine_finding found[MACHINE_FINDINGS]);
json_t *machine_json(void);
