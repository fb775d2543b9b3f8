/* What the probe lets pass, libjpeg must understand in the same way, up to the first row of pixels.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "jpeg/probe.h"

static jmp_buf escape;

static void give_up(j_common_ptr jpeg)
{
	longjmp(escape, 1);
}

static void say_nothing(j_common_ptr jpeg, int level)
{
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct jpeg_limits limits = {512, 512};
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	struct jpeg_info info;
	const char *cause;

	if (jpeg_probe(data, size, &limits, &info, &cause) != 0)
		return 0;
	jpeg.err = jpeg_std_error(&errors);
	errors.error_exit = give_up;
	errors.emit_message = say_nothing;
	if (setjmp(escape))
		abort();
	jpeg_create_decompress(&jpeg);
	jpeg_mem_src(&jpeg, data, info.size);
	jpeg_read_header(&jpeg, TRUE);
	if (jpeg.image_width != info.width || jpeg.image_height != info.height ||
		jpeg.num_components != info.components || jpeg.progressive_mode ||
		jpeg.arith_code || jpeg.restart_interval != info.restart_interval)
		abort();
	jpeg_start_decompress(&jpeg);
	jpeg_destroy_decompress(&jpeg);
	return 0;
}
