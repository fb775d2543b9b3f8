/* The numbers of file.proto, for what writes it. A test holds what is written against the file. */
#pragma once

enum file_field { FILE_RESULT = 1, FILE_FILE = 2 };

/* What a message begins with (protobuf.dev, "Encoding"): field 1, of bytes. */
#define FILE_RESULT_TAG (FILE_RESULT << 3 | 2)
