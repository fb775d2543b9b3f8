/* gwgen's command line: its commands and options in one table, from which help, manual page and
 * completion come. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"

/* Exit codes, for scripts; as gwctl's. */
enum gwgen_exit {
	GWGEN_WELL = 0,
	GWGEN_NOT_WELL = 1, /* it did not go as it was asked for */
	GWGEN_USAGE = 2, /* the command line makes no sense */
	GWGEN_NO_DAEMON = 3, /* no gateway answers on the socket */
};

enum command {
	COMMAND_SEND,
	COMMAND_SEARCH,
	COMMAND_CONFIG,
	COMMAND_LIST,
	COMMAND_HELP,
	COMMAND_COMPLETION,
	COMMAND_COUNT
};

enum option {
	OPTION_PORT,
	OPTION_OUTPUT,
	OPTION_CAMERA,
	OPTION_CAMERAS,
	OPTION_PICTURE,
	OPTION_SIZE,
	OPTION_RATE,
	OPTION_PACING,
	OPTION_LINK,
	OPTION_SECONDS,
	OPTION_FRAMES,
	OPTION_MTU,
	OPTION_SOURCE,
	OPTION_DESTINATION,
	OPTION_UDP_PORT,
	OPTION_UDP_STEP,
	OPTION_MAC,
	OPTION_VLAN,
	OPTION_NO_CHECKSUM,
	OPTION_LOSS,
	OPTION_DUPLICATE,
	OPTION_REORDER,
	OPTION_JITTER,
	OPTION_INTRUDERS,
	OPTION_RTCP,
	OPTION_RTCP_SAME_PORT,
	OPTION_SEED,
	OPTION_SAVE,
	OPTION_SOCKET,
	OPTION_CRITERION,
	OPTION_FRAME_SIZES,
	OPTION_MOST,
	OPTION_SHORT,
	OPTION_LONG,
	OPTION_PRECISION,
	OPTION_EXCEED,
	OPTION_RETURN,
	OPTION_REPORT,
	OPTION_JSON,
	OPTION_QUIET,
	OPTION_LIST,
	OPTION_MAN,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_COUNT,
};

/* What completion offers behind an option. */
enum option_kind { OPTION_NOTHING, OPTION_WORD, OPTION_FILE, OPTION_KIND };

struct option_facts {
	const char *name; /* "--rate" */
	const char *value; /* what follows, NULL: nothing */
	enum option_kind kind;
	unsigned int commands; /* bit n: command n takes it */
	const char *summary;
	const char *words; /* the values it may have, with '|' between; NULL: any */
};

struct command_facts {
	const char *name;
	const char *summary;
	const char *details;
	const char *example; /* without "gwgen" */
};

extern const struct option_facts option_facts[OPTION_COUNT];
extern const struct command_facts command_facts[COMMAND_COUNT];

#define OPTIONS_MANY 64 /* values of an option that may be given more than once */

struct options {
	enum command command;
	const char *argument; /* "bash"; NULL: none */
	const char *value[OPTION_COUNT]; /* the last one given; "" of a flag; NULL: not given */
	const char *pictures[OPTIONS_MANY], *cameras[OPTIONS_MANY];
	uint32_t picture_count, camera_count;
};

/* The words stay the caller's and must outlive the options. -EINVAL and a line that says what to
 * type instead. */
int options_parse(int count, char *const *words, struct options *options, struct gw_error *error);

bool options_has(const struct options *options, enum option option);

/* The number behind an option, `otherwise` when it is not given; -EINVAL when it is none from
 * `least` to `most`. */
int options_number(const struct options *options, enum option option, double least, double most,
	double otherwise, double *number, struct gw_error *error);

/* An IPv4 or IPv6 address, in network byte order; what IPv4 does not use of it is 0. Returns its
 * family, AF_INET or AF_INET6, or -EINVAL. */
int options_address(const struct options *options, enum option option, const char *otherwise,
	uint8_t address[16], struct gw_error *error);
