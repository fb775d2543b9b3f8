/* The camera's part in a dialogue with the one at rtsp://192.0.2.11/s, for tests: its answers, and
 * what becomes of them. */
#pragma once

#include "session/dialogue.h"

#define TEST_SDP \
	"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 JPEG/90000\r\na=control:stream=0\r\n" \
	"a=x-dimensions:640,480\r\n"

struct dialogue test_begun(enum gw_transport transport);

/* Answers of status 200: with a description, which stays the caller's, and with a way. */
struct rtsp_answer test_described(const char *sdp);
struct rtsp_answer test_transport(const char *transport);

/* The answer is taken. */
void test_take(struct dialogue *dialogue, struct rtsp_answer answer);
/* It is refused, with a reason that has these words in it. */
void test_refused(
	struct dialogue *dialogue, struct rtsp_answer answer, int wanted, const char *reason);

/* What is asked next. */
void test_asks(struct dialogue *dialogue, enum rtsp_method method, const char *url);
