/* A camera's directory of pictures: 00000000.jpg, 00000001.jpg, ... with 8 digits, or as many as it
 * takes. Other files in it are nobody's business. Control thread, or main thread. */
#pragma once

#include <stdint.h>

#define PICTURE_NAME 48

/* Writes the name of picture `number`, or of the enhanced one that is a finding of it:
 * 00000000.enhanced-3.jpg; GW_NO_FINDING: its own. Any thread. */
void picture_name(char name[PICTURE_NAME], uint64_t number, uint16_t finding);

/* Takes all pictures out of the directory. Returns 0 or a negative errno. */
int pictures_remove(int directory);

/* Finds the number after the highest there is, 0 in an empty directory. Returns 0 or a negative
 * errno. */
int pictures_next(int directory, uint64_t *next);
