#include "dataplane/reporter.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/clock.h"
#include "core/control.h"
#include "core/gateway.h"
#include "dataplane/lost_share.h"
#include "dataplane/stage.h"
#include "dataplane/stream.h"

/* So many reports at most are made of one look at a lane: it stands still for some microseconds. */
#define BATCH 128

/* Of a stream that nobody has measured yet: what reports need is nothing beside it. */
#define UNKNOWN_RATE UINT64_MAX

/* A lane that stood still is asked again after so long. */
#define LANE_PAUSE_NS (5 * GW_NS_PER_S)

/* What is remembered of a camera from report to report. */
struct correspondent {
	int64_t due; /* gw_now(); 0: nothing is planned */
	int64_t reported; /* when the last one went; 0: none did */
	uint32_t ssrc; /* ours, in its session */
	uint32_t about; /* the camera's */
	struct lost_share lost;
	uint64_t bytes; /* of the camera, at `reported` */
	uint32_t size; /* of a report */
};

struct reporter {
	uint64_t random;
	struct gw_counter sent, unsent;
	struct correspondent camera[GW_CAMERAS];
};

/* What a lane says of a camera whose report is due. */
struct subject {
	uint32_t camera;
	bool is_heard; /* its session has begun, and there is a way back */
	uint32_t ssrc;
	struct way_back way;
	uint32_t last_ntp;
	int64_t last_when;
	struct reception_facts facts;
};

struct look {
	uint32_t count;
	struct subject subject[BATCH];
};

struct reporter *reporter_create(void)
{
	struct reporter *reporter = calloc(1, sizeof(*reporter));

	/* Reports are no secret: without the kernel's numbers the clock's will do. */
	if (reporter &&
		getrandom(&reporter->random, sizeof(reporter->random), GRND_NONBLOCK) !=
			sizeof(reporter->random))
		reporter->random = (uint64_t)gw_now_utc();
	return reporter;
}

void reporter_destroy(struct reporter *reporter)
{
	free(reporter);
}

void reporter_count(const struct reporter *reporter, struct reporter_counts *counts)
{
	counts->sent = gw_counter_get(&reporter->sent);
	counts->unsent = gw_counter_get(&reporter->unsent);
}

/* splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
static uint32_t next_random(struct reporter *reporter)
{
	uint64_t z = reporter->random += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return (uint32_t)(z >> 32 ^ z);
}

/* Of the lane: between two of its turns. */
static void look_at_lane(struct gw_lane *lane, void *arg)
{
	const struct rx_lane *rx = lane->state;
	struct look *look = arg;

	for (uint32_t i = 0; i < look->count; i++) {
		struct subject *subject = &look->subject[i];
		const struct stream *stream =
			assembler_session(rx->receiver.assembler, subject->camera);

		subject->is_heard = stream && stream->started && stream->peer.way.is_known;
		if (!subject->is_heard)
			continue;
		subject->ssrc = stream->ssrc;
		subject->way = stream->peer.way;
		subject->last_ntp = stream->peer.last_ntp;
		subject->last_when = stream->peer.last_when;
		reception_read(&stream->reception, &stream->sequence, &subject->facts);
	}
}

static void plan(struct reporter *reporter, struct correspondent *to, int64_t now, uint64_t rate)
{
	to->due = now + rtcp_interval(rate, to->size, to->reported == 0, next_random(reporter));
}

/* Another session: its counts begin anew, and so does who we are there. */
static void meet(struct reporter *reporter, struct correspondent *to, uint32_t about)
{
	to->about = about;
	lost_share_begin(&to->lost);
	do
		to->ssrc = next_random(reporter);
	while (to->ssrc == about);
}

static struct port *find_port(struct dataplane *dp, const struct way_back *way)
{
	for (uint32_t i = 0; i < dp->port_count; i++)
		if (dp->ports[i].open && dp->ports[i].id == way->device)
			return &dp->ports[i];
	return NULL;
}

static void report_to(struct dataplane *dp, const struct gw_camera_config *camera,
	struct correspondent *to, const struct subject *subject, int64_t now)
{
	struct reporter *reporter = dp->reporter;
	const struct reception_facts *facts = &subject->facts;
	uint8_t packet[RTCP_REPORT_SIZE], frame[WAY_BACK_HEADERS + RTCP_REPORT_SIZE];
	struct gw_reports *reports = &dp->stage->gw->reports;
	const bool was_left_out = gw_reports_was_left_out(reports, subject->camera);

	if (to->about != subject->ssrc || to->reported == 0 ||
		facts->expected < to->lost.new_expected)
		meet(reporter, to, subject->ssrc);
	const struct rtcp_report report = {
		.from = to->ssrc,
		.about = to->about,
		.fraction_lost = lost_share_next(&to->lost, facts, was_left_out),
		.lost = (uint32_t)(facts->lost < UINT32_MAX ? facts->lost : UINT32_MAX),
		.highest = facts->highest,
		.jitter = facts->jitter,
		.last_sender = subject->last_ntp,
		.delay = subject->last_ntp
			? (uint32_t)((now - subject->last_when) / 1000 * 65536 / 1000000)
			: 0,
	};

	to->size = rtcp_write(&report, dp->stage->gw->boot_id, packet);
	const uint32_t size = way_back_write(&subject->way, camera, packet, to->size, frame);
	struct port *port = find_port(dp, &subject->way);
	bool has_gone;

	if (subject->way.device == INLET_DEVICE) {
		has_gone = gw_reports_put(reports, subject->camera, packet, to->size);
	} else if (size == 0 || (port && !port_is_addressed(port, subject->way.link))) {
		lost_share_take_back(&to->lost);
		return;
	} else {
		has_gone = port && port_send(port, frame, size);
	}
	gw_counter_add(has_gone ? &reporter->sent : &reporter->unsent, 1);
	if (!has_gone)
		lost_share_take_back(&to->lost);
}

static void report_about(struct dataplane *dp, const struct subject *subject, int64_t now)
{
	struct reporter *reporter = dp->reporter;
	struct correspondent *to = &reporter->camera[subject->camera];
	const struct gw_camera *camera = gw_camera_now(dp->stage->gw, subject->camera);
	const uint64_t bytes = GW_COUNT(dp->stage, subject->camera, bytes);
	const int64_t elapsed = now - to->reported;
	uint64_t rate = UNKNOWN_RATE;

	if (to->reported != 0 && elapsed > 0 && bytes >= to->bytes)
		rate = (bytes - to->bytes) * 1000 / (uint64_t)(elapsed / GW_NS_PER_MS + 1);
	if (subject->is_heard) {
		report_to(dp, camera->config, to, subject, now);
		to->reported = now;
		to->bytes = bytes;
	} else {
		to->reported = 0;
	}
	plan(reporter, to, now, rate);
}

/* With SRTP the key that the camera would understand is not known: ours is to read. */
static bool is_wanted(const struct gw_camera *camera)
{
	return camera && gw_camera_has_media(camera->config) &&
		gw_camera_has_rtcp(camera->config) && !camera->config->srtp &&
		!camera->config->srtp_key.is_set;
}

/* The lane's cameras whose reports are due. */
static void find_due(struct dataplane *dp, uint32_t lane, int64_t now, struct look *look)
{
	const struct gw *gw = dp->stage->gw;
	struct reporter *reporter = dp->reporter;
	const uint32_t lanes = dp->stage->lane_count;

	look->count = 0;
	for (uint32_t i = lane; i < gw_camera_high(gw) && look->count < BATCH; i += lanes) {
		struct correspondent *to = &reporter->camera[i];

		if (!is_wanted(gw_camera_now(gw, i)))
			*to = (struct correspondent){0};
		else if (to->due == 0)
			plan(reporter, to, now, UNKNOWN_RATE);
		else if (to->due <= now)
			look->subject[look->count++].camera = i;
	}
}

void reporter_upkeep(struct dataplane *dp, int64_t now)
{
	struct look look;

	for (uint32_t lane = 0; lane < dp->stage->lane_count; lane++) {
		find_due(dp, lane, now, &look);
		if (look.count == 0)
			continue;
		const bool has_looked = gw_ask(&dp->stage->lanes[lane], look_at_lane, &look);

		for (uint32_t i = 0; i < look.count; i++) {
			if (has_looked)
				report_about(dp, &look.subject[i], gw_now());
			else
				dp->reporter->camera[look.subject[i].camera].due =
					now + LANE_PAUSE_NS;
		}
	}
}
