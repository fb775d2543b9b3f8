#include "core/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

/* Where sd_journal_send(3) sends; it does not say when nobody listens. */
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

static const struct {
	const char *name;
	int priority; /* of syslog(3) and journald */
} levels[] = {
	[GW_LOG_ERROR] = {"error", LOG_ERR},
	[GW_LOG_WARNING] = {"warning", LOG_WARNING},
	[GW_LOG_INFO] = {"info", LOG_INFO},
	[GW_LOG_DEBUG] = {"debug", LOG_DEBUG},
};

static _Atomic int threshold = GW_LOG_INFO;
static bool to_journal; /* written once, before the first thread */

void gw_log_open(enum gw_log_target target, enum gw_log_level level)
{
	/* systemd sets JOURNAL_STREAM for what it starts (systemd.exec(5)). */
	to_journal =
		target == GW_LOG_JOURNALD || (target == GW_LOG_AUTO && getenv("JOURNAL_STREAM"));
	gw_log_set_level(level);
	if (to_journal && access(JOURNAL_SOCKET, F_OK) != 0) {
		to_journal = false;
		gw_warn("log", "there is no journald on this machine: the log goes to stderr");
	}
}

void gw_log_set_level(enum gw_log_level level)
{
	atomic_store_explicit(&threshold, (int)level, memory_order_relaxed);
}

void gw_log(enum gw_log_level level, const char *subject, const char *format, ...)
{
	char text[1024];
	va_list args;

	if ((int)level > atomic_load_explicit(&threshold, memory_order_relaxed))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (to_journal) {
		sd_journal_send("MESSAGE=%s: %s", subject, text, "PRIORITY=%i",
			levels[level].priority, "SYSLOG_IDENTIFIER=gwd", "FRAMEGATE_SUBJECT=%s",
			subject, NULL);
		return;
	}
	struct timespec now;
	struct tm utc;
	char when[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &utc);
	/* One write for one line, so that lines of different threads do not mix. */
	fprintf(stderr, "%s.%03ldZ %-7s %s: %s\n", when, now.tv_nsec / 1000000, levels[level].name,
		subject, text);
}
