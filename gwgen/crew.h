/* The cameras that the command line asks for. */
#pragma once

#include <stdio.h>

#include "gwgen/camera.h"
#include "gwgen/options.h"

struct crew {
	struct film *films; /* one of each kind */
	uint32_t film_count;
	struct camera *cameras;
	uint32_t count; /* as asked for */
	uint32_t streams; /* more, where a kind sends its stream twice */
	double rate; /* pictures a second */
	bool at_once;
	uint64_t link_bps, seed;
	struct network network; /* of the first one */
	uint16_t port_step; /* from a camera's port to the next one's */
};

/* Makes pictures, films and cameras. -EINVAL: the words make no sense; another negative errno: a
 * file is not what it should be. */
int crew_open(struct crew *crew, const struct options *options, struct gw_error *error);
void crew_close(struct crew *crew);

/* One that sends packets of `frame` bytes with FCS, of no camera, as often as there are pictures a
 * second. -EMSGSIZE, -ENOMEM and a line. */
int crew_open_plain(
	struct crew *crew, uint32_t frame, const struct options *options, struct gw_error *error);

/* Sets all cameras to where they begin: the first one at `begin_ns`, the others spread over the
 * time of a picture. */
void crew_begin(struct crew *crew, int64_t begin_ns);

/* Gives all cameras the addresses that are so many further on. */
void crew_move(struct crew *crew, uint32_t by);

/* The mean packets, and the mean bytes with Ethernet headers, of the picture of a camera. */
double crew_packets_per_picture(const struct crew *crew);
double crew_bytes_per_picture(const struct crew *crew);

/* What gwd needs to know of a camera, as its API takes it. The caller releases it. */
struct json_t *crew_describe(const struct crew *crew, uint32_t camera, const char *name);

/* The same of all of them, as YAML. */
void crew_print_configuration(const struct crew *crew, FILE *out);

/* Writes all pictures as a receiver must see them. A negative errno and a line. */
int crew_save(const struct crew *crew, const char *folder, struct gw_error *error);
