/* The search for the highest rate that a device passes, in the manner of MLRsearch
 * (draft-ietf-bmwg-mlrsearch): it says which trial comes next and judges what came of it. It knows
 * nothing of packets or of time; one thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What is searched for; the draft's names of them in brackets. */
struct search_goal {
	double loss_ratio; /* that a trial may have and is good [goal loss ratio] */
	double exceed_ratio; /* share of the time at a rate that may be bad [goal exceed ratio] */
	double short_s; /* the first trials */
	double final_s; /* the trials that confirm [goal final trial duration] */
	double sum_s; /* as long as all of those at one rate take [goal duration sum] */
	double width; /* upper bound - lower bound, relative to the upper one [goal width] */
};

struct search_trial {
	double rate, seconds;
	double loss_ratio;
	double offered; /* the rate that it came to; 0: the same */
};

#define SEARCH_TRIALS 400

enum search_state {
	SEARCH_GOES_ON,
	SEARCH_FOUND, /* between two bounds */
	SEARCH_AT_MOST, /* even the highest rate is good: something else limits */
	SEARCH_NOTHING, /* even the lowest rate is bad */
	SEARCH_EXHAUSTED, /* too many trials: the device is not steady */
};

struct search {
	struct search_goal goal;
	double least, most; /* rates */
	struct search_trial trials[SEARCH_TRIALS];
	uint32_t count;
	bool confirming; /* trials are long now */
	double hint_low, hint_high; /* the bounds of the short trials; 0: none */
	uint32_t steps; /* that went into one direction */
};

/* What it came to. */
struct search_result {
	enum search_state state;
	double low, high; /* bounds; 0: none */
	double throughput; /* of the lower bound, without what was lost [conditional throughput] */
};

void search_begin(struct search *search, const struct search_goal *goal, double least, double most);

/* Which trial comes next; false when it is over. */
bool search_next(struct search *search, double *rate, double *seconds);

/* What came of a trial; also of one that nobody asked for. */
void search_take(struct search *search, const struct search_trial *trial);

/* Whoever sends cannot send more: rates above are out of the question. */
void search_limit(struct search *search, double most);

void search_look(const struct search *search, struct search_result *result);
