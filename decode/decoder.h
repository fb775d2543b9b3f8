/* What a decoder back-end is, for those who write one. decoders.c knows them all; turbo.c is the
 * reference, null.c the shortest.
 *
 * All functions are called by one thread at a time: open and close by the main thread, submit and
 * poll by the decode stage's. None of submit and poll allocates, locks, enters the kernel or waits.
 */
#pragma once

#include <stdint.h>

#include "core/config/config.h"
#include "core/device.h"
#include "core/error.h"
#include "core/frame.h"

struct gw;
struct gw_health;
struct json_t;
struct decoder;

struct decoder_ops {
	const char *name;

	/* What the surfaces must lie in that it writes. */
	enum gw_memory memory;

	/* Makes decoder->state with all threads and memory that frames will need on the device, and
	 * sets decoder->depth. On failure one line says what to do; close follows a failed open
	 * too. */
	int (*open)(struct decoder *decoder, struct gw_device *device, struct gw_error *error);

	/* Lends `count` frames, which come back through poll. Together with those that are not back
	 * yet they are never more than decoder->depth, so it cannot fail.
	 *
	 * A frame holds a picture that jpeg_probe() has passed, of a camera with a model, and a
	 * surface of the device; picture_place() says how large the picture is to become and where
	 * in the surface it goes. The back-end describes and fills the surface and stamps DECODE
	 * and DECODED, or marks the frame as failed: GW_DROP_JPEG_LIMIT when the surface is too
	 * small, GW_DROP_DECODE_FAILED when the data is corrupt (a picture that is only partly
	 * right has failed). It touches nothing else of the frame but turn_next, which is the
	 * back-end's own as long as it has the frame, and may put a surface of its own, in the
	 * memory that gw->pictures says, in the place of the one that it was given. */
	void (*submit)(struct decoder *decoder, struct gw_frame *const *frames, uint32_t count);

	/* Gives back up to `count` frames that are done, well or not, in any order, and returns how
	 * many. */
	uint32_t (*poll)(struct decoder *decoder, struct gw_frame **frames, uint32_t count);

	/* Adds what it has to tell to the stage's facts; NULL: nothing. Any thread. */
	void (*describe)(const struct decoder *decoder, struct json_t *facts);

	/* Adds what keeps it from its work; NULL: nothing ever does. Any thread. */
	void (*health)(const struct decoder *decoder, struct gw_health *health);

	/* Ends all threads and frees everything; frames inside are left to the pool. Accepts a
	 * state that open left half-built, or NULL. */
	void (*close)(struct decoder *decoder);
};

struct decoder {
	const struct decoder_ops *ops;
	const struct gw
		*gw; /* the cameras say what their models need; decode->workers how many threads */
	struct gw_bell *bell; /* rung for each frame that is done on another thread; NULL: none */
	uint32_t depth; /* frames that it wants to hold at a time; set by open, at least 1 */
	void *state; /* the back-end's own */
};

/* Whether the back-end that the configuration names is known. Returns 0 or -EINVAL with a line. */
int decoder_check(const struct gw_decode_config *config, struct gw_error *error);

/* Opens the back-end that the configuration names on a device; when it names none, the first that
 * opens, but never one that makes pictures up. The error for an unknown name lists the known ones.
 */
int decoder_open(struct decoder *decoder, const struct gw *gw, struct gw_device *device,
	struct gw_error *error);

/* Accepts one that was never opened (all zero). */
void decoder_close(struct decoder *decoder);

extern const struct decoder_ops decoder_turbo;
#if HAVE_OPENCL
extern const struct decoder_ops decoder_opencl;
#endif
#if HAVE_CUDA
extern const struct decoder_ops decoder_nvjpeg;
#endif
extern const struct decoder_ops decoder_null;
