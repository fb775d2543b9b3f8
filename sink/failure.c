#include "sink/failure.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "core/clock.h"
#include "core/health.h"
#include "core/log.h"

/* A full disk takes a small write now and then: it is well after so long without a failure. */
#define WELL_AFTER_NS (5 * GW_NS_PER_S)

void failure_note(struct failure *failure, const char *what, int status)
{
	failure->succeeded = status == 0;
	if (status == 0)
		return;
	failure->latest = what;
	failure->number = -status;
	gw_counter_add(&failure->total, 1);
}

int failure_now(const struct failure *failure)
{
	return atomic_load_explicit(&failure->errno_now, memory_order_relaxed);
}

void failure_tell(struct failure *failure, const char *path, int64_t now)
{
	const int before = failure_now(failure);

	if (failure->latest) {
		failure->at = now;
		if (before != failure->number)
			gw_error_log("kafka", "%s: %s could not be written: %s", path,
				failure->latest, strerror(failure->number));
		atomic_store_explicit(&failure->what, failure->latest, memory_order_relaxed);
		atomic_store_explicit(&failure->errno_now, failure->number, memory_order_release);
		failure->latest = NULL;
	} else if (before != 0 && failure->succeeded && now - failure->at > WELL_AFTER_NS) {
		atomic_store_explicit(&failure->errno_now, 0, memory_order_relaxed);
		gw_info("kafka", "%s: can be written again", path);
	}
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
	const int number = atomic_load_explicit(&failure->errno_now, memory_order_acquire);
	const char *what = atomic_load_explicit(&failure->what, memory_order_relaxed);

	if (number == 0)
		return;
	gw_health_add(health, strcmp(what, FAILURE_PICTURE) == 0 ? GW_DEGRADED : GW_FAILED,
		"kafka.file.failed", NULL, "%s: %s could not be written and is dropped: %s: %s",
		path, what, strerror(number), advice(number));
}
