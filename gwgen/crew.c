#include "gwgen/crew.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* By so much a stream that is sent twice comes later. */
#define SHADOW_NS 500000000

void crew_close(struct crew *crew)
{
	for (uint32_t i = 0; i < crew->film_count; i++)
		film_destroy(&crew->films[i]);
	free(crew->films);
	free(crew->cameras);
	memset(crew, 0, sizeof(*crew));
}

static struct network network_of(const struct crew *crew, uint32_t camera, const struct film *film)
{
	struct network network = crew->network;

	network_move(&network, camera);
	network.port = (uint16_t)(network.port + camera * crew->port_step);
	network.no_ip_checksum = film->kind->no_ip_checksum;
	return network;
}

void crew_move(struct crew *crew, uint32_t by)
{
	network_move(&crew->network, by);
}

void crew_begin(struct crew *crew, int64_t begin_ns)
{
	const double period_ns = 1e9 / crew->rate;
	uint32_t shadow = crew->count;

	for (uint32_t i = 0; i < crew->count; i++) {
		const struct film *film = &crew->films[i % crew->film_count];
		const struct network network = network_of(crew, i, film);
		struct camera_plan plan = {
			.begin_ns = begin_ns + (int64_t)(period_ns * i / crew->count),
			.period_ns = period_ns,
			.at_once = crew->at_once,
			.link_bps = crew->link_bps,
			.seed = crew->seed + i * 7919u,
		};

		camera_begin(&crew->cameras[i], film, &network, &plan);
		if (film->kind->twice) {
			struct camera *twin = &crew->cameras[shadow++];

			*twin = crew->cameras[i];
			twin->plan.begin_ns += SHADOW_NS;
			twin->clock_begin_ns += SHADOW_NS;
		}
	}
}

double crew_packets_per_picture(const struct crew *crew)
{
	double sum = 0;

	for (uint32_t i = 0; i < crew->count; i++) {
		const struct film *film = &crew->films[i % crew->film_count];
		const double shots = film->shot_count;

		sum += film->packet_count / (shots * film->shots[0].pictures);
	}
	return sum / crew->count;
}

double crew_bytes_per_picture(const struct crew *crew)
{
	double sum = 0;

	for (uint32_t i = 0; i < crew->count; i++) {
		const struct film *film = &crew->films[i % crew->film_count];
		const double shots = film->shot_count;

		sum += (film->bytes_count +
			       (double)film->packet_count * network_headers(&crew->network)) /
			(shots * film->shots[0].pictures);
	}
	return sum / crew->count;
}

json_t *crew_describe(const struct crew *crew, uint32_t camera, const char *name)
{
	const struct film *film = &crew->films[camera % crew->film_count];
	const struct network network = network_of(crew, camera, film);
	char source[NETWORK_TEXT], destination[NETWORK_TEXT];
	json_t *object = json_pack("{s:s, s:s, s:s, s:i}", "name", name, "source",
		network_text(&network, network.source, source), "destination",
		network_text(&network, network.destination, destination), "port", network.port);

	if (film->kind->tell_size && film->picture_count > 0)
		json_object_update_new(object,
			json_pack("{s:i, s:i}", "width", film->pictures[0].width, "height",
				film->pictures[0].height));
	if (film->kind->tell_type)
		json_object_set_new(
			object, "payload_type", json_integer(film->kind->style.payload_type));
	return object;
}

/* One line a camera: JSON is YAML. */
void crew_print_configuration(const struct crew *crew, FILE *out)
{
	fputs("cameras:\n", out);
	for (uint32_t i = 0; i < crew->count; i++) {
		char name[32];

		snprintf(name, sizeof(name), "cam%u", i);
		json_t *object = crew_describe(crew, i, name);

		fputs("  - ", out);
		json_dumpf(object, out, 0);
		fputc('\n', out);
		json_decref(object);
	}
}

static int save(const struct picture *picture, const char *path)
{
	FILE *file = fopen(path, "wbe");

	if (!file)
		return -errno;
	/* Closing does not tell of what was written before. */
	const int failed =
		fwrite(picture->bytes, 1, picture->size, file) < picture->size ? errno : 0;

	return fclose(file) != 0 ? -errno : -failed;
}

int crew_save(const struct crew *crew, const char *folder, struct gw_error *error)
{
	if (mkdir(folder, 0777) != 0 && errno != EEXIST)
		return gw_error_set(error, -errno, "%s: %s", folder, strerror(errno));
	for (uint32_t f = 0; f < crew->film_count; f++) {
		const struct film *film = &crew->films[f];

		for (uint32_t i = 0; i < film->picture_count; i++) {
			char path[4096];

			snprintf(path, sizeof(path), "%s/%s-%04u.jpg", folder, film->kind->name, i);
			const int status = save(&film->pictures[i], path);

			if (status != 0)
				return gw_error_set(
					error, status, "%s: %s", path, strerror(-status));
		}
	}
	return 0;
}
