/* The machine as its files tell it, and what of it suits a gateway. */
#pragma once

#include <stdbool.h>

/* Where it is read: "" for this one, a folder for one that tests made. */
struct machine {
	const char *root;
	bool clock_synchronised; /* adjtimex(2) knows, not a file */
};

enum machine_verdict {
	MACHINE_GOOD,
	MACHINE_NOTICE, /* works; something is given away */
	MACHINE_WRONG, /* the gateway will not do what it should */
};

struct machine_finding {
	const char *subject; /* static */
	enum machine_verdict verdict;
	char found[192];
	char advice[256]; /* what to do; "" when it is good */
};

#define MACHINE_FINDINGS 8

/* Looks at everything, in the order of a start. Changes nothing. */
void machine_check(const struct machine *machine, struct machine_finding found[MACHINE_FINDINGS]);

/* "good", "notice", "wrong". */
const char *machine_verdict_name(enum machine_verdict verdict);

/* The first line of a file below the root, without its end. False when it cannot be read. */
bool machine_line(const struct machine *machine, const char *path, char *line, int size);
