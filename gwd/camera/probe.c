#include "gwd/camera/probe.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "gwd/camera/listener.h"
#include "session/hold.h"
#include "session/relay.h"
#include "session/rtsp.h"
#include "session/secret.h"

#define ANSWER_MS 10000
#define EVENTS 8
#define PACKET 65536
#define OURS UINT64_MAX /* the socket of the pictures, or both of the relay */

struct run {
	struct probe *probe;
	struct rtsp *rtsp;
	struct hold hold;
	struct relay *relay; /* NULL: packets come to `hold` */
	struct listener listener;
	int epoll;
	uint8_t packet[PACKET];
};

static void take_packets(struct run *run)
{
	ssize_t size;

	while (run->relay && relay_turn(run->relay))
		continue;
	if (run->relay)
		return;
	while ((size = recv(run->hold.rtp, run->packet, sizeof(run->packet), MSG_DONTWAIT)) >= 0)
		listener_take(&run->listener, run->packet, (uint32_t)size, gw_now());
}

/* Serves what is ready, until `until` (gw_now()) or something was. */
static void serve(struct run *run, int64_t until)
{
	struct epoll_event events[EVENTS];
	const int64_t due = rtsp_due(run->rtsp) < until ? rtsp_due(run->rtsp) : until;
	const int64_t left = due - gw_now();
	const int count = epoll_wait(
		run->epoll, events, EVENTS, left <= 0 ? 0 : (int)(left / GW_NS_PER_MS) + 1);

	for (int i = 0; i < count; i++) {
		if (events[i].data.u64 == OURS)
			take_packets(run);
		else
			rtsp_event(run->rtsp, events[i].data.u64, events[i].events);
	}
	rtsp_turn(run->rtsp, gw_now());
}

/* One request and its answer. */
static int say(struct run *run, struct gw_error *error)
{
	const struct rtsp_request request = dialogue_request(&run->probe->dialogue);
	const struct rtsp_answer *answer;
	int status = rtsp_send(run->rtsp, &request, ANSWER_MS, error);

	if (status != 0)
		return status;
	while (rtsp_busy(run->rtsp))
		serve(run, gw_now() + GW_NS_PER_S);
	status = rtsp_take(run->rtsp, &answer, error);
	return status == 0 ? dialogue_take(&run->probe->dialogue, answer, error) : status;
}

static int take_ports(struct run *run, struct gw_error *error)
{
	struct dialogue *dialogue = &run->probe->dialogue;
	int status = 0;

	if (dialogue->way == TRANSPORT_UDP)
		status = hold_ports(&run->hold, &dialogue->local, error);
	if (status == 0)
		dialogue_set_port(dialogue, dialogue->way == TRANSPORT_UDP ? run->hold.port : 0);
	return status;
}

static bool take_within(void *arg, const struct gw_packet *packet)
{
	struct run *run = arg;

	/* The relay says so of a channel that nobody set up. */
	if (packet->to_port == 0)
		run->probe->measure.elsewhere++;
	else
		listener_take(&run->listener, packet->data, packet->size, gw_now());
	return true;
}

/* What the camera sends within the connection comes by a relay. */
static int listen_within(struct run *run, struct gw_error *error)
{
	struct dialogue *dialogue = &run->probe->dialogue;
	const struct relay_taker taker = {run, take_within};
	const struct gw_packet packet = {.to_port = dialogue->local_port};
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = OURS};
	struct line camera;
	int speaker;
	const int status = rtsp_divert(run->rtsp, &camera, &speaker, error);

	if (status != 0)
		return status;
	run->relay = relay_create(camera, speaker, dialogue->channels, &packet, &taker);
	if (!run->relay ||
		epoll_ctl(run->epoll, EPOLL_CTL_ADD, run->relay->camera.file, &event) != 0 ||
		epoll_ctl(run->epoll, EPOLL_CTL_ADD, speaker, &event) != 0)
		return gw_error_set(error, -ENOMEM, "out of memory");
	dialogue_go_on(dialogue);
	return 0;
}

/* A key that the camera's description says goes before the one that is given. */
static int take_key(struct run *run, struct gw_error *error)
{
	struct gw_camera_config camera = *run->probe->camera;

	camera.srtp_key = run->probe->dialogue.learned.srtp_key;
	const int status = listener_set_key(&run->listener, &camera, error);

	explicit_bzero(&camera.srtp_key, sizeof(camera.srtp_key));
	return status;
}

static int listen_to(struct run *run, struct gw_error *error)
{
	struct dialogue *dialogue = &run->probe->dialogue;
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = OURS};
	int status = take_key(run, error);

	if (status != 0)
		return status;
	if (dialogue->way == TRANSPORT_TCP)
		return listen_within(run, error);
	if (dialogue->way == TRANSPORT_MULTICAST)
		status = hold_group(
			&run->hold, &dialogue->local, &dialogue->learned.destination, error);
	if (status == 0)
		status = hold_listen(&run->hold, dialogue->learned.port, error);
	if (status == 0 && epoll_ctl(run->epoll, EPOLL_CTL_ADD, run->hold.rtp, &event) != 0)
		status = gw_error_set(error, -errno, "%s", strerror(errno));
	if (status == 0)
		dialogue_go_on(dialogue);
	return status;
}

/* From the description to PLAY. */
static int play(struct run *run, struct gw_error *error)
{
	struct dialogue *dialogue = &run->probe->dialogue;
	int status = 0;

	while (status == 0 && dialogue->step != DIALOGUE_PLAYING) {
		if (dialogue->step == DIALOGUE_PORTS)
			status = take_ports(run, error);
		if (status == 0 && dialogue->step == DIALOGUE_LEARNED)
			status = listen_to(run, error);
		if (status == 0)
			status = say(run, error);
	}
	return status;
}

static void listen_for_a_while(struct run *run)
{
	const int64_t until = gw_now() + run->probe->seconds * GW_NS_PER_S;

	while (gw_now() < until)
		serve(run, until);
}

/* `within`: pictures within the connection are asked for first. */
static int run_all(struct run *run, bool within, struct gw_error *error)
{
	struct probe *probe = run->probe;
	char secret[SECRET_SIZE];
	int status = secret_read(probe->camera, secret, error);

	/* A key file that is no good is told before the camera is asked. */
	if (status == 0)
		status = listener_set_key(&run->listener, probe->camera, error);
	rtsp_reset(run->rtsp, probe->camera, secret);
	explicit_bzero(secret, sizeof(secret));
	dialogue_begin(&probe->dialogue, probe->camera->url, probe->camera->transport);
	if (probe->camera->srtp)
		dialogue_expect_key(&probe->dialogue);
	if (within)
		dialogue_prefer(&probe->dialogue, TRANSPORT_TCP);
	if (status == 0)
		status = say(run, error);
	if (status != 0)
		return status;
	probe->plays = play(run, &probe->trouble) == 0;
	if (probe->plays) {
		probe->trouble.text[0] = '\0';
		listen_for_a_while(run);
	}
	if (dialogue_end(&probe->dialogue) && !rtsp_busy(run->rtsp)) {
		struct gw_error ignored;

		(void)say(run, &ignored);
	}
	return 0;
}

/* One conversation from its beginning to its end. */
static int converse(struct probe *probe, bool within, struct gw_error *error)
{
	static struct run run;
	int status = 0;

	run = (struct run){.probe = probe, .hold = HOLD_NONE, .listener.measure = &probe->measure};
	run.epoll = epoll_create1(EPOLL_CLOEXEC);
	run.rtsp = rtsp_create(run.epoll, 0);
	if (run.epoll >= 0 && run.rtsp)
		status = run_all(&run, within, error);
	else
		status = gw_error_set(error, -ENOMEM, "out of memory");
	rtsp_destroy(run.rtsp);
	relay_destroy(run.relay);
	hold_release(&run.hold);
	listener_close(&run.listener);
	if (run.epoll >= 0)
		close(run.epoll);
	return status;
}

static bool nothing_came_by_udp(const struct probe *probe)
{
	return probe->plays && probe->dialogue.way == TRANSPORT_UDP &&
		probe->camera->transport == GW_TRANSPORT_AUTO && probe->measure.packets == 0;
}

int probe_run(struct probe *probe, struct gw_error *error)
{
	static struct probe again;
	struct gw_error ignored;
	int status = rtsp_global_open(error);

	if (status != 0)
		return status;
	status = converse(probe, false, error);
	if (status == 0 && nothing_came_by_udp(probe)) {
		again = (struct probe){
			.camera = probe->camera, .seconds = probe->seconds, .udp_was_silent = true};
		if (converse(&again, true, &ignored) == 0 && again.measure.packets > 0)
			*probe = again;
	}
	rtsp_global_close();
	return status;
}
