/* What is to be done to a machine so that it suits a gateway, and doing it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "mgmt/cli/system/machine.h"

enum tuning_kind {
	TUNING_WRITE, /* `text` into the file `path` of the kernel: until the next start */
	TUNING_KEEP, /* `text` becomes the file `path`: at every start */
	TUNING_BIND, /* the card `path` goes to vfio-pci: until the next start */
	TUNING_ADVICE, /* only the user can; `text` says how */
};

struct tuning_step {
	enum tuning_kind kind;
	char path[128];
	char text[256];
};

#define TUNING_STEPS 64

/* Finds the steps, for a gateway whose configuration is `config`; a configuration that is not there
 * names no card. Changes nothing. Returns how many there are; 0: the machine is as it should be. */
uint32_t tuning_plan(
	const struct machine *machine, const char *config, struct tuning_step steps[TUNING_STEPS]);

/* Does one step. Needs root. Returns 0, also for advice, or a negative errno with a line. */
int tuning_do(
	const struct machine *machine, const struct tuning_step *step, struct gw_error *error);
