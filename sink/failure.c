#include "sink/failure.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"

/* A full disk takes a small write now and then: it is well after so long without a failure. */
#define WELL_AFTER_NS (5 * GW_NS_PER_S)
/* Cameras whose folders fail for different causes would say so in turn. */
#define SAY_EVERY_NS (60 * GW_NS_PER_S)

void failure_note(struct failure *failure, int status)
{
	failure->succeeded = status == 0;
	if (status == 0)
		return;
	failure->number = -status;
	gw_counter_add(&failure->total, 1);
}

int failure_now(const struct failure *failure)
{
	return atomic_load_explicit(&failure->errno_now, memory_order_relaxed);
}

static void say(struct failure *failure, const char *path, int64_t now)
{
	gw_error_log("kafka", "%s: %s could not be written: %s", path, failure->what,
		strerror(failure->number));
	failure->said = failure->number;
	failure->said_at = now;
}

void failure_tell(struct failure *failure, const char *path, int64_t now)
{
	const int before = failure_now(failure);

	if (failure->number != 0) {
		failure->at = now;
		if (before == 0 ||
			(failure->number != failure->said &&
				now - failure->said_at >= SAY_EVERY_NS))
			say(failure, path, now);
		atomic_store_explicit(&failure->errno_now, failure->number, memory_order_relaxed);
	} else if (before != 0 && failure->succeeded && now - failure->at > WELL_AFTER_NS) {
		atomic_store_explicit(&failure->errno_now, 0, memory_order_relaxed);
		gw_info("kafka", "%s: %s can be written again", path, failure->what);
	}
	failure->number = 0;
}

/* What whoever reads it is to do about it. */
static const char *advice(int number)
{
	switch (number) {
	case ENOSPC:
	case EDQUOT:
		return "make room on its disk";
	case EROFS:
		return "its disk is mounted read-only: look why (dmesg), and mount it for writing";
	case EACCES:
	case EPERM:
		return "let gwd write there";
	case EFBIG:
		return "move the file away, or raise the limit of file sizes (LimitFSIZE=)";
	case EMFILE:
	case ENFILE:
		return "raise the limit of open files (LimitNOFILE=)";
	case EINVAL:
		return "it is not a regular file: move it away";
	case EEXIST:
		return "move older pictures away, or restart gwd to go on after them";
	default:
		return "see whether the directory is there and its disk is well (dmesg)";
	}
}

void failure_health(const struct failure *failure, const char *path, struct gw_health *health)
{
	const int number = failure_now(failure);

	if (number == 0)
		return;
	gw_health_add(health, failure->severity, failure->id, NULL,
		"%s: %s could not be written and is dropped: %s: %s", path, failure->what,
		strerror(number), advice(number));
}
