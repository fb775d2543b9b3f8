#include "session/glimpse.h"

#include <sys/socket.h>
#include <sys/types.h>

void glimpse_take(struct glimpse *glimpse, const uint8_t *data, uint32_t size)
{
	for (uint32_t i = 0; i < size && !glimpse->is_whole; i++) {
		const bool is_end = data[i] == '\r' || data[i] == '\n';

		if (is_end) {
			glimpse->is_whole = glimpse->size > 0;
			continue;
		}
		/* Quotes are put around it. */
		const bool is_shown = data[i] >= ' ' && data[i] <= '~' && data[i] != '"';

		glimpse->text[glimpse->size++] = is_shown ? (char)data[i] : '.';
		glimpse->is_whole = glimpse->size == GLIMPSE_TEXT - 1;
	}
}

void glimpse_peek(struct glimpse *glimpse, int file)
{
	uint8_t data[2 * GLIMPSE_TEXT];
	const ssize_t size =
		glimpse->is_whole ? 0 : recv(file, data, sizeof(data), MSG_PEEK | MSG_DONTWAIT);

	if (size > 0)
		glimpse_take(glimpse, data, (uint32_t)size);
}

void glimpse_skip_lines(int file)
{
	uint8_t data[GLIMPSE_SKIPPED];
	const ssize_t size = recv(file, data, sizeof(data), MSG_PEEK | MSG_DONTWAIT);
	ssize_t ends = 0;

	/* Once: who sends nothing else for ever is to hold up no other camera. */
	while (ends < size && (data[ends] == '\r' || data[ends] == '\n'))
		ends++;
	if (ends > 0)
		(void)!recv(file, data, (size_t)ends, MSG_DONTWAIT);
}
