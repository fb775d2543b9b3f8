#include "gwgen/traffic.h"

#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "gwgen/report.h"

#define REPORT_NS (2 * GW_NS_PER_S)
#define WAITING 4
#define NOBODY UINT32_MAX

/* A packet that goes out next, whenever it was due. */
struct waiting {
	uint32_t camera;
	bool is_copy;
	struct camera_packet packet;
};

struct turn {
	int64_t due_ns;
	uint32_t camera;
};

struct traffic {
	struct traffic_plan plan;
	struct camera *cameras;
	uint32_t camera_count;
	struct turn *heap; /* the earliest first */
	uint32_t heap_count;
	struct {
		bool held, damaged, unsent;
		struct camera_packet packet;
	} * state; /* of each camera */
	struct waiting waiting[WAITING];
	uint32_t waiting_count;
	int64_t intruder_due_ns; /* INT64_MAX: none come */
	struct random random;
	/* Of the packet that was written last. */
	uint32_t last_camera; /* NOBODY: it is of no picture */
	uint32_t last_whole; /* pictures that it completed */
	struct traffic_counts counts;
};

static void sift_down(struct traffic *traffic, uint32_t at)
{
	struct turn *heap = traffic->heap;

	for (;;) {
		uint32_t least = at;

		for (uint32_t child = 2 * at + 1; child <= 2 * at + 2; child++)
			if (child < traffic->heap_count && heap[child].due_ns < heap[least].due_ns)
				least = child;
		if (least == at)
			return;
		const struct turn other = heap[at];

		heap[at] = heap[least];
		heap[least] = other;
		at = least;
	}
}

static bool is_finished(const struct traffic *traffic, const struct camera *camera, int64_t due_ns)
{
	const struct traffic_plan *plan = &traffic->plan;
	const uint32_t pictures = camera->film->shots[camera->shot].pictures;

	return (plan->pictures && camera->packet == 0 &&
		       camera->shots * pictures >= plan->pictures) ||
		(plan->end_ns && camera->packet == 0 && due_ns >= plan->end_ns);
}

static int64_t with_jitter(struct traffic *traffic, int64_t due_ns, int64_t before_ns)
{
	const int64_t jitter = traffic->plan.faults.jitter_ns;

	if (jitter > 0)
		due_ns += (int64_t)(random_share(&traffic->random) * (double)jitter);
	return due_ns > before_ns ? due_ns : before_ns;
}

/* Puts the camera whose turn it was to where its next packet is due, or takes it out. */
static void next_turn(struct traffic *traffic)
{
	struct turn *top = &traffic->heap[0];
	const struct camera *camera = &traffic->cameras[top->camera];
	const int64_t due_ns = camera_due(camera);

	if (is_finished(traffic, camera, due_ns))
		*top = traffic->heap[--traffic->heap_count];
	else
		top->due_ns = with_jitter(traffic, due_ns, top->due_ns);
	sift_down(traffic, 0);
}

struct traffic *traffic_open(struct camera *cameras, uint32_t count,
	const struct traffic_plan *plan, struct gw_error *error)
{
	struct traffic *traffic = calloc(1, sizeof(*traffic));

	if (traffic) {
		traffic->heap = calloc(count, sizeof(*traffic->heap));
		traffic->state = calloc(count, sizeof(*traffic->state));
	}
	if (!traffic || !traffic->heap || !traffic->state) {
		gw_error_set(error, -1, "out of memory for %u cameras", count);
		traffic_close(traffic);
		return NULL;
	}
	traffic->plan = *plan;
	traffic->cameras = cameras;
	traffic->camera_count = count;
	traffic->random.state = plan->seed;
	traffic->intruder_due_ns = INT64_MAX;
	for (uint32_t i = 0; i < count; i++)
		traffic->heap[i] = (struct turn){camera_due(&cameras[i]), i};
	traffic->heap_count = count;
	for (uint32_t i = count; i-- > 0;)
		sift_down(traffic, i);
	if (plan->faults.intruders > 0 && count > 0)
		traffic->intruder_due_ns = traffic->heap[0].due_ns;
	return traffic;
}

void traffic_close(struct traffic *traffic)
{
	if (!traffic)
		return;
	free(traffic->heap);
	free(traffic->state);
	free(traffic);
}

bool traffic_due(const struct traffic *traffic, int64_t *due_ns)
{
	if (traffic->waiting_count > 0) {
		*due_ns = 0;
		return true;
	}
	if (traffic->heap_count == 0)
		return false;
	*due_ns = traffic->heap[0].due_ns;
	if (traffic->intruder_due_ns < *due_ns)
		*due_ns = traffic->intruder_due_ns;
	return true;
}

static void let_wait(
	struct traffic *traffic, uint32_t camera, const struct camera_packet *packet, bool is_copy)
{
	if (traffic->waiting_count < WAITING)
		traffic->waiting[traffic->waiting_count++] =
			(struct waiting){camera, is_copy, *packet};
}

static uint32_t counted(struct traffic *traffic, uint32_t size)
{
	traffic->counts.packets++;
	traffic->counts.bytes += size;
	return size;
}

static uint32_t write_waiting(struct traffic *traffic, uint8_t *out)
{
	const struct waiting first = traffic->waiting[0];

	memmove(traffic->waiting, traffic->waiting + 1,
		--traffic->waiting_count * sizeof(traffic->waiting[0]));
	if (!first.is_copy)
		traffic->last_camera = first.camera;
	return counted(traffic, camera_write(&traffic->cameras[first.camera], &first.packet, out));
}

/* Some packet of some camera's film, under a source of its own. */
static uint32_t write_intruder(struct traffic *traffic, uint8_t *out)
{
	const uint64_t chance = random_next(&traffic->random);
	const struct camera *camera = &traffic->cameras[(uint32_t)chance % traffic->camera_count];
	const struct camera_packet packet = {
		.index = (uint32_t)(chance >> 32) % camera->film->packet_count,
		.timestamp = (uint32_t)random_next(&traffic->random),
		.ssrc = (uint32_t)random_next(&traffic->random),
		.sequence = (uint16_t)chance,
	};

	traffic->intruder_due_ns += (int64_t)(1e9 / traffic->plan.faults.intruders);
	traffic->counts.intruders++;
	return counted(traffic, camera_write(camera, &packet, out));
}

static uint32_t write_report(struct traffic *traffic, struct camera *camera, uint8_t *out)
{
	const int64_t begin = camera_shot_begin(camera);

	camera->report_due_ns = begin + REPORT_NS;
	traffic->counts.reports++;
	return counted(traffic,
		report_write(camera, traffic->plan.utc_ns + begin, traffic->plan.same_port, out));
}

static void end_picture(struct traffic *traffic, uint32_t camera, uint32_t pictures)
{
	if (traffic->state[camera].damaged) {
		traffic->counts.damaged += pictures;
	} else if (traffic->state[camera].unsent) {
		traffic->counts.unsent += pictures;
	} else {
		traffic->counts.pictures += pictures;
		traffic->last_whole = pictures;
	}
	traffic->state[camera].damaged = traffic->state[camera].unsent = false;
}

/* A packet that comes after the next one of its picture is still before the last. */
static bool is_early(const struct camera *camera)
{
	return camera->packet > 0 && camera->packet + 1 < camera->film->shots[camera->shot].count;
}

/* The next packet of the camera whose turn it is. */
static uint32_t write_media(struct traffic *traffic, uint32_t index, uint8_t *out)
{
	const struct traffic_faults *faults = &traffic->plan.faults;
	struct camera *camera = &traffic->cameras[index];
	const uint32_t pictures = camera->film->shots[camera->shot].pictures;
	struct camera_packet packet;
	const uint8_t flags = camera_take(camera, &packet);
	const bool lost = faults->loss > 0 && random_share(&traffic->random) < faults->loss;

	traffic->counts.strays += (flags & FILM_STRAY) != 0;
	if (!(flags & (FILM_STRAY | FILM_LAST)))
		traffic->last_camera = index;
	if (lost) {
		traffic->counts.lost++;
		traffic->state[index].damaged |= !(flags & FILM_STRAY);
	}
	if (traffic->state[index].held) {
		let_wait(traffic, index, &traffic->state[index].packet, false);
		traffic->state[index].held = false;
	} else if (!lost && is_early(camera) && faults->reorder > 0 &&
		random_share(&traffic->random) < faults->reorder) {
		traffic->counts.reordered++;
		traffic->state[index].held = true;
		traffic->state[index].packet = packet;
		return 0;
	}
	if (flags & FILM_LAST)
		end_picture(traffic, index, pictures);
	if (lost)
		return 0;
	if (faults->duplicate > 0 && random_share(&traffic->random) < faults->duplicate) {
		traffic->counts.duplicates++;
		let_wait(traffic, index, &packet, true);
	}
	return counted(traffic, camera_write(camera, &packet, out));
}

void traffic_spoil(struct traffic *traffic)
{
	if (traffic->last_whole > 0) {
		traffic->counts.pictures -= traffic->last_whole;
		traffic->counts.unsent += traffic->last_whole;
		traffic->last_whole = 0;
	} else if (traffic->last_camera != NOBODY) {
		traffic->state[traffic->last_camera].unsent = true;
	}
}

uint32_t traffic_next(struct traffic *traffic, uint8_t *out)
{
	traffic->last_camera = NOBODY;
	traffic->last_whole = 0;
	if (traffic->waiting_count > 0)
		return write_waiting(traffic, out);
	if (traffic->intruder_due_ns < traffic->heap[0].due_ns)
		return write_intruder(traffic, out);
	const uint32_t index = traffic->heap[0].camera;
	struct camera *camera = &traffic->cameras[index];

	if (traffic->plan.reports && camera->packet == 0 &&
		camera_shot_begin(camera) >= camera->report_due_ns)
		return write_report(traffic, camera, out);
	const uint32_t size = write_media(traffic, index, out);

	next_turn(traffic);
	return size;
}

const struct traffic_counts *traffic_counts(const struct traffic *traffic)
{
	return &traffic->counts;
}
