/* Between a speaker of RTSP who knows no TLS (libcurl 7.88 to 8 do not for RTSP) and a camera that
 * wants it (`rtsps`): until a relay takes the connection over, which reads packets too (relay.h).
 * What goes through it is requests and answers. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "session/line.h"

#define TUNNEL_UP 4096
#define TUNNEL_DOWN 16384

struct tunnel {
	struct line camera;
	int speaker; /* the other end of the speaker's; non-blocking */
	int epoll;
	uint32_t id; /* the upper half of the data of both files in `epoll`; they are the lower */
	uint32_t camera_events, speaker_events; /* that they are watched for */
	bool is_open; /* TLS is agreed on */
	int ended; /* why, a negative errno; 0: it goes on */
	struct gw_error error; /* the line of that */
	uint32_t up_size, down_size;
	uint8_t up[TUNNEL_UP], down[TUNNEL_DOWN];
};

/* Owns both files from then on, also on failure. `camera` is connected; TLS begins at once. NULL
 * with a line, and errno as tls_create(). */
struct tunnel *tunnel_create(int camera, int speaker, int epoll, uint32_t id,
	const struct tls_trust *trust, struct gw_error *error);

/* Closes what it still has. Accepts NULL. */
void tunnel_destroy(struct tunnel *tunnel);

/* Whether `file` is one of its two. */
bool tunnel_has(const struct tunnel *tunnel, int file);

/* Carries what is there, and waits for nothing: due whenever a file of it is ready. When it ends,
 * the speaker hears that the connection was closed. */
void tunnel_turn(struct tunnel *tunnel);

/* Gives both ends away; tunnel_destroy() is due. Returns 0; -ECONNRESET: it has ended, or is not
 * open; -EPROTO: the camera has said more than the speaker reads. */
int tunnel_give(struct tunnel *tunnel, struct line *camera, int *speaker);
