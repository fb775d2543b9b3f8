/* RTCP sender reports (RFC 3550, 6.4.1). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gwgen/camera.h"

/* Writes a compound packet, sender report and canonical name, that says when the camera's next
 * picture was taken: `utc_ns` since 1970. It goes to the UDP port above the media's, or to the same
 * one. Returns its size. */
uint32_t report_write(const struct camera *camera, int64_t utc_ns, bool same_port, uint8_t *out);
