/* A name server that can fall silent, for tests: getaddrinfo() of the whole process. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* While it is silent, lookups wait; those that wait are answered when it speaks again. */
void resolver_silence(bool silent);

/* Lookups that wait at the moment. */
uint32_t resolver_waiting(void);
