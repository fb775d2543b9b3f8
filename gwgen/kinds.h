/* The kinds of cameras that gwgen can be, by name: one table of every way in which senders of
 * RTP/JPEG differ from each other. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gwgen/maker.h"
#include "gwgen/recode.h"

/* What a camera that sends whole files leaves out of them, or puts in. */
enum kind_file {
	KIND_FILE_PLAIN,
	KIND_FILE_BARE, /* without Huffman tables */
	KIND_FILE_NO_SPECTRUM, /* its scan header says that the spectrum ends at 0 */
	KIND_FILE_NOTES, /* application segments longer than the first packet */
};

enum kind_clock {
	KIND_CLOCK_EXACT,
	KIND_CLOCK_STANDS, /* every picture has the same timestamp */
	KIND_CLOCK_SECONDS, /* it ticks once a second */
};

struct kind {
	const char *name;
	const char *sentence; /* what it does, for the user */
	struct maker_style style; /* but for its segments and the size of packets */
	struct recode_needs needs;
	const char *segments; /* markers of the extension's segments, "": all; NULL: no extension */
	enum kind_file file;
	enum kind_clock clock;
	bool tables_once; /* in the first picture only, and an empty table header afterwards */
	bool filling; /* zero bytes before markers */
	bool rest; /* a last restart marker, and bytes behind the end */
	bool fields; /* two pictures are the fields of one */
	bool one_marker; /* which the second field closes for both */
	bool strays; /* packets of other sources and other media between its own */
	bool empty; /* packets without payload between its pictures */
	bool twice; /* the whole stream once more, half a second later */
	bool changes_interval; /* other restart intervals, the same number of markers */
	bool no_ip_checksum;
	uint16_t new_ssrc; /* after so many pictures; 0: never */
	uint16_t restart; /* numbers and clock begin anew after so many pictures; 0: never */

	/* What a receiver needs to be told, and what comes of it. */
	bool tell_size;
	bool tell_type; /* the payload type */
	const char *refused; /* the reason for which every picture is dropped; NULL: none is */
};

/* Ended by one without a name. */
extern const struct kind kinds[];

/* The kind of that name, or NULL. */
const struct kind *kind_find(const char *name);
