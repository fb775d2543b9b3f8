/* The whole way of a frame, and what stands at its side. */
#include "accel/accel.h"
#include "dataplane/dataplane.h"
#include "decode/decode.h"
#include "gwd/gateway.h"
#include "kafka/commands.h"
#include "kafka/source.h"
#include "mgmt/mgmt.h"
#include "session/service.h"
#include "sink/stage.h"

const struct gw_way gw_pipeline[GW_STAGES] = {
	[GW_STAGE_RX] = {&dataplane_stage, .to = GW_STAGE_DECODE},
	[GW_STAGE_SOURCE] = {&source_stage, .to = GW_STAGE_DECODE},
	[GW_STAGE_DECODE] = {&decode_stage, .to = GW_STAGE_ACCEL},
	[GW_STAGE_ACCEL] = {&accel_stage, .to = GW_STAGE_SINK},
	[GW_STAGE_SINK] = {&sink_stage, .to = GW_STAGES},
};

const struct gw_service_ops *const gw_services[] = {
	&session_service, &mgmt_service, &commands_service, NULL};
