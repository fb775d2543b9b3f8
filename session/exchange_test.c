#include "core/test.h"

#include <string.h>

#include "session/exchange.h"

static void hears(struct exchange *exchange, const char *text)
{
	exchange_hear(exchange, (const uint8_t *)text, (uint32_t)strlen(text));
}

static void told(struct exchange *exchange, uint32_t number, const char *wanted)
{
	char text[EXCHANGE_HEADER];
	const uint32_t size = exchange_answer(exchange, number, text);

	assert_int_equal(size, strlen(wanted));
	assert_memory_equal(text, wanted, size);
}

static void an_answer_is_told_as_one_that_can_be_read(void **state)
{
	static struct exchange exchange;

	exchange_ask(&exchange, 4);
	hears(&exchange, "RTSP/1.0 2");
	hears(&exchange, "00\r\nCSeq: 4\r\n no header\r\nSession: 9\r\nContent-Length: 3\r\n\r\n");
	told(&exchange, 4, "RTSP/1.0 200 Camera\r\nCSeq: 4\r\n\r\n");
	/* Whatever number it has, and if it has none. */
	exchange_ask(&exchange, 5);
	hears(&exchange, "RTSP/1.0 454 Session Not Found\r\n\r\n");
	told(&exchange, 0, "RTSP/1.0 454 Camera\r\nCSeq: 5\r\n\r\n");
	exchange_ask(&exchange, 6);
	hears(&exchange, "RTSP/2.0 405 Method\nCSeq: 1\n\n");
	told(&exchange, 1, "RTSP/1.0 405 Camera\r\nCSeq: 6\r\n\r\n");
}

static void what_is_to_be_proved_is_told(void **state)
{
	static struct exchange exchange;

	exchange_ask(&exchange, 4);
	hears(&exchange,
		"RTSP/1.0 401 Unauthorized\r\nCSeq: 4\r\nwww-authenticate: Digest realm=\"r\", "
		"nonce=\"1\"\r\nX: y\r\nWWW-Authenticate: Basic realm=\"r\"\r\n\r\n");
	told(&exchange, 4,
		"RTSP/1.0 401 Camera\r\nCSeq: 4\r\nwww-authenticate: Digest realm=\"r\", "
		"nonce=\"1\"\r\nWWW-Authenticate: Basic realm=\"r\"\r\n\r\n");
}

static void a_session_is_named_to_who_knows_no_name(void **state)
{
	static struct exchange exchange;

	exchange_ask(&exchange, 4);
	exchange.is_nameless = true;
	hears(&exchange, "RTSP/1.0 200 OK\r\nSession: 9;timeout=4\r\n\r\n");
	told(&exchange, 4, "RTSP/1.0 200 Camera\r\nCSeq: 4\r\nSession: 9;timeout=4\r\n\r\n");
	exchange_ask(&exchange, 5);
	hears(&exchange, "RTSP/1.0 200 OK\r\nSession: ;timeout=4\r\nSession: \r\nSession:\r\n\r\n");
	told(&exchange, 5, "RTSP/1.0 200 Camera\r\nCSeq: 5\r\n\r\n");
}

static void an_answer_that_nobody_asked_for_is_not_told(void **state)
{
	static struct exchange exchange;

	hears(&exchange, "RTSP/1.0 400 Bad Request\r\nCSeq: 0\r\n\r\n");
	told(&exchange, 0, "");
	exchange_ask(&exchange, 4);
	hears(&exchange, "RTSP/1.0 200 OK\r\n\r\n");
	told(&exchange, 4, "RTSP/1.0 200 Camera\r\nCSeq: 4\r\n\r\n");
	hears(&exchange, "RTSP/1.0 200 OK\r\n\r\n");
	told(&exchange, 4, "");
}

static void what_has_no_status_or_goes_on_is_no_answer(void **state)
{
	static const char *const texts[] = {"RTSP/1.0 100 Continue\r\n\r\n", "RTSP/1.0\r\n\r\n",
		"RTSP/1.0 OK\r\n\r\n", "RTSP/\r\n\r\n", "RTSP/1.0 -20\r\n\r\n"};
	static struct exchange exchange;

	exchange_ask(&exchange, 4);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		hears(&exchange, texts[i]);
		told(&exchange, 4, "");
	}
	/* The first half of another one. */
	hears(&exchange, "RTSP/1.0 5");
	exchange_forget(&exchange);
	hears(&exchange, "RTSP/1.0 200\r\n\r\n");
	told(&exchange, 4, "RTSP/1.0 200 Camera\r\nCSeq: 4\r\n\r\n");
}

static void an_answer_that_is_late_answers_no_other_request(void **state)
{
	static struct exchange exchange;
	char text[EXCHANGE_HEADER];

	assert_int_equal(exchange_give_up(&exchange, text), 0);
	exchange_ask(&exchange, 4);
	const uint32_t size = exchange_give_up(&exchange, text);

	assert_memory_equal(text, "RTSP/1.0 408 Camera\r\nCSeq: 4\r\n\r\n", size);
	exchange_ask(&exchange, 5);
	hears(&exchange, "RTSP/1.0 200 OK\r\n\r\n");
	told(&exchange, 4, "");
	hears(&exchange, "RTSP/1.0 200 OK\r\n\r\n");
	told(&exchange, 5, "RTSP/1.0 200 Camera\r\nCSeq: 5\r\n\r\n");
}

static void a_header_of_any_size_keeps_to_its_room(void **state)
{
	static struct exchange exchange;
	char text[EXCHANGE_HEADER];

	exchange_ask(&exchange, 4);
	hears(&exchange, "RTSP/1.0 401 No\r\n");
	for (uint32_t i = 0; i < 1000; i++)
		hears(&exchange, "WWW-Authenticate: Digest nonce=\"1\"\r\n");
	const uint32_t size = exchange_answer(&exchange, 4, text);

	assert_in_range(size, EXCHANGE_HEADER / 2, EXCHANGE_HEADER);
	assert_memory_equal(text + size - 4, "\r\n\r\n", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_told_as_one_that_can_be_read),
		cmocka_unit_test(what_is_to_be_proved_is_told),
		cmocka_unit_test(a_session_is_named_to_who_knows_no_name),
		cmocka_unit_test(an_answer_that_nobody_asked_for_is_not_told),
		cmocka_unit_test(what_has_no_status_or_goes_on_is_no_answer),
		cmocka_unit_test(an_answer_that_is_late_answers_no_other_request),
		cmocka_unit_test(a_header_of_any_size_keeps_to_its_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
