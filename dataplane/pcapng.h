/* pcapng captures that libpcap does not read whole: it wants all interfaces of a file to agree on
 * the snapshot length and the resolution of times (draft-ietf-opsawg-pcapng). */
#pragma once

#include <stdbool.h>

#include "core/error.h"

/* Whether the file, open at `fd`, is a pcapng capture. Its position stays. */
bool pcapng_is(int fd);

/* Writes the packets of all Ethernet interfaces of the capture at `from`, in their order, to `to`,
 * as a pcap file with nanoseconds. Packets that came before the fault are written also when the
 * capture is malformed (a time after 2106 is) or cut short: -EBADMSG. -EPROTOTYPE: another link
 * type; -EIO. With one line.
 */
int pcapng_convert(int from, int to, struct gw_error *error);
