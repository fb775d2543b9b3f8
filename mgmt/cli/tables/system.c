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
	{.noun = "system",
		.verb = "bind",
		.argument = "PCI",
		.kind = CLI_PCI,
		.summary = "give a network card to DPDK",
		.details =
			"Takes the card from its driver and gives it to vfio-pci, until the next "
			"start of the machine. Refused for what is no network card, and while an "
			"interface of it is up. Needs root.",
		.example = "system bind 0000:01:00.0",
		.run = cli_system_bind},
	{.noun = "system",
		.verb = "unbind",
		.argument = "PCI",
		.kind = CLI_PCI,
		.summary = "give a network card back to the kernel",
		.details =
			"The driver that the kernel has for the card takes it again. Needs root.",
		.example = "system unbind 0000:01:00.0",
		.run = cli_system_unbind},
	{.noun = "support-bundle",
		.argument = "FILE",
		.kind = CLI_FILE,
		.summary = "pack what is needed to find out what is wrong",
		.details =
			"Writes a .tar.gz with versions, the configuration without its secrets, "
			"all counters, a second's timeline, the last of the log, and what `system "
			"check` finds. The log is journald's of framegate.service unless a file is "
			"named. Without a gateway that answers, the rest. Only its owner may read "
			"it.",
		.example = "support-bundle /tmp/gateway.tar.gz",
		.options = {{"--log", "LOG", "take the log from this file"}},
		.run = cli_support_bundle},
	{.noun = NULL},
};
