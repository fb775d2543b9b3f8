#include "gwd/bench/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gwd/bench/kafka/kafka.h"
#include "gwd/bench/kafka/reader.h"
#include "gwd/bench/schedule.h"

static void help(FILE *to)
{
	fputs("gwd bench: measures, without a gateway\n\nusage:\n"
	      "  gwd bench schedule [--model DIR] [--library FILE] [--output DIR] [--quick] "
	      "[--json]\n"
	      "                                   how 40 items of work are spread over 1 to 5 "
	      "devices\n"
	      "  gwd bench kafka --brokers HOST:PORT [--partitions LIST] [--consumers LIST] ...\n"
	      "                                   throughput of a producer and of consumers; "
	      "gwctl bench\n"
	      "                                   kafka --help lists the options\n",
		to);
}

/* Whoever was called says it: gwctl lends this program its name. */
int bench_command_fail(const char *command, const char *line, int code)
{
	const char *caller = program_invocation_short_name;

	fprintf(stderr, "%s: bench %s: %s\n", caller, command, line);
	if (code == 2)
		fprintf(stderr, "%s: `%s bench --help` shows the usage\n", caller, caller);
	return code;
}

int bench_command(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	if (strcmp(word, "schedule") == 0)
		return bench_schedule(argc - 1, argv + 1);
	if (strcmp(word, "kafka") == 0)
		return bench_kafka(argc - 1, argv + 1);
	/* Started by the one above. */
	if (strcmp(word, "kafka-reader") == 0)
		return bench_kafka_reader(argc - 1, argv + 1);
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
		if (argc > 2) {
			fprintf(stderr, "%s: '%s' is one word too many\n",
				program_invocation_short_name, argv[2]);
			return 2;
		}
		help(stdout);
		return 0;
	}
	if (word[0])
		fprintf(stderr, "%s: unknown command 'bench %s'\n", program_invocation_short_name,
			word);
	help(stderr);
	return 2;
}
