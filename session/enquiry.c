#include "session/enquiry.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/config/camera.h"
#include "core/config/rtsp_url.h"
#include "session/rtsp.h"
#include "session/secret.h"

#define EVENTS 8
#define LOOK_NS (50 * GW_NS_PER_MS) /* whether the gateway ends */

/* Serves what is ready, for a moment at most. */
static void serve(struct rtsp *rtsp, int epoll)
{
	struct epoll_event events[EVENTS];
	const int64_t now = gw_now(), due = rtsp_due(rtsp);
	const int64_t until = due < now + LOOK_NS ? due : now + LOOK_NS;
	const int count = epoll_wait(
		epoll, events, EVENTS, until <= now ? 0 : (int)((until - now) / GW_NS_PER_MS) + 1);

	for (int i = 0; i < count; i++)
		rtsp_event(rtsp, events[i].data.u64, events[i].events);
	rtsp_turn(rtsp, gw_now());
}

/* One request and its answer. */
static int say(struct rtsp *rtsp, int epoll, struct dialogue *dialogue, int64_t until,
	const struct gw_request *asked, struct gw_error *error)
{
	const struct rtsp_request request = dialogue_request(dialogue);
	const struct rtsp_answer *answer;
	const int64_t left = (until - gw_now()) / GW_NS_PER_MS;
	int status = rtsp_send(rtsp, &request, left > 1 ? (uint32_t)left : 1, error);

	if (status != 0)
		return status;
	while (rtsp_busy(rtsp)) {
		if (gw_request_ending(asked))
			return gw_error_set(error, -ESHUTDOWN, "the gateway ends");
		serve(rtsp, epoll);
	}
	status = rtsp_take(rtsp, &answer, error);
	return status == 0 ? dialogue_take(dialogue, answer, error) : status;
}

int enquiry_make(const struct gw_camera_config *camera, const struct gw_request *request,
	struct dialogue *dialogue, struct gw_error *error)
{
	const int64_t until = gw_now() + ENQUIRY_MS * GW_NS_PER_MS;
	char secret[SECRET_SIZE];
	int status = secret_read(camera, secret, error);

	if (status != 0)
		return status;
	const int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct rtsp *rtsp = epoll >= 0 ? rtsp_create(epoll, 0) : NULL;

	if (rtsp) {
		rtsp_reset(rtsp, camera, secret);
		dialogue_begin(dialogue, camera->url, camera->transport);
		/* It stays where another proof of who we are is wanted, once. */
		while (status == 0 && dialogue->step == DIALOGUE_DESCRIBE)
			status = say(rtsp, epoll, dialogue, until, request, error);
	} else {
		status = gw_error_set(error, -ENOMEM, "out of memory, or of files");
	}
	explicit_bzero(secret, sizeof(secret));
	rtsp_destroy(rtsp);
	if (epoll >= 0)
		close(epoll);
	return status;
}

/* The keys of a camera that are asked for, and no others. */
static int read_body(
	const struct gw_request *request, struct gw_camera_config **camera, struct gw_error *error)
{
	static const char *const keys[] = {"url", "user", "password_file", "password_env",
		"transport", "tls_ca_file", "tls_fingerprint"};
	json_t *json = json_pack("{s:s}", "name", "camera");
	size_t known = 0;
	int line, column, size = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		json_t *value = json_object_get(request->body, keys[i]);

		known += value != NULL;
		if (value && !json_is_null(value))
			json_object_set(json, keys[i], value);
	}
	int status = 0;

	if (!json_is_string(json_object_get(json, "url")) ||
		known != json_object_size(request->body))
		status = gw_error_set(error, -EINVAL,
			"say which address, as in {\"url\": \"rtsp://HOST/PATH\"}, and `user`, "
			"`password_file`, `password_env`, `transport`, `tls_ca_file` or "
			"`tls_fingerprint` where they are needed");
	else
		status = gw_config_camera_from_json(json, "camera", camera, error);
	json_decref(json);
	/* The place is one in a text that nobody wrote. */
	if (status != 0 && sscanf(error->text, "camera:%d:%d: %n", &line, &column, &size) == 2 &&
		size > 0)
		memmove(error->text, error->text + size, strlen(error->text + size) + 1);
	return status;
}

static json_t *tell(const char *url, int status, const struct dialogue *dialogue, const char *line)
{
	const struct sdp_stream *stream = &dialogue->stream;
	char shown[GW_URL], group[INET6_ADDRSTRLEN] = "";

	gw_rtsp_url_show(url, shown);
	if (status != 0)
		return json_pack("{s:s, s:b, s:s}", "url", shown, "found", 0, "problem", line);
	if (stream->group.family != 0)
		inet_ntop(stream->group.family, stream->group.bytes, group, sizeof(group));
	return json_pack("{s:s, s:b, s:s, s:i, s:i, s:i, s:f, s:s?, s:b, s:s}", "url", shown,
		"found", 1, "codec", "JPEG", "payload_type", (int)stream->payload_type, "width",
		(int)stream->width, "height", (int)stream->height, "rate", stream->rate,
		"multicast", group[0] ? group : NULL, "encrypted", stream->srtp_key.is_set,
		"server", dialogue->server);
}

int enquiry_answer(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	/* Two threads answer all that is slow: only one of them waits for a camera. */
	static atomic_flag is_busy = ATOMIC_FLAG_INIT;
	struct gw_camera_config *camera = NULL;
	struct dialogue dialogue = {0};
	int status = read_body(request, &camera, error);

	if (status == 0 && atomic_flag_test_and_set(&is_busy))
		status = gw_error_set(error, -EBUSY,
			"another camera is being asked: try again in %d s", ENQUIRY_MS / 1000);
	if (status != 0) {
		gw_config_camera_free(camera);
		return status;
	}
	status = enquiry_make(camera, request, &dialogue, error);
	atomic_flag_clear(&is_busy);
	/* That there is no picture to be had is what was asked for. */
	if (status != -ESHUTDOWN)
		reply->json = tell(camera->url, status, &dialogue, error->text);
	explicit_bzero(&dialogue.stream.srtp_key, sizeof(dialogue.stream.srtp_key));
	gw_config_camera_free(camera);
	return status == -ESHUTDOWN ? status : 200;
}
