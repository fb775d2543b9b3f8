/* Commands about devices, and how work is spread over them. */
#include "mgmt/cli/commands.h"
#include "mgmt/cli/tables/tables.h"

const struct cli_command cli_accel_commands[] = {
	{.noun = "accel",
		.verb = "list",
		.summary = "devices and back-ends, and what is missing",
		.details = "Shows the devices that models run on, with their processors, and the "
			   "back-ends that this gateway knows: whether they can be used here, and "
			   "if not, what they lack.",
		.example = "accel list",
		.run = cli_accel_list},
	{.noun = "accel",
		.verb = "balance",
		.summary = "how evenly devices share the work",
		.details =
			"Shows for each device the batches and pictures that it ran since the "
			"gateway started, its share of them, and how busy it was. Jain's index is "
			"1 when all did the same, and 1 divided by the number of devices when one "
			"did everything.",
		.example = "accel balance",
		.run = cli_accel_balance},
	{.noun = "bench",
		.verb = "schedule",
		.summary = "how work is spread over devices",
		.details =
			"Gives 40 items of work, all of which belong to the first device, to 1 to "
			"5 devices in 1 to 40 partitions, with a wait for their own device of 0, 1 "
			"and 3 s (`accel.locality_wait`), as the gateway's own scheduler decides. "
			"Prints run time and Jain's fairness index, and draws both, and who did "
			"what when, into a folder. An item takes 0.2 s and no processor, or, with "
			"--model, is a full batch of that model on a processor of the device. "
			"About 8 minutes; needs no gateway, but the program gwd on this machine.",
		.example = "bench schedule --quick",
		.options = {{"--model", "DIR", "model.onnx and model.yaml to run (default none)"},
			{"--library", "FILE", "libonnxruntime.so, where it is not found"},
			{"--output", "DIR", "where plots go (default schedule-bench)"},
			{"--quick", NULL, "a tenth of all times and waits"}},
		.run = cli_bench_schedule},
	{.noun = NULL},
};
