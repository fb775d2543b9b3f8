/* Where packets go: a port of DPDK's, or a capture file. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"

/* What became of the packets. */
struct output_counts {
	uint64_t sent, bytes; /* that the driver, or the file, took */
	uint64_t refusals; /* how often the driver did not take all that it was given */
	uint64_t driver_lost; /* that the driver took and did not send, by its own count */
	uint64_t link_lost; /* that the kernel's interface below it threw away */
	uint64_t echoed; /* that came back by the port itself (net_ring), or by the return port */
};

struct output;

struct output_ops {
	/* Room for one packet; NULL: none now, flush. */
	uint8_t *(*room)(struct output *output);
	/* The packet in that room, `size` bytes, which is due at `due_ns`. */
	void (*put)(struct output *output, uint32_t size, int64_t due_ns);
	/* Hands on what is there. Returns how many packets wait still; -errno: a file is full. */
	int (*flush)(struct output *output);
	void (*look)(struct output *output, struct output_counts *counts);
	/* What waits still is freed, and returned as a number. */
	uint32_t (*close)(struct output *output);
};

struct output {
	const struct output_ops *ops;
	bool in_time; /* packets go when they are due; else as fast as they are made */
	uint64_t link_bps; /* 0: not known, or not true */
	uint32_t mtu;
	char driver[32];
	char note[160]; /* what limits it: "virtual port" and the like; "" when nothing does */
};

/* A capture file with time stamps in nanoseconds since `utc_ns`. NULL and a line. */
struct output *output_open_file(const char *path, int64_t utc_ns, struct gw_error *error);

/* A port: "0000:01:00.0", "net_af_packet0,iface=cam0", "net_memif0,role=client,...". Starts DPDK,
 * once in a process. Waits up to five seconds for the link. */
struct output *output_open_port(const char *device, struct gw_error *error);
