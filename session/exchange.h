/* What is asked on a connection, and which of the answers answers it. Pure; any thread.
 *
 * Cameras number their answers wrongly or not at all, answer twice or what nobody asked, and send
 * headers and bodies that libcurl does not read. So what it hears is made anew: the status, the
 * number of its own request, what the camera asks to be proved (RFC 2326, 12.17; RFC 7616), and the
 * session's name where it had none before. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Of a header, so much is kept; of what is made of it, the rest is left out. */
#define EXCHANGE_HEADER 4096
/* What a request calls a session that the camera gave no name. */
#define EXCHANGE_NO_SESSION "0"

struct exchange {
	bool is_asked; /* no answer came yet */
	bool is_nameless; /* who asks knows no name of the session, and wants to hear one */
	uint32_t number; /* of the last request */
	uint32_t given_up; /* of one whose answer nobody waits for; 0: none */
	uint32_t size; /* of `header`, so far */
	char header[EXCHANGE_HEADER];
};

/* A request with this CSeq goes to the camera. */
void exchange_ask(struct exchange *exchange, uint32_t number);

/* Bytes of an answer's header, in their order. */
void exchange_hear(struct exchange *exchange, const uint8_t *data, uint32_t size);

/* What was heard of an answer was none. */
void exchange_forget(struct exchange *exchange);

/* The answer that was heard is whole; `number` is its CSeq, 0: not said. Writes what who asked is
 * told, and returns its size; 0: nothing, for nobody has asked for it, or it has no status. */
uint32_t exchange_answer(struct exchange *exchange, uint32_t number, char text[EXCHANGE_HEADER]);

/* Nobody waits for the answer any more: who asked is told 408 (Request Timeout), and the answer is
 * not wanted when it comes. As exchange_answer(). */
uint32_t exchange_give_up(struct exchange *exchange, char text[EXCHANGE_HEADER]);
