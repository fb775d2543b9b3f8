#include "sink/spool/faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/uio.h>
#include <unistd.h>

static struct {
	_Atomic int error;
	_Atomic uint32_t after, left, count;
} faults[FAULT_CALLS];

void faults_set(enum fault_call call, int error, uint32_t times)
{
	faults_set_after(call, error, times, 0);
}

void faults_set_after(enum fault_call call, int error, uint32_t times, uint32_t after)
{
	atomic_store(&faults[call].after, after);
	atomic_store(&faults[call].error, error);
	atomic_store(&faults[call].left, times);
	atomic_store(&faults[call].count, 0);
}

static _Atomic uint64_t bad_from, bad_to;
static _Atomic bool held, holds;

void faults_hold_sync(bool hold)
{
	atomic_store(&held, hold);
}

bool faults_holds_sync(void)
{
	return atomic_load(&holds);
}

void faults_set_bad(uint64_t from, uint64_t to)
{
	atomic_store(&bad_from, from);
	atomic_store(&bad_to, to);
}

uint32_t faults_count(enum fault_call call)
{
	return atomic_load(&faults[call].count);
}

/* Takes one away. False: there is none. */
static bool take(_Atomic uint32_t *number)
{
	uint32_t left = atomic_load(number);

	while (left > 0 && !atomic_compare_exchange_weak(number, &left, left - 1))
		;
	return left > 0;
}

static bool fails(enum fault_call call)
{
	if (take(&faults[call].after) || !take(&faults[call].left))
		return false;
	atomic_fetch_add(&faults[call].count, 1);
	errno = atomic_load(&faults[call].error);
	return true;
}

/* The program's own are found before the C library's. */
#define EXPORTED __attribute__((visibility("default")))

typedef ssize_t vector_call(int, const struct iovec *, int, off_t);
typedef ssize_t write_call(int, const void *, size_t);
typedef ssize_t place_call(int, const void *, size_t, off_t);
typedef ssize_t read_call(int, void *, size_t, off_t);
typedef int file_call(int);
typedef int open_call(int, const char *, int, ...);
typedef int remove_call(int, const char *, int);
typedef int cut_call(int, off_t);

/* The C library's own names of its parameters are reserved.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

EXPORTED ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset)
{
	return fails(FAULT_WRITE)
		? -1
		: ((vector_call *)dlsym(RTLD_NEXT, "pwritev64"))(fd, parts, count, offset);
}

EXPORTED ssize_t pwrite64(int fd, const void *data, size_t size, off_t offset)
{
	return fails(FAULT_WRITE)
		? -1
		: ((place_call *)dlsym(RTLD_NEXT, "pwrite64"))(fd, data, size, offset);
}

EXPORTED ssize_t write(int fd, const void *data, size_t size)
{
	/* Not those of the log and of sockets. */
	return size % 8 == 0 && size <= 4096 && fcntl(fd, F_GETFL) & O_APPEND && fails(FAULT_WRITE)
		? -1
		: ((write_call *)dlsym(RTLD_NEXT, "write"))(fd, data, size);
}

EXPORTED ssize_t pread64(int fd, void *data, size_t size, off_t offset)
{
	const uint64_t from = atomic_load(&bad_from), at = (uint64_t)offset;

	if (at >= from && at < atomic_load(&bad_to)) {
		errno = EIO;
		return -1;
	}
	/* As the kernel: what lies before is given. */
	if (at < from && at + size > from)
		size = from - at;
	return fails(FAULT_READ)
		? -1
		: ((read_call *)dlsym(RTLD_NEXT, "pread64"))(fd, data, size, offset);
}

EXPORTED int fdatasync(int fd)
{
	while (atomic_load(&held)) {
		atomic_store(&holds, true);
		usleep(500);
	}
	atomic_store(&holds, false);
	return fails(FAULT_SYNC) ? -1 : ((file_call *)dlsym(RTLD_NEXT, "fdatasync"))(fd);
}

EXPORTED int openat64(int directory, const char *path, int flags, ...)
{
	va_list more;

	va_start(more, flags);
	const int mode = flags & O_CREAT ? va_arg(more, int) : 0;

	va_end(more);
	return fails(FAULT_OPEN)
		? -1
		: ((open_call *)dlsym(RTLD_NEXT, "openat64"))(directory, path, flags, mode);
}

EXPORTED int unlinkat(int directory, const char *path, int flags)
{
	return fails(FAULT_REMOVE)
		? -1
		: ((remove_call *)dlsym(RTLD_NEXT, "unlinkat"))(directory, path, flags);
}

EXPORTED int ftruncate64(int fd, off_t size)
{
	return fails(FAULT_CUT) ? -1 : ((cut_call *)dlsym(RTLD_NEXT, "ftruncate64"))(fd, size);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
