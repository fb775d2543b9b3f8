#include "gwd/camera/listener.h"

#include <string.h>

#include "dataplane/rtcp.h"
#include "dataplane/secure.h"

int listener_set_key(
	struct listener *listener, const struct gw_camera_config *camera, struct gw_error *error)
{
	struct secure *secure;
	const int status = secure_of_camera(camera, &secure, error);

	if (status != 0)
		return status;
	secure_destroy(listener->secure);
	listener->secure = secure;
	return 0;
}

void listener_take(struct listener *listener, const uint8_t *data, uint32_t size, int64_t now)
{
	enum gw_drop drop;

	if (!listener->secure) {
		measure_packet(listener->measure, data, size, now);
		return;
	}
	if (size > LISTENER_PACKET)
		size = LISTENER_PACKET;
	memcpy(listener->opened, data, size);
	/* The types of RTCP are not encrypted. */
	drop = rtcp_is(data, size) ? secure_open_report(listener->secure, listener->opened, &size)
				   : secure_open(listener->secure, listener->opened, &size, now);
	if (drop == GW_DROP_NONE)
		measure_packet(listener->measure, listener->opened, size, now);
	else
		listener->measure->refused[drop]++;
}

void listener_close(struct listener *listener)
{
	secure_destroy(listener->secure);
	listener->secure = NULL;
}
