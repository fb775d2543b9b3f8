#include "lib/json.h"

#include <errno.h>
#include <stdlib.h>

#include "sink/findings.h"
#include "sink/record.h"

#define FIRST_ROOM (64u << 10)

static void write_picture(struct writer *writer, const struct framegate *engine,
	const struct gw_frame *frame, const struct framegate_picture *picture)
{
	writer_raw(writer, "{\"frame\":{\"width\":");
	writer_unsigned(writer, frame->width);
	writer_raw(writer, ",\"height\":");
	writer_unsigned(writer, frame->height);
	record_write_orientation(writer, frame);
	writer_raw(writer, ",\"bytes\":");
	writer_unsigned(writer, frame->jpeg.size);
	writer_raw(writer, "},");
	if (picture->error == 0) {
		findings_write(writer, &engine->gw, &frame->result);
	} else {
		writer_raw(writer, "\"error\":");
		writer_string(writer, picture->cause);
		writer_raw(writer, ",\"reason\":");
		writer_string(writer, picture->why);
	}
	writer_raw(writer, "}");
}

static int grow(struct json_text *text)
{
	const size_t room = text->room > 0 ? 2 * text->room : FIRST_ROOM;
	char *data = malloc(room);

	if (!data)
		return -ENOMEM;
	free(text->data);
	text->data = data;
	text->room = room;
	return 0;
}

int json_text_write(struct json_text *text, const struct framegate *engine,
	const struct gw_frame *frame, const struct framegate_picture *picture)
{
	struct writer writer = {.cut = true};
	int status = text->room > 0 ? 0 : grow(text);

	while (status == 0 && writer.cut) {
		writer_begin(&writer, text->data, text->room - 1);
		write_picture(&writer, engine, frame, picture);
		if (writer.cut)
			status = grow(text);
	}
	if (status != 0)
		return status;
	text->size = writer.size;
	text->data[text->size] = '\0';
	return 0;
}

void json_text_free(struct json_text *text)
{
	free(text->data);
	*text = (struct json_text){0};
}
