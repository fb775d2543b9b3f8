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

/* The same of a file of messages (file.proto), behind the last one that is whole. -EBADMSG when
 * what is there is neither a message nor a part of one. */
ssize_t output_end_message(int fd, off_t size);
