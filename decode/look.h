/* A picture before it is decoded: whether it may be, how large it is and how it is seen. Any thread
 * that owns the frame.
 */
#pragma once

#include <stdbool.h>

#include "core/frame.h"
#include "jpeg/probe.h"

/* Looks at the frame's JPEG, unless that is known to be sound, as its camera wants pictures to be
 * seen. Sets the picture's size and orientation, and fills `info`; or the frame fails, with
 * GW_DROP_JPEG_LIMIT, GW_DROP_JPEG_UNSUPPORTED or GW_DROP_JPEG_BAD, and false is returned. Once a
 * frame. */
bool look_at_picture(
	struct gw_frame *frame, const struct jpeg_limits *limits, struct jpeg_info *info);

/* Describes in the frame's surface what a decoder does not know of its picture: which side is up,
 * and what its levels mean. After look_at_picture(). */
void look_describe_surface(const struct gw_frame *frame);
