#include "mgmt/mgmt.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/inherit.h"
#include "core/log.h"
#include "mgmt/rates.h"
#include "mgmt/server.h"
#include "mgmt/socket.h"

struct mgmt {
	struct api api;
	struct api_socket socket;
	struct api_server *server;
};

static int start_threads(struct mgmt *mgmt, struct gw_error *error)
{
	struct gw_inherit before;
	int status;

	gw_inherit_begin(&before);
	status = rates_start(mgmt->api.rates);
	if (status != 0)
		gw_error_set(error, status, "api: no thread: %s", strerror(-status));
	if (status == 0) {
		mgmt->server = api_server_start(&mgmt->api, mgmt->socket.fd, error);
		status = mgmt->server ? 0 : -EIO;
	}
	gw_inherit_end(&before);
	if (mgmt->server)
		mgmt->socket.fd = -1; /* the server's now */
	return status;
}

static int mgmt_open(struct gw *gw, void **state, struct gw_error *error)
{
	const struct gw_api_config *config = gw->config->api;
	struct mgmt *mgmt;

	/* A replay speaks through its files, and must not disturb the gateway beside it. */
	if (gw->replay || !config || !config->socket)
		return 0;
	mgmt = calloc(1, sizeof(*mgmt));
	if (!mgmt)
		return gw_error_set(error, -ENOMEM, "api: out of memory");
	*state = mgmt;
	mgmt->api.gw = gw;
	mgmt->socket.fd = -1;
	mgmt->api.rates = rates_create(gw);
	if (!mgmt->api.rates)
		return gw_error_set(error, -ENOMEM, "api: out of memory");
	int status = api_socket_open(&mgmt->socket, config->socket, error);
	if (status == 0)
		status = start_threads(mgmt, error);
	if (status == 0)
		gw_info("api", "listening on %s", config->socket);
	return status;
}

static void mgmt_close(void *state)
{
	struct mgmt *mgmt = state;

	if (!mgmt)
		return;
	api_server_stop(mgmt->server);
	api_socket_close(&mgmt->socket);
	rates_destroy(mgmt->api.rates);
	free(mgmt);
}

const struct gw_service_ops mgmt_service = {
	.name = "api",
	.open = mgmt_open,
	.close = mgmt_close,
};
