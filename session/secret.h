/* A camera's password: from a file or from the environment, for as long as it takes to hand it
 * over. No line repeats any of it. */
#pragma once

#include <stddef.h>

#include "core/config/config.h"
#include "core/error.h"

#define SECRET_SIZE 512

/* Reads it; empty where none is configured. Returns 0 or a negative errno with a line. The caller
 * wipes it with explicit_bzero(). */
int secret_read(
	const struct gw_camera_config *camera, char secret[SECRET_SIZE], struct gw_error *error);
