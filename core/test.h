/* What every unit test includes: cmocka and the headers it expects before itself. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Whether a sanitizer watches: it keeps what was freed, and all takes several times as long. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

/* Of cases that differ by numbers alone a sanitizer sees each so many-th: the others see them all.
 * It has no factor with the numbers that the cases are counted by in common. */
#define STEP (IS_SANITIZED ? 17 : 1)
