#include "dataplane/port_capture.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/control.h"
#include "core/gateway.h"
#include "dataplane/stage.h"

#define RING (16u << 20) /* bytes: a tenth of a second at line rate of 1 Gbit/s, and more */
#define PACKET 65536
#define PAUSE_NS (5 * GW_NS_PER_MS)
#define PATIENCE_NS (2 * GW_NS_PER_S) /* with other changes that are being made */
#define FIRST_ROOM (1u << 20)
#define STATISTICS_SIZE 64 /* what is kept for the last block */

/* draft-ietf-opsawg-pcapng, 4: types of blocks. */
enum { SECTION = 0x0A0D0D0A, INTERFACE = 1, STATISTICS = 5, PACKET_BLOCK = 6 };

/* The file, while it grows in memory. */
struct file {
	uint8_t *bytes;
	size_t size, room;
	size_t most; /* bytes that it may have */
	bool is_full; /* it would have more, or memory is short */
};

static void append(struct file *file, const void *data, size_t size)
{
	if (file->is_full || file->size + size > file->most) {
		file->is_full = true;
		return;
	}
	while (file->size + size > file->room) {
		const size_t room = file->room ? 2 * file->room : FIRST_ROOM;
		uint8_t *larger = realloc(file->bytes, room);

		if (!larger) {
			file->is_full = true;
			return;
		}
		file->bytes = larger;
		file->room = room;
	}
	memcpy(file->bytes + file->size, data, size);
	file->size += size;
}

static void append_u32(struct file *file, uint32_t value)
{
	append(file, &value, sizeof(value));
}

/* A whole block, or nothing of it. */
static bool append_block(struct file *file, uint32_t type, const void *fixed, size_t fixed_size,
	const void *data, size_t size)
{
	static const uint8_t zeros[4];
	const size_t padding = -size & 3, before = file->size;
	const uint32_t whole = (uint32_t)(12 + fixed_size + size + padding);

	append_u32(file, type);
	append_u32(file, whole);
	append(file, fixed, fixed_size);
	append(file, data, size);
	append(file, zeros, padding);
	append_u32(file, whole);
	if (file->is_full)
		file->size = before;
	return !file->is_full;
}

static void append_head(struct file *file)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		int64_t length; /* not known */
	} section = {0x1A2B3C4D, 1, 0, -1};
	const struct {
		uint16_t link, reserved;
		uint32_t snaplen;
		/* Option 9: times are in 10^-9 s; then the end of options. */
		uint16_t option, option_size;
		uint8_t resolution, padding[3];
		uint32_t end;
	} interface = {.link = 1, .option = 9, .option_size = 1, .resolution = 9};

	append_block(file, SECTION, &section, sizeof(section), NULL, 0);
	append_block(file, INTERFACE, &interface, sizeof(interface), NULL, 0);
}

static bool append_packet(struct file *file, const struct recorded *recorded, const uint8_t *data)
{
	const uint64_t time = (uint64_t)recorded->utc;
	const uint32_t fixed[5] = {
		0, (uint32_t)(time >> 32), (uint32_t)time, recorded->size, recorded->size};

	return append_block(file, PACKET_BLOCK, fixed, sizeof(fixed), data, recorded->size);
}

/* How many came (option 4), and how many of them are not in the file (option 5). */
static void append_statistics(struct file *file, uint64_t came, uint64_t missing)
{
	const uint64_t time = (uint64_t)gw_now_utc();
	uint32_t fixed[10] = {0, (uint32_t)(time >> 32), (uint32_t)time, 4 | 8u << 16};

	memcpy(&fixed[4], &came, sizeof(came));
	fixed[6] = 5 | 8u << 16;
	memcpy(&fixed[7], &missing, sizeof(missing));
	append_block(file, STATISTICS, fixed, sizeof(fixed), NULL, 0);
}

/* Takes out all that is there. Returns how many packets did not get into the file. */
static uint64_t drain(struct recorder *recorder, struct file *file, uint8_t *packet)
{
	struct recorded recorded;
	uint64_t missing = 0;

	while (recorder_take(recorder, &recorded, packet, PACKET))
		missing += !append_packet(file, &recorded, packet);
	return missing;
}

static void nothing(struct gw_lane *lane, void *arg)
{
}

/* Control thread: afterwards no lane is at work on what it found wanted before. */
static int wait_for_lanes(struct gw *gw, void *arg, struct gw_error *error)
{
	struct gw_stage *rx = &gw->stages[GW_STAGE_RX];

	for (uint32_t i = 0; i < rx->lane_count; i++)
		if (!gw_ask(&rx->lanes[i], nothing, NULL))
			return gw_error_set(
				error, -ETIMEDOUT, "%s does not turn", rx->lanes[i].name);
	return 0;
}

static int settle(struct gw *gw, struct gw_error *error)
{
	static const struct timespec pause = {.tv_nsec = PAUSE_NS};
	const int64_t until = gw_now() + PATIENCE_NS;
	int status;

	do {
		status = gw_control_call(gw, "ending a capture", wait_for_lanes, NULL, error);
		if (status == -EBUSY)
			nanosleep(&pause, NULL);
	} while (status == -EBUSY && gw_now() < until);
	return status;
}

static uint32_t find_camera(struct gw *gw, const char *name)
{
	gw_cameras_hold(gw);
	const uint32_t id = gw_camera_find(gw, name);

	gw_cameras_release(gw);
	return id;
}

static int read_seconds(const json_t *body, int64_t *seconds, struct gw_error *error)
{
	const json_t *value = json_object_get(body, "seconds");

	*seconds = json_is_integer(value) ? json_integer_value(value) : 0;
	if (*seconds >= 1 && *seconds <= PORT_CAPTURE_SECONDS && json_object_size(body) == 1)
		return 0;
	return gw_error_set(error, -EINVAL,
		"a capture takes a number of seconds from 1 to %d, and nothing else: "
		"{\"seconds\": 10}",
		PORT_CAPTURE_SECONDS);
}

static uint64_t record(struct recorder *recorder, const struct gw_request *request, int64_t seconds,
	struct file *file, uint8_t *packet)
{
	static const struct timespec pause = {.tv_nsec = PAUSE_NS};
	const int64_t until = gw_now() + seconds * GW_NS_PER_S;
	uint64_t missing = 0;

	while (gw_now() < until && !file->is_full && !gw_request_ending(request)) {
		missing += drain(recorder, file, packet);
		nanosleep(&pause, NULL);
	}
	return missing;
}

static int capture(struct dataplane *dp, const struct gw_request *request, uint32_t camera,
	int64_t seconds, struct gw_reply *reply, struct gw_error *error)
{
	struct recorder *recorder = &dp->recorder;
	struct file file = {.most = PORT_CAPTURE_BYTES - STATISTICS_SIZE};
	uint8_t *packet = malloc(PACKET);

	if (!packet || recorder_open(recorder, RING) != 0) {
		free(packet);
		atomic_store(&dp->recorder_busy, false);
		return gw_error_set(error, -ENOMEM, "out of memory for a capture");
	}
	append_head(&file);
	recorder_begin(recorder, camera);
	uint64_t missing = record(recorder, request, seconds, &file, packet);

	recorder_end(recorder);
	/* A lane that was not seen to turn may still write: nobody else may begin then. */
	const int status = settle(dp->stage->gw, error);

	missing += drain(recorder, &file, packet) + atomic_load(&recorder->dropped);
	free(packet);
	if (status == 0) {
		file.is_full = false;
		file.most = PORT_CAPTURE_BYTES;
		append_statistics(&file,
			atomic_load(&recorder->taken) + atomic_load(&recorder->dropped), missing);
		atomic_store(&dp->recorder_busy, false);
	}
	if (status != 0 || gw_request_ending(request)) {
		free(file.bytes);
		return status != 0 ? status : gw_error_set(error, -EAGAIN, "the gateway is ending");
	}
	reply->type = "application/x-pcapng";
	reply->bytes = reply->owner = file.bytes;
	reply->size = file.size;
	reply->release = free;
	return 200;
}

int api_capture(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	struct gw_stage *stage = owner;
	struct dataplane *dp = stage->state;
	const uint32_t camera = find_camera(stage->gw, request->name);
	int64_t seconds;
	int status = read_seconds(request->body, &seconds, error);

	if (status != 0)
		return status;
	if (camera == GW_NO_CAMERA)
		return gw_error_set(error, -ENOENT, "there is no camera '%s'", request->name);
	if (!dp || atomic_exchange(&dp->recorder_busy, true))
		return gw_error_set(error, -EBUSY,
			"another capture is being made: try again when it has ended");
	return capture(dp, request, camera, seconds, reply, error);
}
