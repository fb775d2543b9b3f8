#include "session/tunnel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROUNDS 16 /* until others have their turn: a camera may say more than anybody asked */

static void watch(struct tunnel *tunnel, int file, uint32_t *now, uint32_t events)
{
	struct epoll_event event = {
		.events = events,
		.data.u64 = (uint64_t)tunnel->id << 32 | (uint32_t)file,
	};

	if (events == *now)
		return;
	if (events == 0)
		epoll_ctl(tunnel->epoll, EPOLL_CTL_DEL, file, NULL);
	else
		epoll_ctl(tunnel->epoll, *now ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, file, &event);
	*now = events;
}

static void watch_both(struct tunnel *tunnel)
{
	uint32_t camera = 0, speaker = 0;

	if (tunnel->ended == 0) {
		camera = tunnel->down_size < TUNNEL_DOWN ? EPOLLIN : 0;
		camera |= (tunnel->is_open ? tunnel->up_size > 0
					   : tls_waits_for_room(tunnel->camera.tls))
			? EPOLLOUT
			: 0;
		speaker = tunnel->up_size < TUNNEL_UP ? EPOLLIN : 0;
		/* Of what lies in TLS nobody tells: room is there at once. */
		speaker |= tunnel->down_size > 0 || line_has_more(&tunnel->camera) ? EPOLLOUT : 0;
	}
	watch(tunnel, tunnel->camera.file, &tunnel->camera_events, camera);
	watch(tunnel, tunnel->speaker, &tunnel->speaker_events, speaker);
}

struct tunnel *tunnel_create(int camera, int speaker, int epoll, uint32_t id,
	const struct tls_trust *trust, struct gw_error *error)
{
	struct tunnel *tunnel = calloc(1, sizeof(*tunnel));

	if (!tunnel) {
		close(camera);
		close(speaker);
		errno = -gw_error_set(error, -ENOMEM, "out of memory");
		return NULL;
	}
	fcntl(camera, F_SETFL, fcntl(camera, F_GETFL) | O_NONBLOCK);
	tunnel->camera.file = camera;
	tunnel->speaker = speaker;
	tunnel->epoll = epoll;
	tunnel->id = id;
	tunnel->camera.tls = tls_create(camera, trust, error);
	if (tunnel->camera.tls) {
		tunnel_turn(tunnel);
		return tunnel;
	}
	const int number = errno;

	tunnel_destroy(tunnel);
	errno = number;
	return NULL;
}

void tunnel_destroy(struct tunnel *tunnel)
{
	if (!tunnel)
		return;
	line_close(&tunnel->camera);
	if (tunnel->speaker >= 0)
		close(tunnel->speaker);
	free(tunnel);
}

bool tunnel_has(const struct tunnel *tunnel, int file)
{
	return file == tunnel->camera.file || file == tunnel->speaker;
}

static void end(struct tunnel *tunnel, int reason)
{
	if (tunnel->ended == 0)
		tunnel->ended = reason;
	shutdown(tunnel->speaker, SHUT_RDWR);
}

static void end_of_camera(struct tunnel *tunnel)
{
	const int status = line_explain(&tunnel->camera, &tunnel->error);

	end(tunnel, status != 0 ? status : -ECONNRESET);
}

/* The speaker may say so much before TLS is agreed on. Returns whether something came. */
static bool read_speaker(struct tunnel *tunnel)
{
	if (tunnel->up_size == TUNNEL_UP)
		return false;
	const ssize_t size = recv(tunnel->speaker, tunnel->up + tunnel->up_size,
		TUNNEL_UP - tunnel->up_size, MSG_DONTWAIT);

	if (size > 0)
		tunnel->up_size += (uint32_t)size;
	else if (size == 0 || (errno != EAGAIN && errno != EINTR))
		end(tunnel, -ECANCELED);
	return size > 0;
}

static bool read_camera(struct tunnel *tunnel)
{
	if (tunnel->down_size == TUNNEL_DOWN)
		return false;
	const ssize_t size = line_receive(
		&tunnel->camera, tunnel->down + tunnel->down_size, TUNNEL_DOWN - tunnel->down_size);

	if (size > 0)
		tunnel->down_size += (uint32_t)size;
	/* What it said before is still told. */
	else if ((size == 0 || (errno != EAGAIN && errno != EINTR)) && tunnel->down_size == 0)
		end_of_camera(tunnel);
	return size > 0;
}

static void write_camera(struct tunnel *tunnel)
{
	if (tunnel->up_size == 0)
		return;
	const ssize_t size = line_send(&tunnel->camera, tunnel->up, tunnel->up_size);

	if (size < 0 && errno != EAGAIN && errno != EINTR)
		end_of_camera(tunnel);
	if (size <= 0)
		return;
	tunnel->up_size -= (uint32_t)size;
	memmove(tunnel->up, tunnel->up + size, tunnel->up_size);
}

/* Returns whether something went. */
static bool write_speaker(struct tunnel *tunnel)
{
	if (tunnel->down_size == 0)
		return false;
	const ssize_t size =
		send(tunnel->speaker, tunnel->down, tunnel->down_size, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (size < 0 && errno != EAGAIN && errno != EINTR)
		end(tunnel, -ECANCELED);
	if (size <= 0)
		return false;
	tunnel->down_size -= (uint32_t)size;
	memmove(tunnel->down, tunnel->down + size, tunnel->down_size);
	return true;
}

static void open_up(struct tunnel *tunnel)
{
	const int status = tls_open(tunnel->camera.tls, &tunnel->error);

	tunnel->is_open = status == 0;
	if (status != 0 && status != -EAGAIN)
		end(tunnel, status);
}

void tunnel_turn(struct tunnel *tunnel)
{
	bool goes_on = tunnel->ended == 0;

	for (uint32_t i = 0; goes_on && i < ROUNDS; i++) {
		goes_on = read_speaker(tunnel);
		if (!tunnel->is_open && tunnel->ended == 0)
			open_up(tunnel);
		if (!tunnel->is_open || tunnel->ended != 0)
			break;
		write_camera(tunnel);
		goes_on |= read_camera(tunnel);
		goes_on |= write_speaker(tunnel);
		goes_on &= tunnel->ended == 0;
	}
	watch_both(tunnel);
}

int tunnel_give(struct tunnel *tunnel, struct line *camera, int *speaker)
{
	if (!tunnel->is_open || tunnel->ended != 0)
		return -ECONNRESET;
	/* Half of what was said would be worse than nothing. */
	if (tunnel->up_size > 0 || tunnel->down_size > 0)
		return -EPROTO;
	watch(tunnel, tunnel->camera.file, &tunnel->camera_events, 0);
	watch(tunnel, tunnel->speaker, &tunnel->speaker_events, 0);
	*camera = tunnel->camera;
	*speaker = tunnel->speaker;
	tunnel->camera = LINE_NONE;
	tunnel->speaker = -1;
	return 0;
}
