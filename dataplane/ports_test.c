/* Ports that are opened again while lanes turn, or stand still. */
#include "core/test.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/control.h"
#include "core/test_gateway.h"
#include "dataplane/dataplane.h"
#include "dataplane/stage.h"
#include "dataplane/test_child.h"

static struct scene {
	struct gw gw;
	struct gw_stage *stage;
	struct dataplane *dp;
	struct rx_lane *rx[2];
	struct gw_error error;
} scene;

/* Two ports, "well" and "ill"; every lane has a queue of each. */
static void open_two_ports(uint32_t lanes)
{
	char text[512];

	snprintf(text, sizeof(text),
		"cores: {rx: %u}\n"
		"interfaces:\n"
		"  - {name: well, device: net_null0}\n"
		"  - {name: ill, device: net_null1}\n"
		"frames: {classes: [{width: 640, height: 480, count: 4}]}\n"
		"cameras: [{name: hall, source: 10.0.0.3, destination: 10.0.0.2, port: 5004}]\n",
		lanes);
	test_child_must(test_gateway_open(&scene.gw, text, NULL, GW_STAGE_RX, &dataplane_stage,
				&scene.error) == 0,
		scene.error.text);
	scene.stage = &scene.gw.stages[GW_STAGE_RX];
	scene.dp = scene.stage->state;
	for (uint32_t i = 0; i < lanes; i++)
		scene.rx[i] = scene.stage->lanes[i].state;
}

/* The control thread's next look, at which the second port is found to have been away. */
static void look(bool ill)
{
	static int64_t now;

	now = (now ? now : gw_now()) + PORT_WATCH_NS;
	scene.dp->watches[1].was_away = ill;
	dataplane_stage.upkeep(scene.stage, now);
}

static uint64_t reopened(void)
{
	return atomic_load(&scene.dp->watches[1].reopened);
}

static bool takes_from(const struct rx_lane *rx, const struct port *port)
{
	for (uint32_t i = 0; i < rx->queue_count; i++)
		if (rx->queues[i].port == port)
			return true;
	return false;
}

static void answer_one(struct gw_lane *lane)
{
	while (!gw_lane_answer(lane))
		usleep(100);
}

static void *go_on_with_the_other(void *state)
{
	struct gw_lane *lane = state;
	const struct port *ports = scene.dp->ports;

	answer_one(lane);
	MUST(!takes_from(scene.rx[0], &ports[1]));
	MUST(takes_from(scene.rx[0], &ports[0]));
	answer_one(lane);
	MUST(takes_from(scene.rx[0], &ports[1]));
	MUST(takes_from(scene.rx[0], &ports[0]));
	return NULL;
}

static void open_one_again(void)
{
	pthread_t thread;

	open_two_ports(1);
	atomic_store(&scene.stage->lanes[0].running, true);
	MUST(pthread_create(&thread, NULL, go_on_with_the_other, &scene.stage->lanes[0]) == 0);
	look(true);
	MUST(pthread_join(thread, NULL) == 0);
	MUST(reopened() == 1);
	atomic_store(&scene.stage->lanes[0].running, false);
	test_gateway_close(&scene.gw);
}

static void a_port_that_is_opened_again_does_not_hold_up_the_others(void **state)
{
	test_in_child(open_one_again);
}

static void *let_go_and_stand_still(void *state)
{
	answer_one(state);
	return NULL;
}

static void *let_go_and_take_again(void *state)
{
	answer_one(state);
	answer_one(state);
	return NULL;
}

/* The second lane does not answer at all; the first one is not turning, and is answered for. */
static void stand_still_in_the_driver(void)
{
	struct gw_lane *slow;
	pthread_t thread;

	open_two_ports(2);
	slow = &scene.stage->lanes[1];
	atomic_store(&slow->running, true);
	look(true);
	MUST(reopened() == 0);
	MUST(takes_from(scene.rx[0], &scene.dp->ports[1]));
	MUST(takes_from(scene.rx[1], &scene.dp->ports[1]));
	MUST(pthread_create(&thread, NULL, let_go_and_take_again, slow) == 0);
	look(true);
	MUST(pthread_join(thread, NULL) == 0);
	MUST(reopened() == 1);
	MUST(takes_from(scene.rx[0], &scene.dp->ports[1]));
	MUST(takes_from(scene.rx[1], &scene.dp->ports[1]));
	atomic_store(&slow->running, false);
	test_gateway_close(&scene.gw);
}

static void a_port_that_a_lane_does_not_let_go_of_stays_as_it_is(void **state)
{
	test_in_child(stand_still_in_the_driver);
}

static void stand_still(void)
{
	struct gw_lane *slow;
	pthread_t thread;

	open_two_ports(2);
	slow = &scene.stage->lanes[1];
	atomic_store(&slow->running, true);
	MUST(pthread_create(&thread, NULL, let_go_and_stand_still, slow) == 0);
	look(true);
	MUST(pthread_join(thread, NULL) == 0);
	MUST(reopened() == 1);
	MUST(!takes_from(scene.rx[1], &scene.dp->ports[1]));
	/* As long as it stands nobody waits for it. */
	const int64_t before = gw_now();

	look(false);
	MUST(gw_now() - before < GW_NS_PER_S);
	MUST(!takes_from(scene.rx[1], &scene.dp->ports[1]));
	MUST(pthread_create(&thread, NULL, let_go_and_stand_still, slow) == 0);
	gw_counter_add(&slow->stats->turns, 1);
	look(false);
	MUST(pthread_join(thread, NULL) == 0);
	MUST(takes_from(scene.rx[1], &scene.dp->ports[1]));
	atomic_store(&slow->running, false);
	test_gateway_close(&scene.gw);
}

static void a_lane_that_stood_still_takes_from_the_port_when_it_turns(void **state)
{
	test_in_child(stand_still);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_that_is_opened_again_does_not_hold_up_the_others),
		cmocka_unit_test(a_port_that_a_lane_does_not_let_go_of_stays_as_it_is),
		cmocka_unit_test(a_lane_that_stood_still_takes_from_the_port_when_it_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
