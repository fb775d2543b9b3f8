#include "gwgen/camera.h"

#include <string.h>

#include "core/clock.h"
#include "gwgen/put.h"

#define CLOCK_HZ 90000

/* Numbers, source and clock as after the power was switched on. */
static void begin_anew(struct camera *camera, int64_t now)
{
	camera->clock_base = (uint32_t)random_next(&camera->random);
	camera->clock_begin_ns = now;
	camera->sequence = (uint16_t)random_next(&camera->random);
}

void camera_begin(struct camera *camera, const struct film *film, const struct network *network,
	const struct camera_plan *plan)
{
	*camera = (struct camera){.film = film,
		.network = *network,
		.plan = *plan,
		.random = {plan->seed},
		.report_due_ns = plan->begin_ns};
	camera->ssrc = (uint32_t)random_next(&camera->random);
	camera->stray_ssrc = (uint32_t)random_next(&camera->random);
	begin_anew(camera, plan->begin_ns);
}

int64_t camera_shot_begin(const struct camera *camera)
{
	const uint32_t pictures = camera->film->shots[camera->shot].pictures;

	return camera->plan.begin_ns +
		(int64_t)((double)camera->shots * pictures * camera->plan.period_ns);
}

int64_t camera_due(const struct camera *camera)
{
	const struct film_shot *shot = &camera->film->shots[camera->shot];
	const struct camera_plan *plan = &camera->plan;
	int64_t after = 0;

	if (!plan->at_once)
		after = (int64_t)(plan->period_ns * shot->pictures * camera->packet / shot->count);
	else if (plan->link_bps)
		after = (int64_t)((double)camera->shot_bytes * 8e9 / (double)plan->link_bps);
	return camera_shot_begin(camera) + after;
}

uint32_t camera_timestamp(const struct camera *camera)
{
	const int64_t passed = camera_shot_begin(camera) - camera->clock_begin_ns;

	switch (camera->film->kind->clock) {
	case KIND_CLOCK_STANDS:
		return camera->clock_base;
	case KIND_CLOCK_SECONDS:
		return camera->clock_base + (uint32_t)(passed / GW_NS_PER_S * CLOCK_HZ);
	default:
		return camera->clock_base + (uint32_t)(passed / 1000 * CLOCK_HZ / 1000000);
	}
}

/* Every so many pictures: another source, or the same one whose counters begin at 0. */
static void renew(struct camera *camera)
{
	const struct kind *kind = camera->film->kind;

	if (kind->new_ssrc && camera->since_anew >= kind->new_ssrc) {
		camera->ssrc = (uint32_t)random_next(&camera->random);
		begin_anew(camera, camera_shot_begin(camera));
		camera->since_anew = 0;
	} else if (kind->restart && camera->since_anew >= kind->restart) {
		camera->clock_base = 0;
		camera->clock_begin_ns = camera_shot_begin(camera);
		camera->sequence = 0;
		camera->since_anew = 0;
	}
}

static void end_shot(struct camera *camera)
{
	const struct film_shot *shot = &camera->film->shots[camera->shot];

	camera->sequence += shot->numbers;
	camera->since_anew += shot->pictures;
	camera->shots++;
	camera->packet = 0;
	camera->shot_bytes = 0;
	if (++camera->shot == camera->film->shot_count)
		camera->shot = camera->film->loop;
	renew(camera);
}

uint8_t camera_take(struct camera *camera, struct camera_packet *packet)
{
	const struct film_shot *shot = &camera->film->shots[camera->shot];
	const struct film_packet *film = &camera->film->packets[shot->first + camera->packet];
	const bool stray = film->flags & FILM_STRAY;

	*packet = (struct camera_packet){
		.index = shot->first + camera->packet,
		.timestamp = camera_timestamp(camera),
		.ssrc = stray ? camera->stray_ssrc : camera->ssrc,
		.sequence = stray ? camera->stray_sequence++
				  : (uint16_t)(camera->sequence + film->number),
	};
	if (!stray) {
		camera->packets++;
		camera->octets += film->size - 12u;
	}
	camera->shot_bytes += film->size + network_headers(&camera->network);
	if (++camera->packet == shot->count)
		end_shot(camera);
	return film->flags;
}

uint32_t camera_write(const struct camera *camera, const struct camera_packet *packet, uint8_t *out)
{
	const struct film_packet *film = &camera->film->packets[packet->index];
	uint8_t *rtp = network_put(&camera->network, out, film->size);
	uint32_t sum = film->sum + packet->sequence;

	memcpy(rtp, camera->film->bytes + film->at, film->size);
	put32(put32(put16(rtp + 2, packet->sequence), packet->timestamp), packet->ssrc);
	sum += (packet->timestamp >> 16) + (packet->timestamp & 0xFFFF);
	sum += (packet->ssrc >> 16) + (packet->ssrc & 0xFFFF);
	network_finish(&camera->network, rtp, film->size, sum);
	return (uint32_t)(rtp - out) + film->size;
}
