/* The values of SDP's lines (RFC 8866), and of what cameras add to them. Pure; any thread. None of
 * them is trusted: what makes no sense is as if not said, and changes nothing. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"

/* Whether the text begins with the word, in whatever case; *rest is what follows, without blanks.
 */
bool sdp_begins(const char *text, const char *word, const char **rest);

/* Two numbers from 1 to 65535 with `between` between them, as in "640-480". */
bool sdp_read_size(const char *text, char between, uint16_t *width, uint16_t *height);

/* "0,0,480,640": top, left, bottom, right. */
bool sdp_read_clip(const char *text, uint16_t *width, uint16_t *height);

/* "25", "12.5" or "30000/1001", pictures a second; 0: none. */
double sdp_read_rate(const char *text);

/* "IN IP4 239.1.2.3/16": only groups are of interest, the rest is said when the stream is set up.
 */
void sdp_read_group(const char *text, struct gw_address *group);
