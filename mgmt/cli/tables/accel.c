/* Commands about devices, how work is spread over them, and what the brokers take. */
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
		.run = cli_bench},
	{.noun = "bench",
		.verb = "kafka",
		.summary = "what brokers take and give, and what limits it",
		.details =
			"Sends records to topics of its own with the gateway's producer, and reads "
			"them with consumers that are processes of their own, for each number of "
			"partitions and of consumers: both together, the producer alone, consumers "
			"alone on what is stored. Says of each cell records/s, MB/s and what "
			"limits "
			"it: the producer, the brokers, the consumers, the network or this "
			"machine's processors, with the measurement that says so. Leaves "
			"kafka.json and a page with plots, kafka.html, in a folder. The topics are "
			"removed at the end; no other is touched. The brokers need room for what "
			"one cell sends: 500000 pictures of 26 KB are 13 GB. Takes some minutes as "
			"it is given, much longer with larger records; --resume goes on where it "
			"was interrupted. Needs no gateway, but the program gwd on this machine.",
		.example = "bench kafka --brokers kafka1:9092 --partitions 1,4,16 --consumers 1,4",
		.options = {{"--brokers", "LIST", "HOST:PORT, or several with commas between them"},
			{"--config", "FILE",
				"take kafka.brokers and kafka.properties (TLS, passwords) from it"},
			{"--partitions", "LIST", "of a topic (default 1,2,4,8,16)"},
			{"--consumers", "LIST", "at the same time (default 1,2,4)"},
			{"--scenarios", "LIST", "of together,producer,consumers (default all)"},
			{"--messages", "N", "records of a cell (default 500000)"},
			{"--payload", "KIND",
				"mnist: 784 bytes, record: 2048, jpeg: 26000 (default mnist)"},
			{"--size", "BYTES", "noise of that size, in place of --payload"},
			{"--replication", "N", "of a topic (default: what the brokers say)"},
			{"--prefix", "NAME", "of the topics (default: a new one)"},
			{"--output", "DIR", "where file and page go (default kafka-bench)"},
			{"--resume", NULL, "go on with what is in that folder"}},
		.run = cli_bench},
	{.noun = NULL},
};
