/* Packets of the media that come by no port, but within a connection (RTSP over TCP), on their way
 * to the receive stage; and reports on their way back. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/counter.h"

/* A packet as UDP would have brought it. */
struct gw_packet {
	uint32_t camera; /* its slot, which says the lane */
	struct gw_address from, to;
	uint16_t from_port, to_port;
	const uint8_t *data; /* of the datagram */
	uint32_t size;
};

/* RTCP to a camera. */
#define GW_REPORT_SIZE 128
#define GW_REPORTS 256 /* that wait; a power of two */

struct gw_report {
	uint32_t camera;
	uint32_t size;
	uint8_t bytes[GW_REPORT_SIZE];
};

/* One thread puts, one takes. {0} is empty. */
struct gw_reports {
	_Atomic uint32_t head; /* written by who puts */
	_Atomic uint32_t tail; /* written by who takes */
	struct gw_counter left_out; /* taken, and not sent after all; by who takes */
	_Atomic bool missed[GW_CAMERAS]; /* ... the camera's last one; set by who takes */
	struct gw_report report[GW_REPORTS];
};

/* False: there is no room, or the report is too large. The receive stage's control. */
bool gw_reports_put(
	struct gw_reports *reports, uint32_t camera, const uint8_t *bytes, uint32_t size);

/* Whether the camera's last one was left out; asked once. As above. */
bool gw_reports_was_left_out(struct gw_reports *reports, uint32_t camera);

/* False: there is none. Who writes to the connections. */
bool gw_reports_take(struct gw_reports *reports, struct gw_report *report);

/* One that was taken is not sent: counted, and the next one tells what it would have. As above. */
void gw_reports_leave_out(struct gw_reports *reports, uint32_t camera);
