/* For tests: a virtual cable in a network namespace of the process's own. The port stands on "gw0";
 * what is sent goes in at "cam0". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/device.h"
#include "dataplane/port_watch.h"

/* Ends the process with a line when `truth` is false. */
void test_must(bool truth, const char *what);
#define MUST(truth) test_must(truth, #truth)

/* Whether this process may make namespaces and there is `ip`. */
bool test_wire_allowed(void);

/* Runs `body` in a child, in a namespace of its own, with DPDK started for two queues; succeeds
 * when it returns. */
void test_wire_in_child(void (*body)(void));

/* Runs a command of the shell's, printed like printf; it must succeed. */
__attribute__((format(printf, 1, 2))) void test_wire_run(const char *format, ...);

/* Makes a cable, both ends up, with that MTU. */
void test_wire_make(const char *near, const char *far, uint32_t mtu);

/* A socket that sends into an interface; the caller closes it. */
int test_wire_socket(const char *interface);

/* Sends one UDP datagram of `size` bytes with Ethernet header from UDP port `source`; `mark` is the
 * first byte of its payload. False when the interface does not take it. */
bool test_wire_send(int fd, uint8_t mark, uint16_t source, uint32_t size);

/* How many packets of each queue the port holds now, by mark. */
struct test_wire_heard {
	uint32_t total, in_queue[DEVICE_QUEUES], by_mark[256];
	uint32_t longest; /* bytes */
};
void test_wire_listen(struct port *port, struct test_wire_heard *heard);
