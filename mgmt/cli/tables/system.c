/* Commands about the machine that the gateway runs on; they ask no gateway. */
#include "mgmt/cli/commands.h"
#include "mgmt/cli/tables/tables.h"

const struct cli_command cli_system_commands[] = {
	{.noun = "system",
		.verb = "check",
		.summary = "see whether this machine suits a gateway",
		.details =
			"Looks at the kernel, hugepages, the IOMMU, isolated processors, the "
			"drivers "
			"of network cards, the clock's source and synchronisation, and the disk: "
			"what is right, what is not, and what to do. Changes nothing. Exit code 1 "
			"when something is wrong; a notice gives something away, and works.",
		.example = "system check",
		.run = cli_system_check},
	{.noun = NULL},
};
