#include "mgmt/alarms/post.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS 5000L
#define ANSWER_MS 10000L
#define LOOK_MS 1000

struct post {
	const struct gw_webhook_config *config;
	CURLM *multi;
	CURL *curl; /* its connection is kept from one request to the next */
	char error[CURL_ERROR_SIZE];
};

struct post *post_open(const struct gw_webhook_config *config)
{
	struct post *post = calloc(1, sizeof(*post));

	if (!post)
		return NULL;
	post->config = config;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(post);
		return NULL;
	}
	post->multi = curl_multi_init();
	post->curl = curl_easy_init();
	if (post->multi && post->curl)
		return post;
	post_close(post);
	return NULL;
}

void post_close(struct post *post)
{
	if (!post)
		return;
	curl_easy_cleanup(post->curl);
	curl_multi_cleanup(post->multi);
	curl_global_cleanup();
	free(post);
}

void post_wake(struct post *post)
{
	curl_multi_wakeup(post->multi);
}

/* Nobody reads what is answered. */
static size_t forget(char *bytes, size_t size, size_t count, void *arg)
{
	return size * count;
}

static struct curl_slist *list_of(const char *const *headers)
{
	struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");

	for (; *headers; headers++) {
		struct curl_slist *longer = curl_slist_append(list, *headers);

		if (longer)
			list = longer;
	}
	return list;
}

static void set(struct post *post, const char *body, struct curl_slist *headers)
{
	CURL *curl = post->curl;

	post->error[0] = '\0';
	curl_easy_setopt(curl, CURLOPT_URL, post->config->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	/* A name that nobody answers for must not hold up an end. */
	curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "Framegate/" GW_VERSION);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ANSWER_MS);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, post->error);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, forget);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
	if (post->config->authorities)
		curl_easy_setopt(curl, CURLOPT_CAINFO, post->config->authorities);
}

/* Whether the request is over; `code` says how then. */
static bool is_over(struct post *post, CURLcode *code)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(post->multi, &left)))
		if (message->msg == CURLMSG_DONE) {
			*code = message->data.result;
			return true;
		}
	return false;
}

/* Returns 0, -ECANCELED, or -EIO with a line. */
static int carry_out(struct post *post, const _Atomic bool *ending, struct gw_error *error)
{
	CURLcode code = CURLE_OK;
	int running;

	while (!*ending) {
		if (curl_multi_perform(post->multi, &running) != CURLM_OK)
			return gw_error_set(error, -EIO, "it cannot be sent");
		if (is_over(post, &code))
			return code == CURLE_OK
				? 0
				: gw_error_set(error, -EIO, "%s",
					  post->error[0] ? post->error : curl_easy_strerror(code));
		curl_multi_poll(post->multi, NULL, 0, LOOK_MS, NULL);
	}
	return -ECANCELED;
}

int post_send(struct post *post, const char *const *headers, const char *body,
	const _Atomic bool *ending, struct gw_error *error)
{
	struct curl_slist *list = list_of(headers);
	long status = 0;

	set(post, body, list);
	if (curl_multi_add_handle(post->multi, post->curl) != CURLM_OK) {
		curl_slist_free_all(list);
		return gw_error_set(error, -EIO, "it cannot be sent");
	}
	const int failed = carry_out(post, ending, error);

	if (failed == 0)
		curl_easy_getinfo(post->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_multi_remove_handle(post->multi, post->curl);
	curl_slist_free_all(list);
	return failed != 0 ? failed : (int)status;
}
