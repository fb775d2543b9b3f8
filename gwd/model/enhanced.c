#include "gwd/model/enhanced.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/yaml_load.h"
#include "gwd/model/canvas.h"

/* Of two pictures of one size, over all their values. */
static double psnr_of(const struct canvas *one, const struct canvas *other)
{
	const size_t count = (size_t)one->width * one->height * 3;
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		const double apart = (double)one->rgb[i] - (double)other->rgb[i];

		sum += apart * apart;
	}
	return 10 * log10(255.0 * 255.0 * (double)count / sum);
}

static int compare(const char *jpeg, size_t size, const struct picture_file *given,
	uint8_t orientation, double *psnr)
{
	struct canvas made = {0}, original = {0};
	int status = canvas_open(&made, (const uint8_t *)jpeg, size);

	if (status == 0)
		status = canvas_open(&original, given->data, given->info.size);
	if (status == 0)
		status = canvas_turn(&original, orientation);
	*psnr = -1;
	if (status == 0 && made.width == original.width && made.height == original.height)
		*psnr = psnr_of(&made, &original);
	canvas_close(&made);
	canvas_close(&original);
	return status;
}

static int write_file(const char *path, const char *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");

	if (!file)
		return -errno;
	const bool whole = fwrite(bytes, 1, size, file) == size;

	return fclose(file) == 0 && whole ? 0 : -EIO;
}

int enhanced_take(const char *from, const char *to, const struct picture_file *given,
	uint8_t orientation, double *psnr, struct gw_error *error)
{
	char *jpeg;
	size_t size;
	int status = gw_yaml_read(from, &jpeg, &size, error);

	if (status != 0)
		return status;
	status = compare(jpeg, size, given, orientation, psnr);
	if (status == 0)
		status = write_file(to, jpeg, size);
	if (status != 0)
		gw_error_set(error, status, "%s: %s", to, strerror(-status));
	free(jpeg);
	return status;
}
