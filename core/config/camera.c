#include "core/config/camera.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/check.h"
#include "core/config/complete.h"
#include "core/config/json.h"
#include "core/config/json_types.h"
#include "core/config/schema.h"
#include "core/config/yaml_load.h"

int gw_config_camera_parse(const char *text, size_t size, const char *name,
	struct gw_camera_config **camera, struct gw_error *error)
{
	const struct config_source source = {text, size, name};
	void *data;
	int status = gw_yaml_load(text, size, name, &gw_camera_schema, &data, error);

	*camera = data;
	if (status != 0)
		return status;
	config_complete_camera(*camera);
	status = config_check_camera(*camera, "", &source, error);
	if (status != 0) {
		gw_config_camera_free(*camera);
		*camera = NULL;
	}
	return status;
}

int gw_config_camera_from_json(const json_t *json, const char *name,
	struct gw_camera_config **camera, struct gw_error *error)
{
	int status = config_json_types(json, &gw_camera_schema, name, error);

	*camera = NULL;
	if (status != 0)
		return status;
	char *text = json_dumps(json, JSON_REAL_PRECISION(GW_FLOAT_DIGITS));

	if (!text)
		return gw_error_set(error, -ENOMEM, "out of memory");
	status = gw_config_camera_parse(text, strlen(text), name, camera, error);
	free(text);
	return status;
}

static bool copy_text(char **text)
{
	if (*text)
		*text = strdup(*text);
	return *text != NULL;
}

static void *copy_bytes(const void *bytes, size_t size)
{
	void *copy = bytes ? malloc(size) : NULL;

	return copy ? memcpy(copy, bytes, size) : NULL;
}

static bool copy_srtp(struct gw_srtp_config **srtp)
{
	const struct gw_srtp_config *from = *srtp;

	*srtp = copy_bytes(from, sizeof(*from));
	return !from || (*srtp && copy_text(&(*srtp)->key_file));
}

struct gw_camera_config *gw_config_camera_copy(const struct gw_camera_config *camera)
{
	struct gw_camera_config *copy = copy_bytes(camera, sizeof(*camera));

	if (!copy)
		return NULL;
	/* All of them, whatever fails, so that none is left that belongs to the original. */
	bool whole = copy_text(&copy->name);

	whole &= copy_text(&copy->source) || !camera->source;
	whole &= copy_text(&copy->destination) || !camera->destination;
	whole &= copy_text(&copy->url) || !camera->url;
	whole &= copy_text(&copy->user) || !camera->user;
	whole &= copy_text(&copy->password_file) || !camera->password_file;
	whole &= copy_text(&copy->password_env) || !camera->password_env;
	whole &= copy_text(&copy->tls_ca_file) || !camera->tls_ca_file;
	whole &= copy_text(&copy->tls_fingerprint) || !camera->tls_fingerprint;
	whole &= copy_text(&copy->model) || !camera->model;
	whole &= copy_srtp(&copy->srtp);
	copy->ssrc = copy_bytes(camera->ssrc, sizeof(*camera->ssrc));
	copy->payload_type = copy_bytes(camera->payload_type, sizeof(*camera->payload_type));
	copy->rtcp = copy_bytes(camera->rtcp, sizeof(*camera->rtcp));
	copy->region = copy_bytes(camera->region, sizeof(*camera->region));
	copy->plan = gw_plan_copy(camera->plan, camera->plan_count);
	if (!copy->plan)
		copy->plan_count = 0;
	whole &= !copy->plan == !camera->plan && !copy->ssrc == !camera->ssrc &&
		!copy->rtcp == !camera->rtcp && !copy->payload_type == !camera->payload_type &&
		!copy->region == !camera->region;
	if (whole)
		return copy;
	gw_config_camera_free(copy);
	return NULL;
}

void gw_config_camera_free(struct gw_camera_config *camera)
{
	if (camera)
		explicit_bzero(&camera->srtp_key, sizeof(camera->srtp_key));
	gw_yaml_free(&gw_camera_schema, camera);
}

bool gw_config_decodes(const struct gw_decode_config *decode, uint16_t width, uint16_t height)
{
	return width <= decode->max_width && height <= decode->max_height;
}

static bool same_stream(const struct gw_camera_config *a, const struct gw_camera_config *b)
{
	/* The number of a TCP port may be that of a UDP port. */
	return gw_camera_has_media(a) && gw_camera_has_media(b) && a->is_within == b->is_within &&
		config_compare_address(a, b) == 0 && (!a->ssrc || !b->ssrc || *a->ssrc == *b->ssrc);
}

/* What would tell the two apart: a camera without an SSRC takes those of all others. */
static int explain_stream(const struct gw_camera_config *camera,
	const struct gw_camera_config *other, struct gw_error *reason)
{
	if (!camera->ssrc && !other->ssrc)
		return gw_error_set(reason, -EEXIST,
			"'%s' would receive the same packets as '%s': change source, destination "
			"or port, or give both an ssrc",
			camera->name, other->name);
	if (camera->ssrc && other->ssrc)
		return gw_error_set(reason, -EEXIST,
			"'%s' would receive the same packets as '%s': change source, destination, "
			"port or ssrc",
			camera->name, other->name);
	return gw_error_set(reason, -EEXIST,
		"'%s' would receive the same packets as '%s': give '%s' an ssrc too, or change "
		"source, destination or port",
		camera->name, other->name, camera->ssrc ? other->name : camera->name);
}

const char *gw_config_camera_conflict(const struct gw_camera_config *camera,
	const struct gw_camera_config *other, struct gw_error *reason)
{
	if (strcmp(camera->name, other->name) == 0) {
		gw_error_set(reason, -EEXIST, "'%s' is taken: every camera needs a name of its own",
			camera->name);
		return "name";
	}
	if (same_stream(camera, other)) {
		explain_stream(camera, other, reason);
		return "port";
	}
	return NULL;
}
