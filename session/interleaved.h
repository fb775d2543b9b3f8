/* The bytes of an RTSP connection, taken apart: what is said, and packets of the media between that
 * (RFC 2326, 10.12). Pure; any thread.
 *
 * Nothing of it is trusted: what is neither an answer, a request nor a packet is skipped, up to the
 * next answer or packet on a channel of the camera's; too much of that in one piece ends it, and so
 * do headers and bodies larger than any camera's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A packet with what stands before it: '$', channel, length. */
#define INTERLEAVED_HEAD 4
#define INTERLEAVED_MOST (INTERLEAVED_HEAD + 65535)

/* So many bytes of garbage without anything between them are skipped. */
#define INTERLEAVED_GARBAGE_MOST 65536

enum interleaved_kind {
	INTERLEAVED_ANSWER, /* of an answer: all of it, or as much as came */
	INTERLEAVED_REQUEST, /* the same of a request, or an empty line between the others */
	INTERLEAVED_PACKET, /* a whole one */
	INTERLEAVED_GARBAGE, /* what is skipped; a message that had begun before is none */
};

struct interleaved_piece {
	enum interleaved_kind kind;
	bool is_body; /* of a message: not its header */
	bool is_last; /* a message ends with it */
	uint8_t channel; /* of a packet */
	const uint8_t *data; /* of a packet: what follows its head. Points into what was given. */
	uint32_t size;
};

/* Where in the connection it is; {0} is its beginning, but for the channels. */
struct interleaved {
	uint8_t channels[2]; /* that packets are looked for on, after garbage */
	bool is_lost; /* there was garbage, and nothing else since */
	uint32_t skipped; /* of it, so far */
	enum { INTERLEAVED_BETWEEN, INTERLEAVED_IN_HEADER, INTERLEAVED_IN_BODY } place;
	enum interleaved_kind kind; /* of the message */
	uint32_t number; /* its CSeq; 0: not said, so far */
	bool in_method; /* the first word of a request is read */
	uint32_t header_size; /* so far */
	uint32_t body_left;
	uint32_t line_size; /* of the header's line that is read, so far */
	char line[64]; /* its beginning, in one piece */
};

/* Takes a piece from the front of `size` bytes. Returns how many bytes it was; 0: more must come
 * before it is one; -EPROTO: there is nothing but garbage; -EMSGSIZE: a header or a
 * body is too large. After an error there is nothing more to take. */
int32_t interleaved_take(struct interleaved *it, const uint8_t *data, uint32_t size,
	struct interleaved_piece *piece);

/* Whether a packet may stand here: nothing that is said is cut in two by it. */
static inline bool interleaved_is_between(const struct interleaved *it)
{
	return it->place == INTERLEAVED_BETWEEN;
}
