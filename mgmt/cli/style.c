#include "mgmt/cli/style.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char *style_on(enum style style)
{
	static const char *const codes[] = {
		[STYLE_PLAIN] = "",
		[STYLE_TITLE] = "\033[1m",
		[STYLE_GOOD] = "\033[32m",
		[STYLE_WARN] = "\033[33m",
		[STYLE_BAD] = "\033[1;31m",
		[STYLE_DIM] = "\033[2m",
	};

	return codes[style];
}

const char *style_off(enum style style)
{
	return style == STYLE_PLAIN ? "" : "\033[0m";
}

bool style_wanted(int fd)
{
	const char *term = getenv("TERM");
	const char *no = getenv("NO_COLOR");

	return isatty(fd) && (!no || !no[0]) && term && strcmp(term, "dumb") != 0;
}

int style_width(int fd)
{
	struct winsize size;

	return isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
