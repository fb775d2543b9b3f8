/* How evenly devices share the work. */
#pragma once

#include <stdint.h>

/* Jain's fairness index (Jain, Chiu, Hawe: "A quantitative measure of fairness", DEC-TR-301, 1984):
 * (sum x)^2 / (count * sum x^2). 1: all have the same; 1 / count: one has all. 1 too where there is
 * nothing to share. Any thread. */
double balance_jain(const double *shares, uint32_t count);
