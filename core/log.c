#include "core/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

#include "core/log_queue.h"
#include "core/log_tail.h"

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

/* Returns false when not all of it got out: nobody reads any more, or the disk is full. */
static bool write_out(const char *text, size_t size)
{
	while (size > 0) {
		const ssize_t n = write(STDERR_FILENO, text, size);

		if (n < 0 && errno == EAGAIN)
			/* Whoever has it too made it so. */
			poll(&(struct pollfd){.fd = STDERR_FILENO, .events = POLLOUT}, 1, -1);
		else if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			text += n;
			size -= (size_t)n;
		}
	}
	return true;
}

/* One write for one line, so that lines of different threads do not mix. */
static bool write_line(const struct log_line *line)
{
	char text[sizeof(line->text) + sizeof(line->subject) + 64], when[32];
	struct tm utc;
	int size;

	if (line->plain) {
		size = snprintf(text, sizeof(text), "%s\n", line->text);
		return write_out(text, (size_t)size);
	}
	if (to_journal && line->message_id)
		return sd_journal_send("MESSAGE=%s: %s", line->subject, line->text, "PRIORITY=%i",
			       levels[line->level].priority, "SYSLOG_IDENTIFIER=gwd",
			       "FRAMEGATE_SUBJECT=%s", line->subject, "MESSAGE_ID=%s",
			       line->message_id, "FRAMEGATE_ALARM=%s", line->alarm,
			       "FRAMEGATE_ALARM_SUBJECT=%s", line->about, NULL) == 0;
	if (to_journal)
		return sd_journal_send("MESSAGE=%s: %s", line->subject, line->text, "PRIORITY=%i",
			       levels[line->level].priority, "SYSLOG_IDENTIFIER=gwd",
			       "FRAMEGATE_SUBJECT=%s", line->subject, NULL) == 0;
	gmtime_r(&line->when.tv_sec, &utc);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &utc);
	size = snprintf(text, sizeof(text), "%s.%03ldZ %-7s %s: %s\n", when,
		line->when.tv_nsec / 1000000, levels[line->level].name, line->subject, line->text);
	return write_out(text, (size_t)size);
}

static void stamp(struct log_line *line, enum gw_log_level level, const char *subject)
{
	line->level = level;
	line->lost = 0;
	line->plain = subject == NULL;
	line->message_id = line->alarm = NULL;
	clock_gettime(CLOCK_REALTIME, &line->when);
	snprintf(line->subject, sizeof(line->subject), "%s", subject ? subject : "");
}

/* On the log's thread. */
static bool write_next(struct log_line *line)
{
	if (line->lost > 0) {
		struct log_line note;

		stamp(&note, GW_LOG_WARNING, "log");
		snprintf(note.text, sizeof(note.text),
			"%lu lines were lost here: nobody read the log fast enough, or it could "
			"not be written",
			line->lost);
		if (!write_line(&note))
			return false;
		line->lost = 0;
	}
	return line->text[0] == '\0' || write_line(line);
}

void gw_log_start(void)
{
	const int status = log_queue_start(write_next);

	if (status != 0)
		gw_warn("log", "no thread for the log: whoever logs waits for its reader: %s",
			strerror(-status));
}

void gw_log_flush(int64_t ns)
{
	(void)log_queue_flush(ns);
}

void gw_log_stop(int64_t ns, int64_t most)
{
	log_queue_stop(ns, most);
}

uint64_t gw_log_lost(void)
{
	return log_queue_lost();
}

const char *gw_log_level_name(enum gw_log_level level)
{
	return levels[level].name;
}

static void put(const struct log_line *line)
{
	log_tail_put(line);
	if (!log_queue_put(line))
		write_line(line);
}

void gw_log(enum gw_log_level level, const char *subject, const char *format, ...)
{
	struct log_line line;
	va_list args;

	if ((int)level > atomic_load_explicit(&threshold, memory_order_relaxed))
		return;
	stamp(&line, level, subject);
	va_start(args, format);
	vsnprintf(line.text, sizeof(line.text), format, args);
	va_end(args);
	put(&line);
}

void gw_log_alarm(enum gw_log_level level, const char *message_id, const char *alarm,
	const char *about, const char *format, ...)
{
	struct log_line line;
	va_list args;

	if ((int)level > atomic_load_explicit(&threshold, memory_order_relaxed))
		return;
	stamp(&line, level, "alarm");
	line.message_id = message_id;
	line.alarm = alarm;
	snprintf(line.about, sizeof(line.about), "%s", about);
	va_start(args, format);
	vsnprintf(line.text, sizeof(line.text), format, args);
	va_end(args);
	put(&line);
}

void gw_log_say(const char *format, ...)
{
	struct log_line line;
	va_list args;

	stamp(&line, GW_LOG_ERROR, NULL);
	va_start(args, format);
	vsnprintf(line.text, sizeof(line.text), format, args);
	va_end(args);
	put(&line);
}
