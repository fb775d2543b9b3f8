/* What of a camera's connection is TLS (`rtsps`), which libcurl does not speak for RTSP: it
 * connects by TCP, and before its first request on a connection a tunnel takes that one from it.
 * One thread, that of its handles. */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/config/rtsp_url.h"
#include "core/error.h"
#include "session/rtsp_handles.h"
#include "session/tunnel.h"

#define SECURED_OPENED 4 /* connections that are tried at the same time: more than libcurl does */

struct secured {
	bool is_used; /* else the rest is nothing */
	const struct rtsp_handles *handles;
	const struct gw_camera_config *camera;
	struct gw_rtsp_url url;
	curl_socket_t opened[SECURED_OPENED]; /* that TLS has not begun on */
	uint32_t opened_count;
	struct tunnel *tunnel; /* NULL: none, or given away */
	bool has_begun; /* TLS, on the connection that libcurl has now; also where it is given away
			 */
	int unfit; /* why no request may be sent at all, a negative errno; 0: it may */
	int status; /* why there is no tunnel: of the line */
	struct gw_error error; /* empty: nothing is against it */
	struct gw_address local, peer; /* of the connection: libcurl sees none */
	uint16_t local_port, peer_port;
};

/* The next connections are TLS, to the host of the camera's URL. `handles` and `camera` must stay
 * until secured_reset(). Who has the handles says by secured_forget() what libcurl closes. */
void secured_begin(struct secured *secured, const struct rtsp_handles *handles,
	const struct gw_camera_config *camera);

/* libcurl closes that one: its number may be another's at once. Accepts {0}. */
void secured_forget(struct secured *secured, curl_socket_t file);

/* Before a request: nothing goes out where TLS would not be certain. Returns 0 or a negative errno
 * with a line. */
int secured_ready(struct secured *secured, struct gw_error *error);

/* No more; closes what it still has. Accepts {0}. */
void secured_reset(struct secured *secured);

/* Whether the file that is ready was its own, and was served; else it is libcurl's. */
bool secured_event(struct secured *secured, int file);

/* What TLS has against the camera, which says more than libcurl can, after a request that ended
 * with `code` within `most_ms`. A negative errno with a line; 0: nothing. */
int secured_explain(
	const struct secured *secured, CURLcode code, uint32_t most_ms, struct gw_error *error);

/* As rtsp_divert(). */
int secured_divert(
	struct secured *secured, struct line *camera, int *speaker, struct gw_error *error);
