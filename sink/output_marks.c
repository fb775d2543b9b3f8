#include "sink/output_marks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#define ATTRIBUTE "user.framegate.marks"
#define TEXT_SIZE (OUTPUT_MARKS * 21)

void output_marks_read(struct output_marks *marks, int fd)
{
	char text[TEXT_SIZE + 1], *at = text, *end;
	const ssize_t size = fgetxattr(fd, ATTRIBUTE, text, TEXT_SIZE);

	*marks = (struct output_marks){0};
	text[size > 0 ? size : 0] = '\0';
	for (; *at && marks->count < OUTPUT_MARKS; at = end) {
		const long long mark = strtoll(at, &end, 10);

		if (end == at || mark <= 0 ||
			(marks->count > 0 && mark <= marks->at[marks->count - 1]))
			return;
		marks->at[marks->count++] = (off_t)mark;
	}
}

void output_marks_note(struct output_marks *marks, int fd, off_t end)
{
	char text[TEXT_SIZE + 1];
	int size = 0;

	/* Somebody may have cut it. */
	while (marks->count > 0 && marks->at[marks->count - 1] > end)
		marks->count--;
	if (end - (marks->count > 0 ? marks->at[marks->count - 1] : 0) < OUTPUT_MARK_EVERY)
		return;
	if (marks->count == OUTPUT_MARKS)
		memmove(marks->at, marks->at + 1, --marks->count * sizeof(marks->at[0]));
	marks->at[marks->count++] = end;
	for (uint32_t i = 0; i < marks->count; i++)
		size += snprintf(text + size, sizeof(text) - (size_t)size, "%s%lld",
			i > 0 ? " " : "", (long long)marks->at[i]);
	/* Where it is not kept, the file is looked at from its beginning. */
	(void)fsetxattr(fd, ATTRIBUTE, text, (size_t)size, 0);
}

off_t output_marks_before(const struct output_marks *marks, off_t size)
{
	for (uint32_t i = marks->count; i > 0; i--)
		if (marks->at[i - 1] + OUTPUT_MARK_BEFORE <= size)
			return marks->at[i - 1];
	return 0;
}
