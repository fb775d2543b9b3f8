#include "session/rtsp.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/config/rtsp_url.h"
#include "session/divert.h"
#include "session/exchange.h"
#include "session/glimpse.h"
#include "session/rtsp_failure.h"
#include "session/rtsp_handles.h"
#include "session/secured.h"

#define CONNECT_MS 5000L

struct rtsp {
	struct rtsp_handles handles;
	curl_socket_t file; /* of the connection that the last answer came by */
	struct secured secured;
	bool is_busy, is_done, has_user;
	bool is_nameless; /* what is asked says EXCHANGE_NO_SESSION */
	bool is_unanswered; /* nothing of an answer came */
	CURLcode code;
	enum rtsp_method method;
	uint32_t most_ms;
	char error[CURL_ERROR_SIZE];
	struct glimpse came; /* of the answer, before libcurl reads it */
	struct rtsp_answer answer;
	struct answer_body body;
};

static const struct {
	const char *name;
	long number;
} methods[] = {
	[RTSP_OPTIONS] = {"OPTIONS", CURL_RTSPREQ_OPTIONS},
	[RTSP_DESCRIBE] = {"DESCRIBE", CURL_RTSPREQ_DESCRIBE},
	[RTSP_SETUP] = {"SETUP", CURL_RTSPREQ_SETUP},
	[RTSP_PLAY] = {"PLAY", CURL_RTSPREQ_PLAY},
	[RTSP_GET_PARAMETER] = {"GET_PARAMETER", CURL_RTSPREQ_GET_PARAMETER},
	[RTSP_TEARDOWN] = {"TEARDOWN", CURL_RTSPREQ_TEARDOWN},
};

const char *rtsp_method_name(enum rtsp_method method)
{
	return methods[method].name;
}

static size_t on_body(char *data, size_t unit, size_t count, void *arg)
{
	struct rtsp *rtsp = arg;

	return answer_take_body(&rtsp->answer, &rtsp->body, data, unit * count) ? unit * count : 0;
}

/* Packets within the connection were not asked for. */
static size_t on_packet(char *data, size_t unit, size_t count, void *arg)
{
	return unit * count;
}

/* libcurl asks nothing of a session that has no name. A camera that gave none knows one alone, and
 * looks at no name. */
static bool needs_session(const struct rtsp *rtsp)
{
	char *name = NULL;

	curl_easy_getinfo(rtsp->handles.curl, CURLINFO_RTSP_SESSION_ID, &name);
	return !name &&
		(rtsp->method == RTSP_PLAY || rtsp->method == RTSP_TEARDOWN ||
			rtsp->method == RTSP_GET_PARAMETER);
}

static CURLcode begin_nameless(struct rtsp *rtsp)
{
	rtsp->is_nameless = true;
	return curl_easy_setopt(rtsp->handles.curl, CURLOPT_RTSP_SESSION_ID, EXCHANGE_NO_SESSION);
}

/* Before libcurl holds the name that an answer gives against the one that we made up. */
static void end_nameless(struct rtsp *rtsp)
{
	if (rtsp->is_nameless)
		curl_easy_setopt(rtsp->handles.curl, CURLOPT_RTSP_SESSION_ID, NULL);
	rtsp->is_nameless = false;
}

static size_t on_header(char *data, size_t unit, size_t count, void *arg)
{
	struct rtsp *rtsp = arg;

	rtsp->is_unanswered = false;
	end_nameless(rtsp);
	answer_take_line(&rtsp->answer, data, unit * count);
	/* The one that asks who we are is over: libcurl asks again. */
	if (rtsp->answer.is_challenge && (data[0] == '\r' || data[0] == '\n')) {
		rtsp->came = (struct glimpse){0};
		if (needs_session(rtsp))
			begin_nameless(rtsp);
	}
	return unit * count;
}

/* Its number may be another file's from then on. */
static int on_close(void *arg, curl_socket_t file)
{
	struct rtsp *rtsp = arg;

	if (rtsp->file == file)
		rtsp->file = CURL_SOCKET_BAD;
	secured_forget(&rtsp->secured, file);
	return close(file);
}

static void set_options(struct rtsp *rtsp)
{
	CURL *curl = rtsp->handles.curl;

	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "rtsp");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	/* Who leaves does not wait for a name server. */
	curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "Framegate/" GW_VERSION);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, rtsp->error);
	curl_easy_setopt(curl, CURLOPT_PRIVATE, rtsp);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, rtsp);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, rtsp);
	curl_easy_setopt(curl, CURLOPT_INTERLEAVEFUNCTION, on_packet);
	curl_easy_setopt(curl, CURLOPT_INTERLEAVEDATA, rtsp);
	curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, rtsp);
}

struct rtsp *rtsp_create(int epoll, uint32_t id)
{
	struct rtsp *rtsp = calloc(1, sizeof(*rtsp));

	if (!rtsp)
		return NULL;
	rtsp->handles.epoll = epoll;
	rtsp->handles.id = id;
	rtsp->file = CURL_SOCKET_BAD;
	if (rtsp_handles_open(&rtsp->handles)) {
		set_options(rtsp);
		return rtsp;
	}
	rtsp_destroy(rtsp);
	return NULL;
}

static void let_go(struct rtsp *rtsp)
{
	rtsp_handles_close(&rtsp->handles);
	secured_reset(&rtsp->secured);
	rtsp->is_busy = rtsp->is_done = false;
	rtsp->is_nameless = false;
	rtsp->file = CURL_SOCKET_BAD;
}

void rtsp_destroy(struct rtsp *rtsp)
{
	if (!rtsp)
		return;
	let_go(rtsp);
	answer_body_free(&rtsp->body);
	free(rtsp);
}

void rtsp_reset(struct rtsp *rtsp, const struct gw_camera_config *camera, const char *password)
{
	let_go(rtsp);
	if (!rtsp_handles_open(&rtsp->handles))
		return;
	set_options(rtsp);
	curl_easy_setopt(rtsp->handles.curl, CURLOPT_URL, camera->url);
	if (gw_rtsp_url_is_secured(camera->url))
		secured_begin(&rtsp->secured, &rtsp->handles, camera);
	rtsp->has_user = camera->user && password;
	if (!rtsp->has_user)
		return;
	curl_easy_setopt(rtsp->handles.curl, CURLOPT_USERNAME, camera->user);
	curl_easy_setopt(rtsp->handles.curl, CURLOPT_PASSWORD, password);
	/* Nothing is said before the camera asks for it, and a digest where it takes one. */
	curl_easy_setopt(rtsp->handles.curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC | CURLAUTH_DIGEST);
}

/* Some end a description with a line more than they count, and libcurl takes an empty line for the
 * end of the next answer. */
static void skip_left_over(struct rtsp *rtsp)
{
	if (rtsp->is_unanswered && rtsp->file != CURL_SOCKET_BAD)
		glimpse_skip_lines(rtsp->file);
}

int rtsp_send(struct rtsp *rtsp, const struct rtsp_request *request, uint32_t most_ms,
	struct gw_error *error)
{
	CURL *curl = rtsp->handles.curl;
	CURLcode code;

	if (!curl)
		return gw_error_set(error, -ENOMEM, "out of memory");
	rtsp->answer = (struct rtsp_answer){0};
	rtsp->came = (struct glimpse){0};
	rtsp->body.too_large = false;
	rtsp->error[0] = '\0';
	rtsp->method = request->method;
	rtsp->most_ms = most_ms;
	rtsp->is_unanswered = true;
	skip_left_over(rtsp);
	if (rtsp->secured.is_used) {
		const int status = secured_ready(&rtsp->secured, error);

		if (status != 0)
			return status;
	}
	code = curl_easy_setopt(curl, CURLOPT_RTSP_STREAM_URI, request->url);
	if (code == CURLE_OK)
		code = curl_easy_setopt(
			curl, CURLOPT_RTSP_REQUEST, methods[request->method].number);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_RTSP_TRANSPORT, request->transport);
	if (code == CURLE_OK && needs_session(rtsp))
		code = begin_nameless(rtsp);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)most_ms);
	if (code != CURLE_OK || curl_multi_add_handle(rtsp->handles.multi, curl) != CURLM_OK)
		return gw_error_set(error, -EIO, "%s cannot be sent: %s",
			methods[request->method].name, curl_easy_strerror(code));
	rtsp->is_busy = true;
	return 0;
}

static void look_for_end(struct rtsp *rtsp)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(rtsp->handles.multi, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		rtsp->code = message->data.result;
		rtsp->is_done = true;
	}
	if (!rtsp->is_done || !rtsp->is_busy)
		return;
	/* Nobody knows it any more when the request is taken away. */
	curl_easy_getinfo(rtsp->handles.curl, CURLINFO_ACTIVESOCKET, &rtsp->file);
	curl_multi_remove_handle(rtsp->handles.multi, rtsp->handles.curl);
	rtsp->is_busy = false;
}

/* Before libcurl reads it. */
static void look_at_answer(struct rtsp *rtsp, int file)
{
	long sent = 0;

	/* Before that it is a connection that is made, or a name that is looked up. */
	if (rtsp->is_busy)
		curl_easy_getinfo(rtsp->handles.curl, CURLINFO_REQUEST_SIZE, &sent);
	if (sent <= 0)
		return;
	if (rtsp->is_unanswered)
		glimpse_skip_lines(file);
	glimpse_peek(&rtsp->came, file);
	rtsp->is_unanswered &= rtsp->came.size == 0;
}

void rtsp_event(struct rtsp *rtsp, uint64_t data, uint32_t events)
{
	const int ready = (events & EPOLLIN ? CURL_CSELECT_IN : 0) |
		(events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		(events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
	int running;

	if (!rtsp->handles.multi)
		return;
	if (secured_event(&rtsp->secured, (int)(uint32_t)data))
		return;
	if (events & EPOLLIN)
		look_at_answer(rtsp, (int)(uint32_t)data);
	curl_multi_socket_action(
		rtsp->handles.multi, (curl_socket_t)(uint32_t)data, ready, &running);
	look_for_end(rtsp);
}

void rtsp_turn(struct rtsp *rtsp, int64_t now)
{
	int running;

	if (!rtsp->handles.multi || now < rtsp->handles.due)
		return;
	rtsp->handles.due = INT64_MAX;
	/* It sends and reads then too. */
	if (rtsp->handles.read != CURL_SOCKET_BAD)
		look_at_answer(rtsp, rtsp->handles.read);
	else
		skip_left_over(rtsp);
	curl_multi_socket_action(rtsp->handles.multi, CURL_SOCKET_TIMEOUT, 0, &running);
	look_for_end(rtsp);
}

int64_t rtsp_due(const struct rtsp *rtsp)
{
	return rtsp->handles.due;
}

bool rtsp_busy(const struct rtsp *rtsp)
{
	return rtsp->is_busy;
}

static void read_address(const char *text, struct gw_address *address)
{
	*address = (struct gw_address){0};
	if (!text || !text[0])
		return;
	address->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(address->family, text, address->bytes) != 1)
		address->family = 0;
}

static uint16_t read_port(const struct rtsp *rtsp, CURLINFO which)
{
	long port = 0;

	curl_easy_getinfo(rtsp->handles.curl, which, &port);
	return (uint16_t)port;
}

static int explain(const struct rtsp *rtsp, struct gw_error *error)
{
	struct rtsp_failure failure = {
		.code = rtsp->code,
		.method = rtsp->method,
		.most_ms = rtsp->most_ms,
		.too_large = rtsp->body.too_large,
		.came = rtsp->came.text,
	};
	long number = 0;
	const int status = secured_explain(&rtsp->secured, rtsp->code, rtsp->most_ms, error);

	if (status != 0)
		return status;
	curl_easy_getinfo(rtsp->handles.curl, CURLINFO_OS_ERRNO, &number);
	failure.number = (int)number;
	return rtsp_failure_explain(&failure, error);
}

int rtsp_take(struct rtsp *rtsp, const struct rtsp_answer **answer, struct gw_error *error)
{
	struct rtsp_answer *it = &rtsp->answer;
	char *text = NULL;
	long status = 0;

	rtsp->is_done = false;
	*answer = NULL;
	if (rtsp->code != CURLE_OK)
		return explain(rtsp, error);
	curl_easy_getinfo(rtsp->handles.curl, CURLINFO_RESPONSE_CODE, &status);
	it->status = (int)status;
	it->is_challenge &= rtsp->has_user;
	curl_easy_getinfo(rtsp->handles.curl, CURLINFO_LOCAL_IP, &text);
	read_address(text, &it->local);
	curl_easy_getinfo(rtsp->handles.curl, CURLINFO_PRIMARY_IP, &text);
	read_address(text, &it->peer);
	it->local_port = read_port(rtsp, CURLINFO_LOCAL_PORT);
	it->peer_port = read_port(rtsp, CURLINFO_PRIMARY_PORT);
	if (rtsp->secured.is_used) {
		it->local = rtsp->secured.local;
		it->peer = rtsp->secured.peer;
		it->local_port = rtsp->secured.local_port;
		it->peer_port = rtsp->secured.peer_port;
	}
	*answer = it;
	return 0;
}

int rtsp_divert(struct rtsp *rtsp, struct line *camera, int *speaker, struct gw_error *error)
{
	*camera = LINE_NONE;
	*speaker = -1;
	if (rtsp->secured.is_used)
		return secured_divert(&rtsp->secured, camera, speaker, error);
	if (rtsp->file == CURL_SOCKET_BAD)
		return gw_error_set(error, -ECONNRESET, "it has closed the connection");
	epoll_ctl(rtsp->handles.epoll, EPOLL_CTL_DEL, rtsp->file, NULL);
	const int status = divert(rtsp->file, &camera->file, speaker);

	if (status == 0)
		return 0;
	return gw_error_set(error, status,
		"its connection cannot be divided: %s: raise gwd's limit of open files "
		"(LimitNOFILE=)",
		strerror(-status));
}
