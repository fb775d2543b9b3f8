/* Who is connected to the API. When all places are taken, the one that has been idle for longest
 * gives up his for the one who comes: silent clients keep nobody out, and neither do those who
 * take an answer slowly: when nobody is idle, the one that has been taking his for longest goes.
 *
 * Strangers, who may do nothing, have a few places of their own, to be told so in. Nobody goes for
 * their sake: when those are taken, they are turned away. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct callers;
struct caller;

enum caller_phase {
	CALLER_IDLE, /* no whole request of his has come since his last answer */
	CALLER_WAITS, /* for the answer: he stays */
	CALLER_TAKES, /* it, as fast as he likes for a second */
	CALLER_NEW, /* idle, and nobody knows yet who he is: he goes before all others */
};

#define CALLERS_STRANGERS 4u /* at a time */

/* For `most` at a time, as many that are about to go, and the strangers. NULL when out of memory.
 */
struct callers *callers_create(uint32_t most);
void callers_destroy(struct callers *callers);

/* From now on whoever comes is CALLER_NEW. As long as fewer than all places are taken by those who
 * are not, none of these goes for one who comes. Before the first does. */
void callers_know_later(struct callers *callers);

/* Keeps a place for one more, until callers_admit() or callers_give_back(), or for a second from
 * `now` (gw_now()) when neither comes. False: even the places of those who go are taken, for the
 * moment. Any thread. */
bool callers_expect(struct callers *callers, int64_t now);

/* The one who was expected is at the door, and it is known who he is: his place is kept for him
 * until callers_add() or callers_give_back(), or for a second. Where all are taken, the connection
 * that has been idle for longest is ended, or else the one that takes his answer for longest, if
 * there is one. False: he is a stranger, and too many of them are in; his place is given back. Any
 * thread. */
bool callers_admit(struct callers *callers, bool stranger, int64_t now);
void callers_give_back(struct callers *callers, bool stranger);

/* Who was admitted has come, at `now` (gw_now()); `fd` is the server's until callers_remove().
 * NULL: nobody was. The server's thread, as are the next two. */
struct caller *callers_add(struct callers *callers, int fd, bool stranger, int64_t now);
void callers_remove(struct callers *callers, struct caller *caller);

/* What he is at from `now` on. Accepts NULL. */
void callers_note(
	struct callers *callers, struct caller *caller, enum caller_phase phase, int64_t now);
