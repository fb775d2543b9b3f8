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
	{.noun = "system",
		.verb = "tune",
		.summary = "set the machine up for a gateway",
		.details =
			"Says what is to be done so that `system check` finds less: hugepages, the "
			"processors' governor, the cards that the configuration names by their PCI "
			"address, and isolated processors. With --apply it is done; what holds "
			"until the "
			"next start of the machine, is written where it holds longer, too. Needs "
			"root "
			"then. Exit code 1 when something could not be done.",
		.example = "system tune --dry-run",
		.options = {{"--dry-run", NULL, "only say it (so it is without an option)"},
			{"--apply", NULL, "do it"},
			{"--config", "FILE", "the configuration (/etc/framegate/gateway.yaml)"}},
		.run = cli_system_tune},
	{.noun = "system",
		.verb = "status",
		.summary = "show the versions in the appliance's two slots",
		.details = "Which version runs, which one stands in the other slot, and whether "
			   "each has "
			   "proved itself: good, on trial, or bad. On the appliance alone; needs "
			   "root.",
		.example = "system status",
		.run = cli_system_status},
	{.noun = "system",
		.verb = "update",
		.argument = "SOURCE",
		.kind = CLI_FILE,
		.summary = "put a newer version into the appliance's other slot",
		.details = "SOURCE is a file or the address of a folder (https://...) with what is "
			   "in one. "
			   "Only what the maker of this image has signed is taken, and only newer "
			   "versions. "
			   "The next start takes the new one. When it is not as well as the old "
			   "one was, for "
			   "two minutes on end, the machine starts again, and after three such "
			   "starts the old "
			   "one is back. On the appliance alone; needs root.",
		.example = "system update framegate_0.2.0.update.tar --restart",
		.options = {{"--restart", NULL, "start the machine again at once"}},
		.run = cli_system_update},
	{.noun = "system",
		.verb = "rollback",
		.summary = "go back to the version in the appliance's other slot",
		.details = "The next start takes the other version. Configuration and data stay as "
			   "they are. "
			   "On the appliance alone; needs root.",
		.example = "system rollback",
		.run = cli_system_rollback},
	{.noun = "system",
		.verb = "restart",
		.summary = "start the appliance again",
		.details = "On the appliance alone; needs root.",
		.example = "system restart",
		.run = cli_system_restart},
	{.noun = "system",
		.verb = "reset",
		.summary = "make the appliance as new: configuration and data are gone",
		.details = "Starts the appliance again, which first overwrites its whole data "
			   "partition (configuration, tokens, certificate, models, spool, logs) "
			   "and makes an empty one. A framegate.yaml on its boot partition is "
			   "overwritten, too; the versions in both slots stay. Cut off in the "
			   "middle, it begins again with the next start. On the appliance alone; "
			   "needs root.",
		.example = "system reset --yes",
		.options = {{"--yes", NULL, "it is meant: nothing of it can be got back"}},
		.run = cli_system_reset},
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
