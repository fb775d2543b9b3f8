#include "gwgen/options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SEND (1u << COMMAND_SEND)
#define SEARCH (1u << COMMAND_SEARCH)
#define CONFIG (1u << COMMAND_CONFIG)
#define TRAFFIC (SEND | SEARCH | CONFIG)
#define ALL ((1u << COMMAND_COUNT) - 1)

const struct command_facts command_facts[COMMAND_COUNT] = {
	[COMMAND_SEND] = {"send", "Send as cameras do, to a port or into a capture",
		"Makes the RTP/JPEG packets of many cameras and sends each when it is due. What "
		"the "
		"driver did not take is tried again while it is not too late, and counted when it "
		"is; the exit code is 1 when not all of it went. It is the command when none is "
		"named.",
		"send --port net_af_packet0,iface=cam0 --cameras 16 --rate 25 --seconds 10"},
	[COMMAND_SEARCH] = {"search", "Find the highest rate that a gateway takes without loss",
		"Searches in the manner of RFC 2544 and MLRsearch: short trials narrow the rate "
		"down, "
		"long ones confirm it. The gateway is asked for its counters before and after each "
		"trial, and no figure is given when they do not add up. Writes one page "
		"(report.html) "
		"and report.json with every trial.",
		"search --port 0000:01:00.0 --most 14.88 --report results"},
	[COMMAND_CONFIG] = {"config", "Print the cameras as a gateway's configuration",
		"Takes the options of send and prints the list of cameras that gwd needs to "
		"receive "
		"what send would send.",
		"config --cameras 16 --camera plain --camera esp32"},
	[COMMAND_LIST] = {"list", "List the kinds of cameras",
		"Every way in which senders of RTP/JPEG differ, by the name that --camera takes.",
		"list"},
	[COMMAND_HELP] = {"help", "Explain gwgen, or one of its commands",
		"With --man it prints the manual page.", "help search"},
	[COMMAND_COMPLETION] = {"completion", "Print the completion script for bash",
		"To be read by the shell.", "completion bash"},
};

const struct option_facts option_facts[OPTION_COUNT] = {
	[OPTION_PORT] = {"--port", "DEVICE", OPTION_WORD, SEND | SEARCH,
		"send by this port of DPDK's: a PCI address, or net_af_packet0,iface=NAME", NULL},
	[OPTION_OUTPUT] = {"--output", "FILE", OPTION_FILE, SEND,
		"write a capture (pcap) instead, as fast as the disk takes it", NULL},
	[OPTION_CAMERA] = {"--camera", "KIND", OPTION_KIND, TRAFFIC,
		"what kind of camera; given more than once, cameras have them in turn (plain)",
		NULL},
	[OPTION_CAMERAS] = {"--cameras", "N", OPTION_WORD, TRAFFIC,
		"how many cameras (1, or one of each kind)", NULL},
	[OPTION_PICTURE] = {"--picture", "PATH", OPTION_FILE, TRAFFIC,
		"a JPEG file, a folder of them, or a capture whose stream is sent as it is; more "
		"than once for more of them (pictures of its own)",
		NULL},
	[OPTION_SIZE] = {"--size", "WxH", OPTION_WORD, TRAFFIC,
		"pixels of pictures of its own (640x480)", NULL},
	[OPTION_RATE] = {"--rate", "N", OPTION_WORD, SEND | CONFIG,
		"pictures a second of each camera (25)", NULL},
	[OPTION_PACING] = {"--pacing", "HOW", OPTION_WORD, SEND | SEARCH,
		"packets 'even' over the time of a picture, or a picture in a 'burst' (even)",
		"even|burst"},
	[OPTION_LINK] = {"--link", "MBITS", OPTION_WORD, SEND | SEARCH,
		"a burst is as fast as a camera's link of so many Mbit/s (as fast as can be)",
		NULL},
	[OPTION_SECONDS] = {"--seconds", "N", OPTION_WORD, SEND,
		"end after so many seconds (10 when --frames is not given either)", NULL},
	[OPTION_FRAMES] = {"--frames", "N", OPTION_WORD, SEND,
		"end after so many pictures of each camera", NULL},
	[OPTION_MTU] = {"--mtu", "BYTES", OPTION_WORD, TRAFFIC, "the largest IP packet (1500)",
		NULL},
	[OPTION_SOURCE] = {"--source", "ADDRESS", OPTION_WORD, TRAFFIC,
		"address of the first camera, the others have the next ones (10.1.0.1, or "
		"fd00:1::1 where --destination is IPv6)",
		NULL},
	[OPTION_DESTINATION] = {"--destination", "ADDRESS", OPTION_WORD, TRAFFIC,
		"address that they send to (10.0.0.2, or fd00::2 where --source is IPv6)", NULL},
	[OPTION_UDP_PORT] = {"--udp-port", "N", OPTION_WORD, TRAFFIC,
		"UDP port that they send to (5004)", NULL},
	[OPTION_UDP_STEP] = {"--udp-step", "N", OPTION_WORD, TRAFFIC,
		"the port of each camera is so much higher than that of the one before (0)", NULL},
	[OPTION_MAC] = {"--mac", "ADDRESS", OPTION_WORD, SEND | SEARCH,
		"Ethernet address that they send to (that of the group where --destination is one, "
		"else "
		"02:00:00:00:00:02)",
		NULL},
	[OPTION_VLAN] = {"--vlan", "TAG", OPTION_WORD, SEND | SEARCH,
		"802.1Q tag, or OUTER.INNER: within one of 802.1ad, as QinQ (none)", NULL},
	[OPTION_NO_CHECKSUM] = {"--no-checksum", NULL, OPTION_NOTHING, SEND | SEARCH,
		"leave UDP checksums out", NULL},
	[OPTION_LOSS] = {"--loss", "PERCENT", OPTION_WORD, SEND, "packets that are lost", NULL},
	[OPTION_DUPLICATE] = {"--duplicate", "PERCENT", OPTION_WORD, SEND,
		"packets that come twice", NULL},
	[OPTION_REORDER] = {"--reorder", "PERCENT", OPTION_WORD, SEND,
		"packets that come after the next one of their camera", NULL},
	[OPTION_JITTER] = {"--jitter", "MS", OPTION_WORD, SEND,
		"packets are late by up to so many milliseconds", NULL},
	[OPTION_INTRUDERS] = {"--intruders", "N", OPTION_WORD, SEND,
		"forged packets a second: a camera's address, a foreign SSRC", NULL},
	[OPTION_RTCP] = {"--rtcp", NULL, OPTION_NOTHING, SEND,
		"sender reports every two seconds, to the UDP port above", NULL},
	[OPTION_RTCP_SAME_PORT] = {"--rtcp-same-port", NULL, OPTION_NOTHING, SEND,
		"sender reports to the same port as pictures (RFC 5761)", NULL},
	[OPTION_SEED] = {"--seed", "N", OPTION_WORD, SEND | SEARCH,
		"what is random depends on it; the same seed sends the same (1)", NULL},
	[OPTION_SAVE] = {"--save", "FOLDER", OPTION_FILE, SEND,
		"write the pictures that are sent, as a receiver must see them: KIND-NUMBER.jpg",
		NULL},
	[OPTION_SOCKET] = {"--socket", "PATH", OPTION_FILE, SEARCH,
		"API socket of the gateway under test (/run/framegate/api.sock)", NULL},
	[OPTION_CRITERION] = {"--criterion", "WHICH", OPTION_WORD, SEARCH,
		"what is without loss: 'packets' (none lost), 'frames' (99.9 % complete), 'both' "
		"(both)",
		"packets|frames|both"},
	[OPTION_FRAME_SIZES] = {"--frame-sizes", "LIST", OPTION_WORD, SEARCH,
		"Ethernet frame sizes with FCS to search with packets of no camera, and 'mix' for "
		"the cameras' pictures (64,128,256,512,1024,1280,1518,mix)",
		NULL},
	[OPTION_MOST] = {"--most", "MPPS", OPTION_WORD, SEARCH,
		"never send more million packets a second (what the link carries, 1 without one)",
		NULL},
	[OPTION_SHORT] = {"--short", "SECONDS", OPTION_WORD, SEARCH,
		"length of the first trials (1)", NULL},
	[OPTION_LONG] = {"--long", "SECONDS", OPTION_WORD, SEARCH,
		"length of the trials that confirm (30)", NULL},
	[OPTION_PRECISION] = {"--precision", "PERCENT", OPTION_WORD, SEARCH,
		"how far the highest good and the lowest bad rate may be apart (1)", NULL},
	[OPTION_EXCEED] = {"--exceed", "PERCENT", OPTION_WORD, SEARCH,
		"share of the time at a rate that may be bad, on a noisy machine (0)", NULL},
	[OPTION_RETURN] = {"--return", NULL, OPTION_NOTHING, SEARCH,
		"no gateway: what is under test sends the packets back by the same port", NULL},
	[OPTION_REPORT] = {"--report", "FOLDER", OPTION_FILE, SEARCH,
		"where report.html and report.json go (line-rate)", NULL},
	[OPTION_JSON] = {"--json", NULL, OPTION_NOTHING, ALL, "print one JSON object", NULL},
	[OPTION_QUIET] = {"--quiet", NULL, OPTION_NOTHING, ALL, "no progress", NULL},
	[OPTION_LIST] = {"--list", NULL, OPTION_NOTHING, SEND, "the same as the command list",
		NULL},
	[OPTION_MAN] = {"--man", NULL, OPTION_NOTHING, 1u << COMMAND_HELP, "print the manual page",
		NULL},
	[OPTION_HELP] = {"--help", NULL, OPTION_NOTHING, ALL, "explain the command", NULL},
	[OPTION_VERSION] = {"--version", NULL, OPTION_NOTHING, ALL, "print the version", NULL},
};

bool options_has(const struct options *options, enum option option)
{
	return options->value[option] != NULL;
}

static int find_option(const char *word)
{
	const size_t length = strcspn(word, "=");

	if (strcmp(word, "-h") == 0)
		return OPTION_HELP;
	for (int i = 0; i < OPTION_COUNT; i++)
		if (strlen(option_facts[i].name) == length &&
			memcmp(option_facts[i].name, word, length) == 0)
			return i;
	return -1;
}

static bool is_one_of(const char *words, const char *value)
{
	const size_t length = strlen(value);

	for (const char *at = words; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
		if (strcspn(at, "|") == length && memcmp(at, value, length) == 0)
			return true;
	return false;
}

static int keep_many(const char **list, uint32_t *count, const char *value, struct gw_error *error)
{
	if (*count == OPTIONS_MANY)
		return gw_error_set(
			error, -EINVAL, "'%s': at most %d of these", value, OPTIONS_MANY);
	list[(*count)++] = value;
	return 0;
}

static int take_option(
	struct options *options, int index, const char *value, struct gw_error *error)
{
	const struct option_facts *facts = &option_facts[index];

	if (facts->words && value && !is_one_of(facts->words, value))
		return gw_error_set(
			error, -EINVAL, "%s %s: it is one of %s", facts->name, value, facts->words);
	options->value[index] = value ? value : "";
	if (index == OPTION_PICTURE)
		return keep_many(options->pictures, &options->picture_count, value, error);
	if (index == OPTION_CAMERA)
		return keep_many(options->cameras, &options->camera_count, value, error);
	return 0;
}

static int take_word(
	struct options *options, const char *word, uint32_t number, struct gw_error *error)
{
	if (number == 0) {
		for (int i = 0; i < COMMAND_COUNT; i++) {
			if (strcmp(command_facts[i].name, word) == 0) {
				options->command = (enum command)i;
				return 0;
			}
		}
		return gw_error_set(error, -EINVAL,
			"unknown command '%s': it is send, search, config, list, help or "
			"completion",
			word);
	}
	if (number == 1 &&
		(options->command == COMMAND_HELP || options->command == COMMAND_COMPLETION)) {
		options->argument = word;
		return 0;
	}
	return gw_error_set(error, -EINVAL, "'%s' is one word too many: gwgen %s --help", word,
		command_facts[options->command].name);
}

static int check_commands(const struct options *options, struct gw_error *error)
{
	for (int i = 0; i < OPTION_COUNT; i++)
		if (options->value[i] && !(option_facts[i].commands >> options->command & 1))
			return gw_error_set(error, -EINVAL,
				"%s is no option of '%s': gwgen %s --help", option_facts[i].name,
				command_facts[options->command].name,
				command_facts[options->command].name);
	return 0;
}

int options_parse(int count, char *const *words, struct options *options, struct gw_error *error)
{
	uint32_t plain = 0;
	int status = 0;

	memset(options, 0, sizeof(*options));
	for (int i = 0; i < count && status == 0; i++) {
		if (words[i][0] != '-') {
			status = take_word(options, words[i], plain++, error);
			continue;
		}
		const int index = find_option(words[i]);
		const char *value = strchr(words[i], '=');

		if (index < 0)
			return gw_error_set(error, -EINVAL,
				"%s: no such option: gwgen --help lists all", words[i]);
		if (value)
			value++;
		else if (option_facts[index].value && i + 1 < count)
			value = words[++i];
		if (!option_facts[index].value && value)
			return gw_error_set(
				error, -EINVAL, "%s takes no value", option_facts[index].name);
		if (option_facts[index].value && (!value || !value[0]))
			return gw_error_set(error, -EINVAL, "%s needs a value after it",
				option_facts[index].name);
		status = take_option(options, index, value, error);
	}
	if (status == 0 && options_has(options, OPTION_LIST))
		options->command = COMMAND_LIST;
	else if (status == 0)
		status = check_commands(options, error);
	return status;
}

int options_number(const struct options *options, enum option option, double least, double most,
	double otherwise, double *number, struct gw_error *error)
{
	const char *text = options->value[option];
	char *end;

	*number = otherwise;
	if (!text)
		return 0;
	*number = strtod(text, &end);
	if (end == text || *end != '\0' || !(*number >= least && *number <= most))
		return gw_error_set(error, -EINVAL, "%s %s: it is a number from %g to %g",
			option_facts[option].name, text, least, most);
	return 0;
}

int options_address(const struct options *options, enum option option, const char *otherwise,
	uint8_t address[16], struct gw_error *error)
{
	const char *text = options->value[option] ? options->value[option] : otherwise;

	memset(address, 0, 16);
	if (inet_pton(AF_INET, text, address) == 1)
		return AF_INET;
	if (inet_pton(AF_INET6, text, address) == 1)
		return AF_INET6;
	return gw_error_set(error, -EINVAL, "%s %s: it is an IPv4 or IPv6 address, as %s",
		option_facts[option].name, text, otherwise);
}
