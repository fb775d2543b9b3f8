/* SRTP and SRTCP (RFC 3711): packets of a camera that only who has its key can make or read.
 *
 * A camera has one context, which is made with it and belongs to its lane from then on; both of its
 * sessions and every SSRC that it changes to are opened with it. An SSRC proves itself by a right
 * tag before anything is kept of it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/drops.h"
#include "core/error.h"

struct secure;

/* The key is copied. NULL with a line. Control thread. */
struct secure *secure_create(const struct gw_srtp_key *key, struct gw_error *error);

/* What the packets of a camera are opened with: the key that its session negotiated, else the one
 * in the file of its `srtp`. *secure is NULL where they are plain. Returns 0 or a negative errno
 * with a line. Control thread. */
int secure_of_camera(
	const struct gw_camera_config *camera, struct secure **secure, struct gw_error *error);

/* Accepts NULL. Control thread, when no lane has it any more. */
void secure_destroy(struct secure *secure);

/* Opens one packet of `size` bytes in place: what is left of it is RTP, of *size bytes.
 *
 * GW_DROP_NONE; GW_DROP_SRTP_AUTH: nobody with the key has made it; GW_DROP_SRTP_REPLAY: it came
 * before; GW_DROP_SRTP_BAD: it is no SRTP. `now` is gw_now(): who joins late does not know how
 * often a camera's sequence numbers have wrapped (RFC 3711, 3.3.1), and tries some numbers a second
 * until a packet fits. The lane's thread. */
enum gw_drop secure_open(struct secure *secure, uint8_t *packet, uint32_t *size, int64_t now);

/* The same for SRTCP. */
enum gw_drop secure_open_report(struct secure *secure, uint8_t *packet, uint32_t *size);

/* Where a lane's packets are opened. A packet that has to wait (nothing may be lost, and no slot is
 * free) is kept open: it cannot be opened twice. One thread. */
struct secure_room;

/* NULL when out of memory. */
struct secure_room *secure_room_create(void);
void secure_room_destroy(struct secure_room *room); /* accepts NULL */

/* Opens a copy of the packet, or finds the one that was kept. *opened and *opened_size are set when
 * GW_DROP_NONE is returned, until the next call. */
enum gw_drop secure_room_open(struct secure_room *room, struct secure *secure,
	const uint8_t *packet, uint32_t size, int64_t now, const uint8_t **opened,
	uint32_t *opened_size);

/* Says whether the packet that was opened last has to wait. */
void secure_room_keep(struct secure_room *room, bool waits);
