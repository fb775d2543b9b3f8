/* A disk that fails, for tests: calls of the C library that the spool makes fail as told. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum fault_call {
	FAULT_WRITE,
	FAULT_READ,
	FAULT_SYNC,
	FAULT_OPEN,
	FAULT_REMOVE,
	FAULT_CUT,
	FAULT_CALLS
};

/* From now on the call fails with `error`, `times` times; 0: never. Any thread. */
void faults_set(enum fault_call call, int error, uint32_t times);
/* The same, but for the first `after` calls from now on. */
void faults_set_after(enum fault_call call, int error, uint32_t times, uint32_t after);

/* Like a disk with bad sectors: what lies there of any file cannot be read. `to` 0: none. */
void faults_set_bad(uint64_t from, uint64_t to);

/* Lets syncs wait until they may go on; and whether one does. */
void faults_hold_sync(bool hold);
bool faults_holds_sync(void);

/* How often it did. */
uint32_t faults_count(enum fault_call call);
