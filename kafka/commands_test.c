/* The service that hears commands, when what it was made of changes: against a mock cluster. */
#include "kafka/commands.h"

#include "core/test.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/health.h"
#include "kafka/test_cluster.h"

typedef rd_kafka_resp_err_t subscribing(rd_kafka_t *, const rd_kafka_topic_partition_list_t *);

/* Whether no consumer may subscribe, and how often one did or tried. */
static _Atomic bool is_refused;
static _Atomic uint32_t tries;

/* The program's own is found before the library's. */
__attribute__((visibility("default"))) rd_kafka_resp_err_t rd_kafka_subscribe(
	rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *topics)
{
	subscribing *real = (subscribing *)dlsym(RTLD_NEXT, "rd_kafka_subscribe");

	atomic_fetch_add(&tries, 1);
	return atomic_load(&is_refused) ? RD_KAFKA_RESP_ERR__INVALID_ARG : real(rk, topics);
}

static void put_secret(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* What the service says is wrong; NULL: nothing. */
static const struct gw_trouble *trouble(void *service)
{
	static struct gw_health health;

	health.count = 0;
	commands_service.health(service, &health);
	return health.count > 0 ? &health.trouble[0] : NULL;
}

static void wait_for_tries(uint32_t count)
{
	static const struct timespec pause = {.tv_nsec = 10 * GW_NS_PER_MS};
	const int64_t deadline = gw_now() + 30 * GW_NS_PER_S;

	while (atomic_load(&tries) < count) {
		if (gw_now() > deadline)
			fail_msg("%u of %u", atomic_load(&tries), count);
		nanosleep(&pause, NULL);
	}
}

static void wait_until_well(void *service)
{
	static const struct timespec pause = {.tv_nsec = 10 * GW_NS_PER_MS};
	const int64_t deadline = gw_now() + 30 * GW_NS_PER_S;

	while (trouble(service)) {
		if (gw_now() > deadline)
			fail_msg("%s", trouble(service)->text);
		nanosleep(&pause, NULL);
	}
}

static void a_new_consumer_that_may_not_subscribe_is_told_and_tries_again(void **state)
{
	struct cluster *cluster = *state;
	char secret[] = "/tmp/framegate-commands-XXXXXX", more[384];
	struct gw_error error;
	void *service = NULL;

	rd_kafka_mock_topic_create(cluster->mock, "framegate.commands", 1, 1);
	close(mkstemp(secret));
	put_secret(secret, "first\n");
	snprintf(more, sizeof(more),
		"  commands: {topic: framegate.commands, replies: framegate.replies}\n"
		"  properties: [{name: sasl.password, file: %s}]\n",
		secret);
	struct fixture *f = cluster_open_sink(cluster, more);

	if (commands_service.open(&f->gw, &service, &error) != 0 ||
		commands_service.start(service, &error) != 0)
		fail_msg("%s", error.text);
	assert_int_equal(atomic_load(&tries), 1);
	assert_null(trouble(service));
	atomic_store(&is_refused, true);
	put_secret(secret, "the second\n");
	/* Again and again, and it stays a trouble. */
	wait_for_tries(3);
	const struct gw_trouble *found = trouble(service);

	assert_string_equal(found ? found->id : "", "kafka.commands.unheard");
	assert_non_null(strstr(found ? found->text : "", "no command is heard: "));
	atomic_store(&is_refused, false);
	wait_until_well(service);
	assert_true(commands_service.stop(service));
	commands_service.close(service);
	unlink(secret);
	fixture_close(f, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLUSTER_TEST(a_new_consumer_that_may_not_subscribe_is_told_and_tries_again),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
