#include "core/config/learned.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool put_address(char **text, struct gw_address *to, const struct gw_address *address)
{
	char buffer[INET6_ADDRSTRLEN];

	free(*text);
	*text = inet_ntop(address->family, address->bytes, buffer, sizeof(buffer)) ? strdup(buffer)
										   : NULL;
	*to = *address;
	return *text != NULL;
}

int gw_camera_learn(struct gw_camera_config *camera, const struct gw_learned *learned)
{
	bool whole = put_address(&camera->source, &camera->source_address, &learned->source);

	whole &= put_address(
		&camera->destination, &camera->destination_address, &learned->destination);
	camera->has_forgotten = false;
	camera->port = learned->port;
	camera->is_within = learned->is_within;
	camera->srtp_key = learned->srtp_key;
	free(camera->payload_type);
	camera->payload_type = malloc(sizeof(*camera->payload_type));
	if (camera->payload_type)
		*camera->payload_type = learned->payload_type;
	whole &= camera->payload_type != NULL;
	if (camera->width == 0 || camera->learned_size) {
		camera->width = learned->width;
		camera->height = learned->height;
		camera->learned_size = learned->width > 0;
	}
	return whole ? 0 : -ENOMEM;
}

void gw_camera_forget(struct gw_camera_config *camera)
{
	free(camera->source);
	free(camera->destination);
	camera->source = camera->destination = NULL;
	camera->source_address = camera->destination_address = (struct gw_address){0};
	camera->has_forgotten = true;
	camera->port = 0;
	camera->is_within = false;
	explicit_bzero(&camera->srtp_key, sizeof(camera->srtp_key));
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : !a && !b;
}

bool gw_camera_same_session(const struct gw_camera_config *a, const struct gw_camera_config *b)
{
	return a->url && b->url && same_text(a->url, b->url) && same_text(a->user, b->user) &&
		same_text(a->password_file, b->password_file) &&
		same_text(a->password_env, b->password_env) &&
		same_text(a->tls_ca_file, b->tls_ca_file) &&
		same_text(a->tls_fingerprint, b->tls_fingerprint) && a->transport == b->transport;
}

int gw_camera_keep_learned(struct gw_camera_config *camera, const struct gw_camera_config *was)
{
	const struct gw_learned learned = {
		.source = was->source_address,
		.destination = was->destination_address,
		.port = was->port,
		.payload_type = was->payload_type ? *was->payload_type : 0,
		.width = was->learned_size ? was->width : 0,
		.height = was->learned_size ? was->height : 0,
		.is_within = was->is_within,
		.srtp_key = was->srtp_key,
	};

	return gw_camera_learn(camera, &learned);
}
