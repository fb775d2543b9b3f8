/* Sends the pictures of many cameras over an interface, for the memory benchmark.
 *
 *     load_send INTERFACE PICTURE.jpg CAMERAS AT_ONCE PICTURES_PER_SECOND SECONDS
 *
 * All cameras send the same picture, AT_ONCE of them mixed packet by packet. Prints as JSON how
 * many pictures went.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "dataplane/test_load.h"

/* The first packet of a picture also has its tables, and must not exceed an MTU of 1500. */
#define PAYLOAD 1300
#define BURST 32

static int open_socket(const char *interface)
{
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = 0, /* it shall hear nothing */
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	const int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || address.sll_ifindex == 0 ||
		bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		fprintf(stderr, "load_send: %s: %s\n", interface, strerror(errno));
		return -1;
	}
	return fd;
}

static int send_burst(int fd, struct test_load *load)
{
	static uint8_t room[BURST][2048];
	struct mmsghdr messages[BURST] = {0};
	struct iovec pieces[BURST];

	for (uint32_t i = 0; i < BURST; i++) {
		pieces[i].iov_base = room[i];
		pieces[i].iov_len = test_load_next(load, room[i]);
		messages[i].msg_hdr.msg_iov = &pieces[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	for (int sent = 0; sent < BURST;) {
		const int more = sendmmsg(fd, messages + sent, (unsigned int)(BURST - sent), 0);

		if (more < 0 && errno != ENOBUFS && errno != EINTR) {
			fprintf(stderr, "load_send: %s\n", strerror(errno));
			return -1;
		}
		sent += more > 0 ? more : 0;
	}
	return 0;
}

static int send_all(int fd, struct test_load *load, double packets_per_second, double seconds)
{
	const int64_t start = gw_now();
	const int64_t end = start + (int64_t)(seconds * 1e9);
	uint64_t sent = 0;

	for (int64_t now = start; now < end; now = gw_now()) {
		const int64_t due = start + (int64_t)((double)sent / packets_per_second * 1e9);

		if (due > now) {
			usleep((useconds_t)((due - now) / 1000));
			continue;
		}
		if (send_burst(fd, load) != 0)
			return 1;
		sent += BURST;
	}
	printf("{\"pictures\": %lu}\n", sent / load->picture->count);
	return 0;
}

int main(int argc, char **argv)
{
	static struct test_camera camera;
	struct test_jpeg jpeg;

	if (argc != 7) {
		fprintf(stderr,
			"usage: load_send INTERFACE PICTURE CAMERAS AT_ONCE PICTURES_PER_SECOND "
			"SECONDS\n");
		return 2;
	}
	if (!test_jpeg_load(&jpeg, argv[2])) {
		fprintf(stderr, "load_send: %s cannot be read\n", argv[2]);
		return 1;
	}
	test_camera_init(&camera, 1, 5004);
	camera.payload = PAYLOAD;
	test_camera_send(&camera, &jpeg);
	struct test_load load = {.picture = &camera,
		.cameras = (uint32_t)atoi(argv[3]),
		.step = 1,
		.at_once = (uint32_t)atoi(argv[4])};
	const int fd = open_socket(argv[1]);
	const int status =
		fd < 0 ? 1 : send_all(fd, &load, atof(argv[5]) * camera.count, atof(argv[6]));

	if (fd >= 0)
		close(fd);
	test_camera_free(&camera);
	test_jpeg_free(&jpeg);
	return status;
}
