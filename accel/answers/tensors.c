/* Tensors as they are: |a - b| / max(|a|, |b|) with the Euclidean norm, which is 0.1 where every
 * value is a tenth less, whatever its unit, and at most 1 here: what points elsewhere is not alike
 * at all, however far. */
#include <math.h>
#include <stddef.h>

#include "accel/answers/own.h"

#define LANES 8 /* sums that do not wait for each other */

struct squares {
	double a, b, apart;
};

/* Values of one row; 0 and 1 of a number. */
static size_t row_of(const struct gw_values *values)
{
	size_t count = 1;

	for (uint32_t i = 1; i < values->rank; i++)
		count *= values->dims[i];
	return count;
}

static size_t rows_of(const struct gw_values *values)
{
	return values->rank > 0 ? values->dims[0] : 1;
}

/* Rows may be as many as there are things in the picture. */
static bool same_rows(const struct gw_values *a, const struct gw_values *b)
{
	if (a->rank != b->rank)
		return false;
	for (uint32_t i = 1; i < a->rank; i++)
		if (a->dims[i] != b->dims[i])
			return false;
	return true;
}

static void add(struct squares *squares, const float *a, const float *b, size_t count)
{
	double of_a[LANES] = {0}, of_b[LANES] = {0}, apart[LANES] = {0};

	for (size_t i = 0; i + LANES <= count; i += LANES)
		for (size_t k = 0; k < LANES; k++) {
			const double x = (double)a[i + k], y = (double)b[i + k];

			of_a[k] += x * x;
			of_b[k] += y * y;
			apart[k] += (x - y) * (x - y);
		}
	for (size_t i = count - count % LANES; i < count; i++) {
		const double x = (double)a[i], y = (double)b[i];

		of_a[0] += x * x;
		of_b[0] += y * y;
		apart[0] += (x - y) * (x - y);
	}
	for (size_t k = 0; k < LANES; k++) {
		squares->a += of_a[k];
		squares->b += of_b[k];
		squares->apart += apart[k];
	}
}

/* Values among which some are no numbers: where both say the same of that, it is left out. False:
 * they do not. */
static bool add_numbers(struct squares *squares, const float *a, const float *b, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const double x = (double)a[i], y = (double)b[i];

		if (isfinite(x) && isfinite(y)) {
			squares->a += x * x;
			squares->b += y * y;
			squares->apart += (x - y) * (x - y);
		} else if (x != y && !(isnan(x) && isnan(y))) {
			return false;
		}
	}
	return true;
}

/* Rows that only one of them has are compared with zeros. */
static double distance(const struct gw_values *a, const struct gw_values *b)
{
	const size_t of_a = rows_of(a) * row_of(a), of_b = rows_of(b) * row_of(b);
	const size_t both = of_a < of_b ? of_a : of_b;
	struct squares squares = {0}, rest = {0};

	add(&squares, a->value, b->value, both);
	if (!isfinite(squares.apart)) {
		squares = (struct squares){0};
		if (!add_numbers(&squares, a->value, b->value, both))
			return 1;
	}
	if (of_a > both)
		add(&rest, a->value + both, a->value + both, of_a - both);
	else
		add(&rest, b->value + both, b->value + both, of_b - both);
	squares.apart += rest.a;
	if (of_a > both)
		squares.a += rest.a;
	else
		squares.b += rest.a;
	if (!isfinite(squares.apart))
		return 1;
	const double longer = squares.a > squares.b ? squares.a : squares.b;

	return longer > 0 ? fmin(sqrt(squares.apart / longer), 1) : 0;
}

float tensors_apart(const struct gw_result *one, const struct gw_result *other)
{
	double sum = 0;

	if (one->count == 0 || one->count != other->count)
		return one->count != other->count;
	for (uint32_t k = 0; k < one->count; k++) {
		const struct gw_values *a = gw_result_rest(one, &one->findings[k]);
		const struct gw_values *b = gw_result_rest(other, &other->findings[k]);

		sum += same_rows(a, b) ? distance(a, b) : 1;
	}
	return (float)(sum / one->count);
}
