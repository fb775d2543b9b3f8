#include "gwd/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	enum command_kind kind;
} kinds[] = {
	{"run", COMMAND_RUN},
	{"replay", COMMAND_REPLAY},
	{"check", COMMAND_CHECK},
	{"version", COMMAND_VERSION},
	{"help", COMMAND_HELP},
};

void command_help(void)
{
	puts("gwd: takes camera RTP/JPEG streams, decodes, infers, sends results to Kafka\n"
	     "\n"
	     "usage:\n"
	     "  gwd --config FILE                                  run until SIGINT or SIGTERM\n"
	     "  gwd replay --config FILE --input FILE.pcap --output DIR\n"
	     "                                                     send a capture through the same "
	     "code\n"
	     "  gwd check --config FILE [--json]                   say what a start would, and "
	     "start nothing\n"
	     "  gwd model inspect FILE.onnx                        draft a model.yaml from a "
	     "graph\n"
	     "  gwd model check DIR PICTURE...                     see what a model finds\n"
	     "  gwd model add DIR --repository DIR                 put a version into a "
	     "repository\n"
	     "  gwd camera probe URL                               ask an RTSP camera what it "
	     "sends\n"
	     "  gwd bench schedule                                 see how work is spread over "
	     "devices\n"
	     "  gwd bench kafka --brokers HOST:PORT                see what brokers take and "
	     "give\n"
	     "  gwd version\n"
	     "\n"
	     "signals: SIGINT and SIGTERM drain and end; SIGHUP reads the configuration again\n"
	     "exit codes: 0 well, 1 an error (one line on stderr says what to do), 2 usage");
}

static bool parse_word(const char *word, enum command_kind *kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(word, kinds[i].name) == 0) {
			*kind = kinds[i].kind;
			return true;
		}
	}
	return false;
}

static int check_complete(const struct command *command, struct gw_error *error)
{
	if (command->kind == COMMAND_VERSION || command->kind == COMMAND_HELP)
		return 0;
	if (!command->config)
		return gw_error_set(error, -EINVAL, "--config FILE is missing");
	if (command->json && command->kind != COMMAND_CHECK)
		return gw_error_set(error, -EINVAL, "--json is for check alone");
	if (command->kind == COMMAND_REPLAY && !command->replay.input)
		return gw_error_set(error, -EINVAL, "replay: --input FILE.pcap is missing");
	if (command->kind == COMMAND_REPLAY && !command->replay.output)
		return gw_error_set(error, -EINVAL, "replay: --output DIR is missing");
	return 0;
}

int command_parse(int argc, char **argv, struct command *command, struct gw_error *error)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"input", required_argument, NULL, 'i'},
		{"output", required_argument, NULL, 'o'},
		{"json", no_argument, NULL, 'j'},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	memset(command, 0, sizeof(*command));
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:i:o:Vh", options, NULL)) != -1) {
		if (optarg && !optarg[0])
			return gw_error_set(error, -EINVAL, "--%s needs a value",
				option == 'c'           ? "config"
					: option == 'i' ? "input"
							: "output");
		switch (option) {
		case 'c':
			command->config = optarg;
			break;
		case 'i':
			command->replay.input = optarg;
			break;
		case 'o':
			command->replay.output = optarg;
			break;
		case 'j':
			command->json = true;
			break;
		case 'V':
			command->kind = COMMAND_VERSION;
			return 0;
		case 'h':
			command->kind = COMMAND_HELP;
			return 0;
		case ':':
			return gw_error_set(error, -EINVAL, "%s needs a value", argv[optind - 1]);
		default:
			return gw_error_set(error, -EINVAL, "unknown option %s", argv[optind - 1]);
		}
	}
	if (optind < argc && !parse_word(argv[optind], &command->kind))
		return gw_error_set(error, -EINVAL, "unknown command '%s'", argv[optind]);
	if (optind + 1 < argc)
		return gw_error_set(error, -EINVAL, "unexpected argument '%s'", argv[optind + 1]);
	return check_complete(command, error);
}
