#include "mgmt/cli/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* xterm's control sequences: another page and back, cursor off and on, home, clear to the end. */
#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[?25h\033[?1049l"
#define HOME "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_REST "\033[J"
#define PLAIN "\033[0m"

#define LINE_ROOM 2048

static void say(const char *text)
{
	fputs(text, stdout);
	fflush(stdout);
}

int screen_open(struct screen *screen)
{
	struct termios raw;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGWINCH);
	screen->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (screen->signals < 0)
		return -errno;
	sigprocmask(SIG_BLOCK, &set, NULL);
	screen->keyboard = tcgetattr(STDIN_FILENO, &screen->before) == 0;
	if (screen->keyboard) {
		raw = screen->before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		raw.c_cc[VMIN] = 0;
		raw.c_cc[VTIME] = 0;
		/* Ctrl-Z would leave the shell on our page. */
		raw.c_cc[VSUSP] = _POSIX_VDISABLE;
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	say(ENTER);
	return 0;
}

void screen_close(struct screen *screen)
{
	say(LEAVE);
	if (screen->keyboard)
		tcsetattr(STDIN_FILENO, TCSANOW, &screen->before);
	close(screen->signals);
}

const char *screen_clip(const char *text, int columns, char *out, int room)
{
	int width = 0, used = 0;

	for (; *text && *text != '\n'; text++) {
		bool begins = (*text & 0xc0) != 0x80;

		if (*text == '\033') {
			int length = (int)strcspn(text, "m");

			length += text[length] == 'm';
			if (used + length < room) {
				memcpy(out + used, text, (size_t)length);
				used += length;
			}
			text += length - 1;
			continue;
		}
		width += begins;
		if (width <= columns && used + 1 < room)
			out[used++] = *text;
	}
	out[used] = '\0';
	return *text ? text + 1 : text;
}

static struct winsize size_now(void)
{
	struct winsize size = {.ws_row = 24, .ws_col = 80};

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	return size;
}

int screen_rows(void)
{
	return size_now().ws_row;
}

void screen_draw(const char *text)
{
	const struct winsize size = size_now();
	char line[LINE_ROOM];

	fputs(HOME, stdout);
	for (int row = 0; *text && row < size.ws_row; row++) {
		text = screen_clip(text, size.ws_col, line, sizeof(line));
		/* No line feed after the last row: it would scroll. */
		printf("%s%s" PLAIN CLEAR_LINE, row ? "\n" : "", line);
	}
	fputs(CLEAR_REST, stdout);
	fflush(stdout);
}

static bool wants_end(struct screen *screen, const struct pollfd *ready)
{
	struct signalfd_siginfo info;
	char key;

	if ((ready[0].revents & POLLIN) && read(screen->signals, &info, sizeof(info)) > 0 &&
		info.ssi_signo != SIGWINCH)
		return true;
	if (!screen->keyboard || ready[1].revents == 0)
		return false;
	/* A terminal that went away reads as its end. */
	if (read(STDIN_FILENO, &key, 1) != 1)
		return (ready[1].revents & POLLHUP) != 0;
	screen->key = key;
	return (!screen->types && (key == 'q' || key == 'Q')) || key == 3 || key == 4;
}

bool screen_wait(struct screen *screen, int ms)
{
	struct pollfd ready[2] = {
		{.fd = screen->signals, .events = POLLIN},
		{.fd = screen->keyboard ? STDIN_FILENO : -1, .events = POLLIN},
	};

	screen->key = 0;
	if (poll(ready, 2, ms) <= 0)
		return true;
	return !wants_end(screen, ready);
}
