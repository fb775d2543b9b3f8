/* How the file that the file back-end writes ends: what a power cut or a full disk left of a record
 * is taken off. */
#pragma once

#include <sys/types.h>

#include "sink/record.h"

/* The largest thing that is written at a time: a line, or a message with its length before it. */
#define OUTPUT_ENTRY (RECORD_SIZE + 512)

/* Takes off what a file of lines has after its last newline, or ends it with one when it is no torn
 * line of ours. Returns the bytes that were taken off, or a negative errno. */
ssize_t output_end_line(int fd, off_t size);

/* What is looked at of a file of messages: a lane reads it, and is to turn again in seconds. */
#define OUTPUT_WALK_MOST ((off_t)128 << 20)

/* The same of a file of messages (file.proto), behind the last one that is whole: zeros that stand
 * where its end should are none of it. Begins at `from`, where a message begins. -EBADMSG when what
 * is there is neither a message nor a part of one, -EFBIG when there is more than
 * OUTPUT_WALK_MOST; then the file is as it was. */
ssize_t output_end_message(int fd, off_t from, off_t size);
