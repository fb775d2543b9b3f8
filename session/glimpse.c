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
	uint8_t data[GLIMPSE_TEXT];
	ssize_t size;

	while ((size = recv(file, data, sizeof(data), MSG_PEEK | MSG_DONTWAIT)) > 0) {
		ssize_t ends = 0;

		while (ends < size && (data[ends] == '\r' || data[ends] == '\n'))
			ends++;
		if (ends == 0 || recv(file, data, (size_t)ends, MSG_DONTWAIT) != ends ||
			ends < size)
			return;
	}
}
