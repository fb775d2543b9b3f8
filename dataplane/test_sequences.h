/* A camera, a network that does to its packets what a program says, the receiver's assembler and a
 * reference (dataplane/test_reference.h) that judges every picture that comes out. For the fuzzer,
 * which writes programs, and for a test, which throws dice.
 *
 * A program is bytes: two of style, then operations with their arguments: send, lose, delay,
 * repeat, splice two packets, change a byte, let time pass, begin anew; for either of two sessions.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct sequences_result {
	uint32_t sent; /* pictures */
	uint32_t frames; /* that came out */
	uint32_t wrong; /* of those, pictures that the reference does not find */
	uint32_t untrue; /* and ones that nobody sent, where no byte was changed on the way */
	const char *why; /* the last wrong one is */
};

/* Plays one program from a fresh camera on. Any fault in the books of packets, frames and slots is
 * an abort. */
void sequences_play(const uint8_t *program, size_t size, struct sequences_result *result);

/* The pool stays from program to program; gives it back. */
void sequences_end(void);
