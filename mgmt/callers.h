/* Who is connected to the API. When all places are taken, the one that has been idle for longest
 * gives up his for the one who comes: silent clients keep nobody out, and neither do those who
 * take an answer slowly: when nobody is idle, the one that has been taking his for longest goes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct callers;
struct caller;

enum caller_phase {
	CALLER_IDLE, /* no whole request of his has come since his last answer */
	CALLER_WAITS, /* for the answer: he stays */
	CALLER_TAKES, /* it, as fast as he likes for a second */
};

/* For `most` at a time, and as many that are about to go. NULL when out of memory. */
struct callers *callers_create(uint32_t most);
void callers_destroy(struct callers *callers);

/* Keeps a place for one more, until callers_add() or callers_give_back(), or for a second from
 * `now` (gw_now()) when neither comes: where all are taken, the connection that has been idle for
 * longest is ended, or else the one that takes his answer for longest, if there is one. False: even
 * the places of those who go are taken, for the moment. Any thread. */
bool callers_expect(struct callers *callers, int64_t now);
void callers_give_back(struct callers *callers);

/* Who was expected has come, at `now` (gw_now()); `fd` is the server's until callers_remove().
 * NULL: nobody was. The server's thread, as are the next two. */
struct caller *callers_add(struct callers *callers, int fd, int64_t now);
void callers_remove(struct callers *callers, struct caller *caller);

/* What he is at from `now` on. Accepts NULL. */
void callers_note(
	struct callers *callers, struct caller *caller, enum caller_phase phase, int64_t now);
