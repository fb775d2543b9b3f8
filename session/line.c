#include "session/line.h"

#include <sys/socket.h>
#include <unistd.h>

ssize_t line_receive(const struct line *line, void *data, size_t size)
{
	return line->tls ? tls_receive(line->tls, data, size)
			 : recv(line->file, data, size, MSG_DONTWAIT);
}

ssize_t line_send(const struct line *line, const void *data, size_t size)
{
	return line->tls ? tls_send(line->tls, data, size)
			 : send(line->file, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int line_explain(const struct line *line, struct gw_error *error)
{
	return line->tls ? tls_explain(line->tls, error) : 0;
}

bool line_has_more(const struct line *line)
{
	return line->tls && tls_has_more(line->tls);
}

void line_close(struct line *line)
{
	tls_destroy(line->tls);
	if (line->file >= 0)
		close(line->file);
	*line = LINE_NONE;
}
