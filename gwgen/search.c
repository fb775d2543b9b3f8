#include "gwgen/search.h"

#include <string.h>

#define COARSE 4 /* the short trials stop at so many widths */
#define SAME 1e-9 /* rates that differ by less are the same */

enum bound { BOUND_NONE, BOUND_LOWER, BOUND_UPPER };

void search_begin(struct search *search, const struct search_goal *goal, double least, double most)
{
	memset(search, 0, sizeof(*search));
	search->goal = *goal;
	search->least = least;
	search->most = most;
	search->confirming = goal->short_s >= goal->final_s;
}

void search_take(struct search *search, const struct search_trial *trial)
{
	if (search->count < SEARCH_TRIALS)
		search->trials[search->count++] = *trial;
}

void search_limit(struct search *search, double most)
{
	if (most < search->most)
		search->most = most > search->least ? most : search->least;
}

static bool is_same(double a, double b)
{
	return a - b < SAME * a && b - a < SAME * a;
}

/* How long a trial of this phase is, and how much time one rate gets. */
static double trial_s(const struct search *search)
{
	return search->confirming ? search->goal.final_s : search->goal.short_s;
}

static double sum_s(const struct search *search)
{
	return search->confirming ? search->goal.sum_s : search->goal.short_s;
}

/* What the trials at one rate say of it. Time counts, not the number of trials: shorter ones than
 * this phase has can only speak against it, and good ones make up for bad ones in the share that
 * the goal allows (the draft, "load classification"). */
static enum bound classify(const struct search *search, double rate)
{
	const double exceed = search->goal.exceed_ratio, full = trial_s(search) * 0.999;
	double good = 0, bad = 0, short_good = 0, short_bad = 0;

	for (uint32_t i = 0; i < search->count; i++) {
		const struct search_trial *trial = &search->trials[i];
		const bool is_bad = trial->loss_ratio > search->goal.loss_ratio;

		if (!is_same(trial->rate, rate))
			continue;
		if (trial->seconds >= full)
			*(is_bad ? &bad : &good) += trial->seconds;
		else
			*(is_bad ? &short_bad : &short_good) += trial->seconds;
	}
	const double balance = exceed < 1 ? short_good * exceed / (1 - exceed) : short_bad;

	bad += short_bad > balance ? short_bad - balance : 0;
	const double whole = good + bad > sum_s(search) ? good + bad : sum_s(search);

	/* If all that is missing were good, and if all of it were bad. */
	if (bad / whole > exceed)
		return BOUND_UPPER;
	if (1 - good / whole <= exceed + SAME)
		return BOUND_LOWER;
	return BOUND_NONE;
}

/* The lowest upper bound, and the highest lower bound below it; 0: none. */
static void find_bounds(const struct search *search, double *low, double *high)
{
	*low = *high = 0;
	for (uint32_t i = 0; i < search->count; i++) {
		const double rate = search->trials[i].rate;

		if ((*high == 0 || rate < *high) && classify(search, rate) == BOUND_UPPER)
			*high = rate;
	}
	for (uint32_t i = 0; i < search->count; i++) {
		const double rate = search->trials[i].rate;

		if (rate > *low && (*high == 0 || rate < *high) &&
			classify(search, rate) == BOUND_LOWER)
			*low = rate;
	}
}

/* A rate that has trials of this phase and is not decided yet; 0: none. */
static double undecided(const struct search *search, double low, double high)
{
	for (uint32_t i = 0; i < search->count; i++) {
		const struct search_trial *trial = &search->trials[i];

		if (trial->seconds >= trial_s(search) * 0.999 && trial->rate > low &&
			(high == 0 || trial->rate < high) &&
			classify(search, trial->rate) == BOUND_NONE)
			return trial->rate;
	}
	return 0;
}

/* What came through at that rate, at the worst. */
static double forwarded(const struct search *search, double rate)
{
	double worst = rate;

	for (uint32_t i = 0; i < search->count; i++) {
		const struct search_trial *trial = &search->trials[i];
		const double offered =
			trial->offered > 0 && trial->offered < rate ? trial->offered : rate;

		if (is_same(trial->rate, rate) && offered * (1 - trial->loss_ratio) < worst)
			worst = offered * (1 - trial->loss_ratio);
	}
	return worst;
}

/* Below an upper bound, while no rate is known to be good. */
static double go_down(struct search *search, double high)
{
	const double width = search->goal.width * (search->confirming ? 1 : COARSE);
	double next = forwarded(search, high);

	if (search->hint_low > 0 && search->hint_low < high && search->steps == 0)
		next = search->hint_low;
	/* What comes through of too much is often more than what passes without a loss. */
	for (double step = width, i = 0; i < search->steps; i++, step *= 2)
		next = next > high * (1 - step) ? high * (1 - step) : next;
	search->steps++;
	if (next > high * (1 - width))
		next = high * (1 - width);
	return next > search->least ? next : search->least;
}

/* Above a lower bound, while no rate is known to be bad. */
static double go_up(struct search *search, double low)
{
	const double width = search->goal.width * (search->confirming ? 1 : COARSE);
	double next = low * (1 + width * (double)(1u << (search->steps < 10 ? search->steps : 10)));

	if (search->hint_high > low && search->steps == 0)
		next = search->hint_high;
	search->steps++;
	return next < search->most ? next : search->most;
}

static bool is_narrow(const struct search *search, double low, double high)
{
	const double width = search->goal.width * (search->confirming ? 1 : COARSE);

	return high - low <= width * high * (1 + SAME);
}

static enum search_state judge(const struct search *search, double low, double high)
{
	if (low > 0 && high > 0 && is_narrow(search, low, high))
		return SEARCH_FOUND;
	/* The rates between may be out of the question since (search_limit()). */
	if (low > 0 && (low >= search->most || is_same(low, search->most)))
		return SEARCH_AT_MOST;
	if (low == 0 && high > 0 && high <= search->least * (1 + SAME))
		return SEARCH_NOTHING;
	return search->count >= SEARCH_TRIALS ? SEARCH_EXHAUSTED : SEARCH_GOES_ON;
}

static double first_rate(const struct search *search)
{
	return search->hint_low > 0 ? search->hint_low : search->most;
}

bool search_next(struct search *search, double *rate, double *seconds)
{
	double low, high;

	find_bounds(search, &low, &high);
	enum search_state state = judge(search, low, high);

	if (state != SEARCH_GOES_ON && state != SEARCH_EXHAUSTED && !search->confirming) {
		search->confirming = true;
		search->hint_low = low;
		search->hint_high = high;
		search->steps = 0;
		find_bounds(search, &low, &high);
		state = judge(search, low, high);
	}
	if (state != SEARCH_GOES_ON)
		return false;
	*seconds = trial_s(search);
	*rate = undecided(search, low, high);
	if (*rate > 0)
		return true;
	if (low == 0 && high == 0)
		*rate = first_rate(search);
	else if (low == 0)
		*rate = go_down(search, high);
	else if (high == 0)
		*rate = go_up(search, low);
	else
		*rate = (low + high) / 2;
	if (*rate > search->most)
		*rate = search->most;
	return true;
}

void search_look(const struct search *search, struct search_result *result)
{
	memset(result, 0, sizeof(*result));
	find_bounds(search, &result->low, &result->high);
	result->state = search->confirming       ? judge(search, result->low, result->high)
		: search->count >= SEARCH_TRIALS ? SEARCH_EXHAUSTED
						 : SEARCH_GOES_ON;
	if (result->low > 0)
		result->throughput = forwarded(search, result->low);
}
