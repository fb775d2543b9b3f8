#include "mgmt/mgmt.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "mgmt/rates.h"
#include "mgmt/server.h"
#include "mgmt/socket.h"

struct mgmt {
	struct api api;
	struct api_socket socket;
	struct api_server *server;
};

/* Threads inherit mask and affinity of the one that makes them: signals belong to the main thread,
 * and the main thread may be pinned to the receive core. */
struct mood {
	sigset_t signals;
	cpu_set_t cores;
	bool cores_known;
};

static void become_ordinary(struct mood *before)
{
	sigset_t all;
	cpu_set_t any;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before->signals);
	before->cores_known = sched_getaffinity(0, sizeof(before->cores), &before->cores) == 0;
	memset(&any, 0xff, sizeof(any));
	if (before->cores_known)
		sched_setaffinity(0, sizeof(any), &any);
}

static void become_as(const struct mood *before)
{
	if (before->cores_known)
		sched_setaffinity(0, sizeof(before->cores), &before->cores);
	pthread_sigmask(SIG_SETMASK, &before->signals, NULL);
}

static int start_threads(struct mgmt *mgmt, struct gw_error *error)
{
	struct mood before;
	int status;

	become_ordinary(&before);
	status = rates_start(mgmt->api.rates);
	if (status != 0)
		gw_error_set(error, status, "api: no thread: %s", strerror(-status));
	if (status == 0) {
		mgmt->server = api_server_start(&mgmt->api, mgmt->socket.fd, error);
		status = mgmt->server ? 0 : -EIO;
	}
	become_as(&before);
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
