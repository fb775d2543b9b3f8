/* Between a camera that sends its packets within the RTSP connection (RFC 2326, 10.12) and who
 * speaks RTSP with it: packets go to whoever takes them, answers to the speaker, and requests and
 * reports back to the camera. One whose packets come by UDP has one too: what the speaker hears can
 * be read, whatever the camera says (exchange.h).
 *
 * Nothing grows: where packets find no room, the camera is not read until they do, and TCP makes it
 * wait; where it does not read, neither is the speaker, and reports are left out. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/counter.h"
#include "core/inlet.h"
#include "session/exchange.h"
#include "session/interleaved.h"
#include "session/line.h"

/* A packet of the largest size, and some of the usual ones behind it. */
#define RELAY_IN (INTERLEAVED_MOST + 32768)
#define RELAY_OUT 16384

/* Where packets go. False: there is no room now. */
struct relay_taker {
	void *arg;
	bool (*take)(void *arg, const struct gw_packet *packet);
};

struct relay {
	struct relay_taker taker;
	struct line camera; /* it owns both; non-blocking */
	int speaker;
	uint8_t channels[2]; /* of RTP and RTCP */
	struct gw_packet packet; /* camera, addresses and ports of all */

	struct interleaved from_camera, from_speaker;
	uint32_t in_size, out_size;
	bool is_full; /* the packet in front finds no room */
	bool is_deaf; /* the camera does not read */

	/* Why it has ended, a negative errno; 0: it has not. -ECONNRESET: the camera closed the
	 * connection; -EPROTO, -EMSGSIZE: it sent what is no RTSP; -ECANCELED: the speaker left;
	 * -EBADMSG, -ECONNABORTED: TLS has ended (tls.h); -ENOSPC, -ENOMEM: the kernel tells of no
	 * more files.
	 * Written by who turns it, read by any; as what follows. */
	_Atomic int ended;
	struct gw_counter ignored; /* answers that nobody had asked for, or without a status */
	struct gw_counter skipped; /* bytes that were neither packet nor RTSP */
	struct exchange exchange;
	uint8_t in[RELAY_IN], out[RELAY_OUT];
};

/* Owns both files from then on, also on failure. NULL when out of memory. */
struct relay *relay_create(struct line camera, int speaker, const uint8_t channels[2],
	const struct gw_packet *packet, const struct relay_taker *taker);

/* Nobody waits for the answer any more to what the speaker asked last: see exchange_give_up(). As
 * relay_turn(). */
void relay_give_up(struct relay *relay);

/* It ends, for a reason that `ended` tells then, unless it has one. The speaker hears of it at
 * once: it may have another connection to go on with. As relay_turn(). */
void relay_end(struct relay *relay, int reason);

/* Closes both. Accepts NULL. */
void relay_destroy(struct relay *relay);

/* Carries what is there, and waits for nothing; turns again are due at once where it returns true.
 * One thread. */
bool relay_turn(struct relay *relay);

/* Whether something lies here that no event will tell of: turns are due. */
bool relay_has_more(const struct relay *relay);

/* What it waits for: events of poll(2), for the camera and the speaker. Where `is_full`, time. */
short relay_camera_events(const struct relay *relay);
short relay_speaker_events(const struct relay *relay);

/* Sends RTCP to the camera. False: there is no room, or something that is said is not over. As
 * relay_turn(). */
bool relay_report(struct relay *relay, const uint8_t *bytes, uint32_t size);
