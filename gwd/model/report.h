/* What `gwd model check` tells of pictures that went through: in words, in the record's own words,
 * and drawn. */
#pragma once

#include "core/gateway.h"
#include "gwd/model/pictures.h"

/* `results` holds the sink's lines. Without `output` only counts what came out; else prints each
 * picture's findings to standard output, draws them into a picture of the same name in `output`,
 * which is made, and says what was lost and why. With an empty one nothing is drawn. Returns 0;
 * -EIO when a picture failed or could not be written, with a line. */
int check_report(const struct gw *gw, const struct picture_files *pictures, const char *results,
	const char *output, bool json, struct gw_error *error);
