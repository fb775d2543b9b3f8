/* A camera's directory of pictures: 00000000.jpg, 00000001.jpg, ... with 8 digits, or as many as it
 * takes. Other files in it are nobody's business. Control thread, or main thread. */
#pragma once

#include <stdint.h>

#define PICTURE_NAME 32

/* Writes the name of picture `number`. Any thread. */
void picture_name(char name[PICTURE_NAME], uint64_t number);

/* Takes all pictures out of the directory. Returns 0 or a negative errno. */
int pictures_remove(int directory);

/* Finds the number after the highest there is, 0 in an empty directory. Returns 0 or a negative
 * errno. */
int pictures_next(int directory, uint64_t *next);
