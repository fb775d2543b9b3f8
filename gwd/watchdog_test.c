/* What systemd's watchdog hears. */
#include "gwd/toy_process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/clock.h"

/* Binds the socket that a child's sd_notify() writes to; `address` is to be unlinked. */
static int open_notify_socket(struct sockaddr_un *address)
{
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(address->sun_path, sizeof(address->sun_path), "/tmp/framegate-notify-%d",
		(int)getpid());
	unlink(address->sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)address, sizeof(*address)), 0);
	setenv("NOTIFY_SOCKET", address->sun_path, 1);
	return fd;
}

/* How often the watchdog was fed until `until`. */
static int count_pings(int fd, int64_t until)
{
	int pings = 0;

	do {
		char message[256];
		ssize_t size = recv(fd, message, sizeof(message) - 1, 0);

		if (size < 0) {
			usleep(5000);
			continue;
		}
		message[size] = '\0';
		pings += strstr(message, "WATCHDOG=1") != NULL;
	} while (gw_now() < until);
	return pings;
}

static void the_watchdog_is_fed_only_while_every_lane_turns(void **state)
{
	struct run *run = *state;
	struct sockaddr_un address;
	const int fd = open_notify_socket(&address);
	int64_t ns;

	setenv("WATCHDOG_USEC", "200000", 1);
	play.freeze_at = gw_now() + GW_NS_PER_S;
	play.thaw_at = play.freeze_at + 3500 * GW_NS_PER_MS;
	launch(run);
	assert_true(count_pings(fd, play.freeze_at) >= 3);
	/* A lane may be slow for two seconds. */
	count_pings(fd, play.freeze_at + 2300 * GW_NS_PER_MS);
	assert_int_equal(count_pings(fd, play.thaw_at - 100 * GW_NS_PER_MS), 0);
	count_pings(fd, play.thaw_at + 500 * GW_NS_PER_MS);
	assert_true(count_pings(fd, play.thaw_at + GW_NS_PER_S) >= 2);
	assert_int_equal(terminate(run, &ns), 0);
	unlink(address.sun_path);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_watchdog_is_fed_only_while_every_lane_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
