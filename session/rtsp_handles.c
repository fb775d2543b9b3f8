#include "session/rtsp_handles.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "core/clock.h"
#include "session/rtsp.h"

int rtsp_global_open(struct gw_error *error)
{
	const curl_version_info_data *info;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return gw_error_set(error, -ENOMEM, "session: libcurl does not start");
	info = curl_version_info(CURLVERSION_NOW);
	for (const char *const *protocol = info->protocols; *protocol; protocol++)
		if (strcmp(*protocol, "rtsp") == 0)
			return 0;
	curl_global_cleanup();
	return gw_error_set(error, -ENOTSUP,
		"session: this libcurl (%s) was built without RTSP: install that of the "
		"distribution",
		info->version);
}

void rtsp_global_close(void)
{
	curl_global_cleanup();
}

static int on_socket(CURL *curl, curl_socket_t file, int what, void *arg, void *known)
{
	struct rtsp_handles *handles = arg;
	struct epoll_event event = {
		.events =
			(what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0),
		.data.u64 = (uint64_t)handles->id << 32 | (uint32_t)file,
	};

	if (what != CURL_POLL_REMOVE && what & CURL_POLL_IN)
		handles->read = file;
	else if (handles->read == file)
		handles->read = CURL_SOCKET_BAD;
	if (what == CURL_POLL_REMOVE)
		epoll_ctl(handles->epoll, EPOLL_CTL_DEL, file, NULL);
	else if (epoll_ctl(handles->epoll, EPOLL_CTL_MOD, file, &event) != 0)
		epoll_ctl(handles->epoll, EPOLL_CTL_ADD, file, &event);
	return 0;
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
	struct rtsp_handles *handles = arg;

	handles->due = ms < 0 ? INT64_MAX : gw_now() + ms * GW_NS_PER_MS;
	return 0;
}

bool rtsp_handles_open(struct rtsp_handles *handles)
{
	handles->due = INT64_MAX;
	handles->read = CURL_SOCKET_BAD;
	handles->curl = curl_easy_init();
	handles->multi = curl_multi_init();
	if (!handles->curl || !handles->multi) {
		rtsp_handles_close(handles);
		return false;
	}
	curl_multi_setopt(handles->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(handles->multi, CURLMOPT_SOCKETDATA, handles);
	curl_multi_setopt(handles->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(handles->multi, CURLMOPT_TIMERDATA, handles);
	curl_multi_setopt(handles->multi, CURLMOPT_MAXCONNECTS, 1L);
	return true;
}

void rtsp_handles_close(struct rtsp_handles *handles)
{
	/* Not there is no error. */
	if (handles->curl && handles->multi)
		curl_multi_remove_handle(handles->multi, handles->curl);
	if (handles->curl)
		curl_easy_cleanup(handles->curl);
	if (handles->multi)
		curl_multi_cleanup(handles->multi);
	handles->curl = NULL;
	handles->multi = NULL;
	handles->due = INT64_MAX;
}
