#include "session/secured.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "core/config/address.h"
#include "session/divert.h"

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct secured *secured = arg;
	const curl_socket_t file =
		socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

	secured->has_begun = false;
	if (file >= 0 && secured->opened_count < SECURED_OPENED)
		secured->opened[secured->opened_count++] = file;
	return file;
}

void secured_forget(struct secured *secured, curl_socket_t file)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < secured->opened_count; i++)
		if (secured->opened[i] != file)
			secured->opened[left++] = secured->opened[i];
	secured->opened_count = left;
}

union name {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static void to_address(const union name *name, struct gw_address *address, uint16_t *port)
{
	*address = (struct gw_address){.family = name->any.sa_family};
	if (name->any.sa_family == AF_INET6)
		memcpy(address->bytes, &name->in6.sin6_addr, 16);
	else
		memcpy(address->bytes, &name->in.sin_addr, 4);
	*port = ntohs(name->any.sa_family == AF_INET6 ? name->in6.sin6_port : name->in.sin_port);
}

/* Both ends of a connection, as libcurl says them. */
struct ends {
	const char *here, *there;
	int port_here, port_there;
};

static bool is_at(const struct gw_address *address, uint16_t port, const char *text, int wanted)
{
	struct gw_address it;

	return port == wanted && gw_address_parse(text, &it) && it.family == address->family &&
		memcmp(it.bytes, address->bytes, sizeof(it.bytes)) == 0;
}

/* Of those that were tried, the one that is connected so. */
static curl_socket_t find_connected(struct secured *secured, const struct ends *ends)
{
	curl_socket_t found = CURL_SOCKET_BAD;

	for (uint32_t i = 0; i < secured->opened_count && found == CURL_SOCKET_BAD; i++) {
		const curl_socket_t file = secured->opened[i];
		union name here, there;
		socklen_t here_size = sizeof(here), there_size = sizeof(there);

		memset(&here, 0, sizeof(here));
		memset(&there, 0, sizeof(there));
		if (getsockname(file, &here.any, &here_size) != 0 ||
			getpeername(file, &there.any, &there_size) != 0)
			continue;
		to_address(&here, &secured->local, &secured->local_port);
		to_address(&there, &secured->peer, &secured->peer_port);
		if (is_at(&secured->local, secured->local_port, ends->here, ends->port_here) &&
			is_at(&secured->peer, secured->peer_port, ends->there, ends->port_there))
			found = file;
	}
	secured->opened_count = 0;
	return found;
}

static struct tls_trust trust_of(const struct secured *secured)
{
	return (struct tls_trust){.host = secured->url.host,
		.ca_file = secured->camera->tls_ca_file,
		.fingerprint = secured->camera->tls_fingerprint};
}

static bool begin_tls(struct secured *secured, curl_socket_t file)
{
	const struct tls_trust trust = trust_of(secured);
	int camera, speaker;

	tunnel_destroy(secured->tunnel);
	secured->tunnel = NULL;
	epoll_ctl(secured->handles->epoll, EPOLL_CTL_DEL, file, NULL);
	int status = divert(file, &camera, &speaker);

	if (status != 0)
		gw_error_set(&secured->error, status, "TLS cannot begin: %s", strerror(-status));
	else
		secured->tunnel = tunnel_create(camera, speaker, secured->handles->epoll,
			secured->handles->id, &trust, &secured->error);
	if (status == 0 && !secured->tunnel)
		status = -errno;
	secured->status = status;
	secured->has_begun = secured->tunnel != NULL;
	return secured->has_begun;
}

/* Before a request is sent: on a connection that is new, TLS comes first. One that we know nothing
 * of hears nothing of us. */
static int on_request(void *arg, char *peer, char *local, int peer_port, int local_port)
{
	struct secured *secured = arg;

	if (secured->opened_count == 0 && secured->has_begun)
		return CURL_PREREQFUNC_OK;
	const curl_socket_t file =
		find_connected(secured, &(struct ends){local, peer, local_port, peer_port});

	if (file != CURL_SOCKET_BAD)
		return begin_tls(secured, file) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
	secured->status =
		gw_error_set(&secured->error, -EIO, "its connection is lost: TLS cannot begin");
	return CURL_PREREQFUNC_ABORT;
}

void secured_begin(struct secured *secured, const struct rtsp_handles *handles,
	const struct gw_camera_config *camera)
{
	CURL *curl = handles->curl;
	char url[sizeof(secured->url.host) + 32];
	struct gw_error ignored;

	*secured = (struct secured){.is_used = true, .handles = handles, .camera = camera};
	/* What the configuration was checked for. */
	secured->unfit = -EINVAL;
	if (gw_rtsp_url_parse(camera->url, &secured->url, &ignored) != 0)
		return;
	const bool is_ipv6 = strchr(secured->url.host, ':');
	CURLcode code;

	/* What is asked for has a URL of its own. */
	snprintf(url, sizeof(url), "rtsp://%s%s%s:%u/", is_ipv6 ? "[" : "", secured->url.host,
		is_ipv6 ? "]" : "", secured->url.port);
	code = curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, secured);
	curl_easy_setopt(curl, CURLOPT_PREREQDATA, secured);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_request);
	secured->unfit = code == CURLE_OK ? 0 : code == CURLE_OUT_OF_MEMORY ? -ENOMEM : -ENOTSUP;
}

int secured_ready(struct secured *secured, struct gw_error *error)
{
	secured->status = 0;
	secured->error.text[0] = '\0';
	if (secured->unfit == -ENOTSUP)
		return gw_error_set(error, -ENOTSUP,
			"this libcurl (%s) does not let TLS begin before it sends: rtsps needs "
			"7.80 or newer",
			curl_version_info(CURLVERSION_NOW)->version);
	if (secured->unfit != 0)
		return gw_error_set(
			error, secured->unfit, "TLS cannot begin: %s", strerror(-secured->unfit));
	/* A camera is not called for something that only a person here can cure. */
	const struct tls_trust trust = trust_of(secured);

	return secured->has_begun ? 0 : tls_check_trust(&trust, error);
}

void secured_reset(struct secured *secured)
{
	tunnel_destroy(secured->tunnel);
	*secured = (struct secured){0};
}

bool secured_event(struct secured *secured, int file)
{
	if (!secured->tunnel || !tunnel_has(secured->tunnel, file))
		return false;
	tunnel_turn(secured->tunnel);
	return true;
}

int secured_explain(
	const struct secured *secured, CURLcode code, uint32_t most_ms, struct gw_error *error)
{
	const struct tunnel *tunnel = secured->tunnel;

	if (secured->error.text[0]) {
		*error = secured->error;
		return secured->status;
	}
	if (!tunnel)
		return 0;
	if (tunnel->error.text[0]) {
		*error = tunnel->error;
		return tunnel->ended;
	}
	if (!tunnel->is_open && code == CURLE_OPERATION_TIMEDOUT)
		return gw_error_set(error, -ETIMEDOUT,
			"it does not agree on TLS within %u s: is this the port of its RTSP over "
			"TLS (often 322)?",
			most_ms / 1000);
	return 0;
}

/* The connection is divided already: TLS stands between. */
int secured_divert(
	struct secured *secured, struct line *camera, int *speaker, struct gw_error *error)
{
	const int status =
		secured->tunnel ? tunnel_give(secured->tunnel, camera, speaker) : -ECONNRESET;

	tunnel_destroy(secured->tunnel);
	secured->tunnel = NULL;
	if (status == -EPROTO)
		return gw_error_set(error, status,
			"it sends packets before it is asked to play (PLAY), more than can be "
			"read: update the camera's software");
	return status == 0 ? 0 : gw_error_set(error, status, "it has closed the connection");
}
