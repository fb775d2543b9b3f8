/* libcurl as sessions use it: a multi handle for each camera, whose files stand in the epoll
 * instance of whoever owns it. One thread. */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct rtsp_handles {
	CURL *curl; /* NULL: not open, as `multi` */
	CURLM *multi;
	int epoll;
	uint32_t id; /* the upper half of the data of its files in `epoll`; they are the lower */
	curl_socket_t read; /* that libcurl waits to read from; CURL_SOCKET_BAD: none */
	int64_t due; /* of libcurl's timer (gw_now()); INT64_MAX: none */
};

/* Opens both; `epoll` and `id` are set. False: out of memory. Then nothing is open. libcurl knows
 * the address of `handles` from then on. */
bool rtsp_handles_open(struct rtsp_handles *handles);

/* Closes the connection and all that could be known of us: the credentials are the easy handle's.
 * Accepts handles that are not open. */
void rtsp_handles_close(struct rtsp_handles *handles);
