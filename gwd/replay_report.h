/* What a replay leaves behind beside its frames. */
#pragma once

#include "core/gateway.h"

/* Writes DIR/stats.json (frames, drops and events per camera, unmatched packets, every name also at
 * 0) and says on stderr what came out. -EIO when accepted frames could not be written, -EBADMSG
 * when the capture could not be read whole. After gw_run(). */
int gw_replay_report(const struct gw *gw, struct gw_error *error);
