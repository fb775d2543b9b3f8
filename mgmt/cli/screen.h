/* The terminal while `gwctl top` has it: another page, keys without Enter, everything back at the
 * end. */
#pragma once

#include <stdbool.h>
#include <termios.h>

struct screen {
	struct termios before;
	int signals; /* signalfd of SIGINT, SIGTERM and SIGWINCH */
	bool keyboard; /* standard input is a terminal */
	bool types; /* set by who reads words: then q is a letter */
	char key; /* that ended the last wait; 0: none did */
};

/* Returns 0 or a negative errno; nothing is changed then. */
int screen_open(struct screen *screen);
void screen_close(struct screen *screen);

/* Shows `text`, cut to the size that the terminal has now; colours do not count. */
void screen_draw(const char *text);

/* The terminal's rows. */
int screen_rows(void);

/* Waits until it is time for the next picture, a key is pressed (`key` says which) or the
 * terminal's size changes. Returns false when the user wants to end: q, Ctrl-C or a signal. */
bool screen_wait(struct screen *screen, int ms);

/* Copies at most `columns` visible characters of one line, and all of its colours, to `out`;
 * returns where it ends in `text`. */
const char *screen_clip(const char *text, int columns, char *out, int room);
