/* Figures as people read them. Each returns `text`. */
#pragma once

#include <stdint.h>

#define UNITS_TEXT 32

/* Microseconds: "850 us", "12.3 ms", "1.20 s". */
const char *units_us(char text[UNITS_TEXT], int64_t us);

/* A time that passed: "00:12:03", "3d 04:05:06". */
const char *units_duration(char text[UNITS_TEXT], double seconds);

/* How long ago: "40 ms ago", "3.2 s ago", "5 min ago", "never" when negative. */
const char *units_ago(char text[UNITS_TEXT], int64_t ms);

/* A share as "12 %"; below one per cent "<1 %". */
const char *units_share(char text[UNITS_TEXT], double share);

/* "" or "s": one frame, two frames. */
const char *units_plural(int64_t count);
