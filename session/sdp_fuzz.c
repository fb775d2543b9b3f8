/* Any bytes as a camera's answer: the parser must stay within them, and what it finds must be of
 * use: a type that can be JPEG, texts that end, sizes with both sides. */
#include <stdlib.h>
#include <string.h>

#include "session/control.h"
#include "session/sdp.h"
#include "session/transport.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool true_thing)
{
	if (!true_thing)
		abort();
}

/* The same bytes as a header, which is a text. */
static void as_header(const uint8_t *data, size_t size)
{
	char text[TRANSPORT_TEXT], url[GW_URL];
	struct transport transport;

	if (size >= sizeof(text))
		size = sizeof(text) - 1;
	memcpy(text, data, size);
	text[size] = '\0';
	if (transport_parse(text, &transport) == 0)
		check(transport.source.family == 0 || transport.source.family == AF_INET ||
			transport.source.family == AF_INET6);
	if (control_resolve("rtsp://192.0.2.11:554/a/b?c", text, url))
		check(strlen(url) < GW_URL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sdp_stream stream;

	as_header(data, size);
	if (sdp_parse((const char *)data, size, &stream, NULL) != 0)
		return 0;
	check(stream.payload_type == 26 || stream.payload_type < 128);
	check(memchr(stream.control, '\0', sizeof(stream.control)));
	check(memchr(stream.session_control, '\0', sizeof(stream.session_control)));
	check((stream.width == 0) == (stream.height == 0));
	check(stream.rate >= 0 && stream.rate <= 1000);
	return 0;
}
