/* Letters of 5 x 7 dots. */
#pragma once

#include <stdint.h>

#define LETTER_WIDTH 5
#define LETTER_HEIGHT 7

/* Seven rows, the left dot in the highest of five bits. Small letters look like capital ones; what
 * there is no letter for is a box. */
const uint8_t *letters_of(char letter);
