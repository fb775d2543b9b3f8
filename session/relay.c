#include "session/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct relay *relay_create(struct line camera, int speaker, const uint8_t channels[2],
	const struct gw_packet *packet, const struct relay_taker *taker)
{
	struct relay *relay = malloc(sizeof(*relay));

	if (!relay) {
		line_close(&camera);
		close(speaker);
		return NULL;
	}
	/* What is not touched takes no memory. */
	memset(relay, 0, offsetof(struct relay, exchange.header));
	relay->taker = *taker;
	relay->camera = camera;
	relay->speaker = speaker;
	memcpy(relay->channels, channels, sizeof(relay->channels));
	memcpy(relay->from_camera.channels, channels, sizeof(relay->channels));
	relay->packet = *packet;
	fcntl(camera.file, F_SETFL, fcntl(camera.file, F_GETFL) | O_NONBLOCK);
	return relay;
}

void relay_destroy(struct relay *relay)
{
	if (!relay)
		return;
	line_close(&relay->camera);
	close(relay->speaker);
	free(relay);
}

void relay_end(struct relay *relay, int reason)
{
	if (atomic_load_explicit(&relay->ended, memory_order_relaxed) != 0)
		return;
	atomic_store_explicit(&relay->ended, reason, memory_order_release);
	shutdown(relay->speaker, SHUT_RDWR);
}

static void end_of_camera(struct relay *relay)
{
	struct gw_error ignored;
	const int status = line_explain(&relay->camera, &ignored);

	relay_end(relay, status != 0 ? status : -ECONNRESET);
}

static bool has_ended(const struct relay *relay)
{
	return atomic_load_explicit(&relay->ended, memory_order_relaxed) != 0;
}

/* RTCP comes on the port of RTP, where it is told by its type (RFC 5761). What comes on a channel
 * that nobody set up is sent to a port that no camera has, and counted as what it is. */
static bool give_packet(struct relay *relay, const struct interleaved_piece *piece)
{
	struct gw_packet packet = relay->packet;

	packet.data = piece->data;
	packet.size = piece->size;
	if (piece->channel != relay->channels[0] && piece->channel != relay->channels[1])
		packet.to_port = 0;
	return relay->taker.take(relay->taker.arg, &packet);
}

/* A speaker that lets answers lie is not told more. */
static void tell(struct relay *relay, const char *text, uint32_t size)
{
	const ssize_t sent = send(relay->speaker, text, size, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent != (ssize_t)size)
		relay_end(relay, sent >= 0 || errno == EAGAIN ? -EPROTO : -ECANCELED);
}

static void take_answer(struct relay *relay, const struct interleaved_piece *piece)
{
	char text[EXCHANGE_HEADER];

	if (!piece->is_body)
		exchange_hear(&relay->exchange, piece->data, piece->size);
	if (!piece->is_last)
		return;
	const uint32_t size = exchange_answer(&relay->exchange, relay->from_camera.number, text);

	if (size > 0)
		tell(relay, text, size);
	else
		gw_counter_add(&relay->ignored, 1);
}

static void take_piece(struct relay *relay, const struct interleaved_piece *piece)
{
	switch (piece->kind) {
	case INTERLEAVED_PACKET:
		relay->is_full = !give_packet(relay, piece);
		break;
	case INTERLEAVED_ANSWER:
		take_answer(relay, piece);
		break;
	case INTERLEAVED_GARBAGE:
		exchange_forget(&relay->exchange);
		gw_counter_add(&relay->skipped, piece->size);
		break;
	case INTERLEAVED_REQUEST:
		break;
	}
}

/* What lies in the room is carried as far as it goes. */
static void carry_in(struct relay *relay)
{
	uint32_t at = 0;

	relay->is_full = false;
	while (!has_ended(relay) && !relay->is_full) {
		struct interleaved_piece piece;
		const int32_t taken = interleaved_take(
			&relay->from_camera, relay->in + at, relay->in_size - at, &piece);

		if (taken < 0)
			relay_end(relay, taken);
		if (taken <= 0)
			break;
		take_piece(relay, &piece);
		/* A packet leaves no trace in `from_camera`: it can be taken again. */
		if (!relay->is_full)
			at += (uint32_t)taken;
	}
	relay->in_size -= at;
	memmove(relay->in, relay->in + at, relay->in_size);
}

/* Returns whether something came. */
static bool read_camera(struct relay *relay)
{
	if (relay->is_full || relay->in_size == RELAY_IN)
		return false;
	const ssize_t size =
		line_receive(&relay->camera, relay->in + relay->in_size, RELAY_IN - relay->in_size);

	if (size > 0)
		relay->in_size += (uint32_t)size;
	else if (size == 0 || (errno != EAGAIN && errno != EINTR))
		end_of_camera(relay);
	return size > 0;
}

static bool read_speaker(struct relay *relay)
{
	static const char nameless[] = "\r\nSession: " EXCHANGE_NO_SESSION "\r\n";

	if (relay->out_size == RELAY_OUT)
		return false;
	const uint8_t *at = relay->out + relay->out_size;
	const ssize_t size = recv(relay->speaker, relay->out + relay->out_size,
		RELAY_OUT - relay->out_size, MSG_DONTWAIT);

	if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR))
		relay_end(relay, -ECANCELED);
	if (size <= 0)
		return false;
	/* Where its requests end, to put nothing into the middle of one. */
	for (uint32_t done = 0; done < (uint32_t)size;) {
		struct interleaved_piece piece;
		const int32_t taken = interleaved_take(
			&relay->from_speaker, at + done, (uint32_t)size - done, &piece);

		if (taken <= 0)
			break;
		done += (uint32_t)taken;
		if (piece.is_last)
			exchange_ask(&relay->exchange, relay->from_speaker.number);
	}
	relay->exchange.is_nameless = memmem(at, (size_t)size, nameless, sizeof(nameless) - 1);
	relay->out_size += (uint32_t)size;
	return true;
}

static void write_camera(struct relay *relay)
{
	relay->is_deaf = false;
	if (relay->out_size == 0)
		return;
	const ssize_t size = line_send(&relay->camera, relay->out, relay->out_size);

	if (size < 0 && errno != EAGAIN && errno != EINTR) {
		end_of_camera(relay);
		return;
	}
	if (size > 0) {
		relay->out_size -= (uint32_t)size;
		memmove(relay->out, relay->out + size, relay->out_size);
	}
	relay->is_deaf = relay->out_size > 0;
}

bool relay_turn(struct relay *relay)
{
	/* A goodbye that was said before the speaker left still goes. */
	const bool said = read_speaker(relay);

	write_camera(relay);
	if (has_ended(relay))
		return false;
	const bool came = read_camera(relay);

	carry_in(relay);
	return !has_ended(relay) && !relay->is_full && (said || came);
}

void relay_give_up(struct relay *relay)
{
	char text[EXCHANGE_HEADER];
	const uint32_t size = exchange_give_up(&relay->exchange, text);

	if (size > 0 && !has_ended(relay))
		tell(relay, text, size);
}

bool relay_has_more(const struct relay *relay)
{
	return !has_ended(relay) && !relay->is_full && line_has_more(&relay->camera);
}

short relay_camera_events(const struct relay *relay)
{
	return (short)((relay->is_full ? 0 : POLLIN) | (relay->is_deaf ? POLLOUT : 0));
}

short relay_speaker_events(const struct relay *relay)
{
	return relay->out_size == RELAY_OUT ? 0 : POLLIN;
}

bool relay_report(struct relay *relay, const uint8_t *bytes, uint32_t size)
{
	uint8_t *at = relay->out + relay->out_size;

	if (has_ended(relay) || !interleaved_is_between(&relay->from_speaker) ||
		RELAY_OUT - relay->out_size < INTERLEAVED_HEAD + size)
		return false;
	at[0] = '$';
	at[1] = relay->channels[1];
	at[2] = (uint8_t)(size >> 8);
	at[3] = (uint8_t)size;
	memcpy(at + INTERLEAVED_HEAD, bytes, size);
	relay->out_size += INTERLEAVED_HEAD + size;
	write_camera(relay);
	return true;
}
