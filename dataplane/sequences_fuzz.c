/* Programs for a network between a camera and the receiver (dataplane/test_sequences.h): no picture
 * comes out that the reference depayloader does not find in the packets, or that nobody sent. */
#include <stdio.h>
#include <stdlib.h>

#include "dataplane/test_sequences.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sequences_result result;

	sequences_play(data, size, &result);
	if (result.wrong > 0 || result.untrue > 0) {
		fprintf(stderr, "%u wrong pictures, %u untrue ones; the last: %s\n", result.wrong,
			result.untrue, result.why ? result.why : "untrue");
		abort();
	}
	return 0;
}
