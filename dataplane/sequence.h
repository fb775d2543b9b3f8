/* The RTP sequence numbers of one session: which arrived, which are missing (RFC 3550, appendix
 * A.1).
 *
 * Numbers are extended to 64 bits that never go back: a session that restarts continues above the
 * old one, so that "newer" is a comparison. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Packets that are remembered, by one bit each. */
#define SEQUENCE_WINDOW 4096

/* A jump ahead of more, or back by more, is a restart and no loss or delay. */
#define SEQUENCE_MAX_AHEAD 3000
#define SEQUENCE_MAX_BACK 4000

/* A packet this far behind the newest is counted as missing. */
#define SEQUENCE_HORIZON 128

struct sequence {
	uint64_t highest; /* the newest that arrived */
	uint64_t first; /* nothing before it is missed */
	uint64_t bits[SEQUENCE_WINDOW / 64];
};

enum sequence_verdict {
	/* Newer than all before. */
	SEQUENCE_AHEAD,
	/* Older, and it did not arrive before. */
	SEQUENCE_BEHIND,
	/* It arrived before. */
	SEQUENCE_SEEN,
	/* Too far from the others to belong to them. */
	SEQUENCE_FAR,
};

/* Begins anew with `number` as the next packet; it is not marked yet. */
void sequence_restart(struct sequence *sequence, uint16_t number);

/* Judges a number and extends it; *extended is not set for SEQUENCE_FAR. Changes nothing. */
enum sequence_verdict sequence_check(
	const struct sequence *sequence, uint16_t number, uint64_t *extended);

/* Whether the packet arrived, or nobody waits for it: it is older than the session or than what is
 * remembered. Not for numbers above the newest. */
bool sequence_is_known(const struct sequence *sequence, uint64_t extended);

/* Whether the packet arrived, and is remembered. Not for numbers above the newest. */
bool sequence_has_come(const struct sequence *sequence, uint64_t extended);

/* Notes that a packet arrived (AHEAD or BEHIND). Returns how many older ones are given up now. */
uint32_t sequence_mark(struct sequence *sequence, uint64_t extended);

/* Goes on with `extended`, far above the newest; it is not marked yet. Returns how many are
 * missing, those between included. */
uint32_t sequence_skip(struct sequence *sequence, uint64_t extended);

/* How many of those that are not given up yet are missing. */
uint32_t sequence_missing(const struct sequence *sequence);

/* Gives up all that are missing, returns how many. */
uint32_t sequence_flush(struct sequence *sequence);
