/* One camera's RTSP connection (RFC 2326), through libcurl: one request at a time, without waiting.
 * Where the URL says rtsps, it is within TLS, which libcurl knows nothing of (tunnel.h).
 *
 * It has a multi handle of its own, and so connections, time-outs and credentials that no other
 * camera can disturb. What it waits for stands in the epoll instance of whoever owns it. One
 * thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/error.h"
#include "session/answer.h"
#include "session/line.h"

enum rtsp_method {
	RTSP_OPTIONS,
	RTSP_DESCRIBE,
	RTSP_SETUP,
	RTSP_PLAY,
	RTSP_GET_PARAMETER, /* as a sign of life */
	RTSP_TEARDOWN,
};

struct rtsp_request {
	enum rtsp_method method;
	const char *url; /* that it is about */
	const char *transport; /* of SETUP; else NULL */
};

struct rtsp;

/* Once, before any other thread runs. Returns 0 or a negative errno with a line. */
int rtsp_global_open(struct gw_error *error);
void rtsp_global_close(void);

/* `epoll` gets the connection's files, with `id` in the upper half of their data and the file in
 * the lower. NULL when out of memory. */
struct rtsp *rtsp_create(int epoll, uint32_t id);

/* Closes the connection; waits for nothing. Accepts NULL. */
void rtsp_destroy(struct rtsp *rtsp);

/* Forgets the session and the connection, and takes over from `camera`, which must stay, where to
 * connect to, whose certificate to believe, and whom to say we are: `user` with this password, or
 * nobody (NULL). What a camera answers changes none of it: a password goes to that host alone. */
void rtsp_reset(struct rtsp *rtsp, const struct gw_camera_config *camera, const char *password);

/* Begins a request; none may be under way. What it has to wait for the answer at most, in
 * milliseconds. Returns 0 or a negative errno with a line. */
int rtsp_send(struct rtsp *rtsp, const struct rtsp_request *request, uint32_t most_ms,
	struct gw_error *error);

/* A file of it is ready: `data` and `events` of its epoll event. */
void rtsp_event(struct rtsp *rtsp, uint64_t data, uint32_t events);

/* Does what is due at `now` (gw_now()). */
void rtsp_turn(struct rtsp *rtsp, int64_t now);

/* When rtsp_turn() must be called; INT64_MAX: an event will come. */
int64_t rtsp_due(const struct rtsp *rtsp);

/* Whether a request is under way. */
bool rtsp_busy(const struct rtsp *rtsp);

/* After a request: 0 with the answer, whatever its status; or a negative errno with a line that
 * says why none came. Once a request. */
int rtsp_take(struct rtsp *rtsp, const struct rtsp_answer **answer, struct gw_error *error);

/* Takes the connection from libcurl, which from then on reads and writes a socket in its place:
 * *speaker is the other end of that, *camera the connection (LINE_NONE on failure). Who calls owns
 * both, and carries what is said between them (relay.h). libcurl 7.88 and older lose their place
 * where packets and answers come in one piece, and they read no packets while nothing is asked. No
 * request may be under way. Returns 0 or a negative errno with a line. */
int rtsp_divert(struct rtsp *rtsp, struct line *camera, int *speaker, struct gw_error *error);

/* "SETUP" */
const char *rtsp_method_name(enum rtsp_method method);
