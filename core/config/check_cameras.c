#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/address.h"
#include "core/config/camera.h"
#include "core/config/check.h"
#include "core/config/fingerprint.h"
#include "core/config/name.h"
#include "core/config/rtsp_url.h"

#define JPEG_PAYLOAD_TYPE 26 /* RFC 3551, 6 */
#define DYNAMIC_PAYLOAD_TYPE 96
#define MAX_PAYLOAD_TYPE 127

/* NAME or NAME:VERSION, as accel/repository/repository.h looks it up. */
static bool good_model(const char *model)
{
	const size_t name = strcspn(model, ":");
	const char *version = model + name + 1;

	if (name == 0 || name >= GW_NAME || model[0] == '.' || memchr(model, '/', name))
		return false;
	if (model[name] == '\0')
		return true;
	return version[0] >= '1' && version[0] <= '9' &&
		version[strspn(version, "0123456789")] == '\0' &&
		strtoull(version, NULL, 10) <= UINT32_MAX;
}

static bool good_payload_type(uint8_t type)
{
	return type == JPEG_PAYLOAD_TYPE ||
		(type >= DYNAMIC_PAYLOAD_TYPE && type <= MAX_PAYLOAD_TYPE);
}

int config_check_model(const char *model, const char *place, const char *key,
	const struct config_source *source, struct gw_error *error)
{
	if (good_model(model))
		return 0;
	return config_refuse(source, place, key, error,
		"'%s' is not NAME or NAME:VERSION, where VERSION is a whole number from 1", model);
}

int config_check_rotate(uint16_t rotate, const char *place, const struct config_source *source,
	struct gw_error *error)
{
	if (rotate % 90 == 0 && rotate < 360)
		return 0;
	return config_refuse(source, place, "rotate", error,
		"must be 0, 90, 180 or 270 degrees clockwise, not %u", rotate);
}

int config_check_picture(uint16_t width, uint16_t height, uint32_t quota, const char *place,
	const struct config_source *source, struct gw_error *error)
{
	if ((width == 0) != (height == 0))
		return config_refuse(source, place, "width", error,
			"width and height belong together: give both or none");
	if (quota > CONFIG_MAX_QUOTA)
		return config_refuse(source, place, "quota", error, "must be at most %d frames",
			CONFIG_MAX_QUOTA);
	return 0;
}

int config_check_decodes(const struct gw_decode_config *decode, uint16_t width, uint16_t height,
	const char *place, const struct config_source *source, struct gw_error *error)
{
	if (gw_config_decodes(decode, width, height))
		return 0;
	return config_refuse(source, place, width > decode->max_width ? "width" : "height", error,
		"pictures of %ux%u are larger than `decode.max_width` and `decode.max_height` "
		"allow, %ux%u: raise those",
		width, height, decode->max_width, decode->max_height);
}

static int check_addresses(struct gw_camera_config *camera, const char *place,
	const struct config_source *source, struct gw_error *error)
{
	const char *wrong;

	if (!gw_address_parse(camera->source, &camera->source_address))
		return config_refuse(source, place, "source", error,
			"'%s' is not an IPv4 or IPv6 address", camera->source);
	wrong = gw_address_no_source(&camera->source_address);
	if (wrong)
		return config_refuse(source, place, "source", error,
			"'%s' is %s, which sends nothing: give the camera's own address",
			camera->source, wrong);
	if (!gw_address_parse(camera->destination, &camera->destination_address))
		return config_refuse(source, place, "destination", error,
			"'%s' is not an IPv4 or IPv6 address", camera->destination);
	if (gw_address_is_unspecified(&camera->destination_address))
		return config_refuse(source, place, "destination", error,
			"'%s' is the address of nobody: give the one that the camera sends to, one "
			"of ours or a group's",
			camera->destination);
	if (camera->source_address.family != camera->destination_address.family)
		return config_refuse(source, place, "destination", error,
			"source and destination must both be IPv4 or both IPv6");
	return 0;
}

/* A camera that sends by itself. */
static int check_media(struct gw_camera_config *camera, const char *place,
	const struct config_source *source, struct gw_error *error)
{
	const struct {
		const char *key;
		bool given;
	} needed[] =
		{
			{"source", camera->source},
			{"destination", camera->destination},
			{"port", camera->port > 0},
		},
	  of_sessions[] = {
		  {"user", camera->user},
		  {"password_file", camera->password_file},
		  {"password_env", camera->password_env},
		  {"tls_ca_file", camera->tls_ca_file},
		  {"tls_fingerprint", camera->tls_fingerprint},
		  {"transport", camera->transport != GW_TRANSPORT_AUTO},
	  };

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!needed[i].given)
			return config_refuse(source, place, needed[i].key, error,
				"is missing: a camera has source, destination and port, or a url");
	for (size_t i = 0; i < sizeof(of_sessions) / sizeof(of_sessions[0]); i++)
		if (of_sessions[i].given)
			return config_refuse(source, place, of_sessions[i].key, error,
				"belongs to a camera with a url: add that, or leave this out");
	const int status = check_addresses(camera, place, source, error);

	if (status != 0)
		return status;
	if (camera->payload_type && !good_payload_type(*camera->payload_type))
		return config_refuse(source, place, "payload_type", error,
			"must be %d or a dynamic one, %d to %d", JPEG_PAYLOAD_TYPE,
			DYNAMIC_PAYLOAD_TYPE, MAX_PAYLOAD_TYPE);
	return 0;
}

/* Whose certificate is believed, where there is one. */
static int check_tls(const struct gw_camera_config *camera, const char *place,
	const struct config_source *source, struct gw_error *error)
{
	const char *key = camera->tls_fingerprint ? "tls_fingerprint" : "tls_ca_file";
	uint8_t fingerprint[GW_FINGERPRINT];

	if (!camera->tls_ca_file && !camera->tls_fingerprint)
		return 0;
	if (!gw_rtsp_url_is_secured(camera->url))
		return config_refuse(source, place, key, error,
			"belongs to a url that begins with rtsps://: RTSP without TLS has no "
			"certificate");
	if (camera->tls_ca_file && camera->tls_fingerprint)
		return config_refuse(source, place, key, error,
			"one certificate is believed, or all that an authority signed: give "
			"tls_fingerprint or tls_ca_file");
	if (camera->tls_fingerprint && !gw_fingerprint_read(camera->tls_fingerprint, fingerprint))
		return config_refuse(source, place, key, error,
			"is no fingerprint: give SHA-256, 64 hexadecimal digits, as `gwctl camera "
			"probe` says it");
	return 0;
}

/* A camera that is asked to send, and then says all that it is not to be given here. */
static int check_session(const struct gw_camera_config *camera, const char *place,
	const struct config_source *source, struct gw_error *error)
{
	const struct {
		const char *key;
		bool given;
	} said[] = {
		{"source", camera->source},
		{"destination", camera->destination},
		{"port", camera->port > 0},
		{"ssrc", camera->ssrc},
		{"payload_type", camera->payload_type},
	};
	struct gw_rtsp_url url;
	struct gw_error reason;

	if (gw_rtsp_url_parse(camera->url, &url, &reason) != 0)
		return config_refuse(source, place, "url", error, "%s", reason.text);
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (said[i].given)
			return config_refuse(source, place, said[i].key, error,
				"a camera with a url says this itself: leave it out");
	if (camera->password_file && camera->password_env)
		return config_refuse(source, place, "password_env", error,
			"the password is in a file or in the environment: give one of both");
	if (!camera->user && (camera->password_file || camera->password_env))
		return config_refuse(
			source, place, "user", error, "is missing: whose password is it?");
	return check_tls(camera, place, source, error);
}

int config_check_camera(struct gw_camera_config *camera, const char *place,
	const struct config_source *source, struct gw_error *error)
{
	if (!gw_name_is_good(camera->name, strlen(camera->name)))
		return config_refuse(source, place, "name", error,
			"'%s' is not a name: use letters, digits, '.', '_' and '-'", camera->name);
	if (gw_name_is_reserved(camera->name, strlen(camera->name)))
		return config_refuse(source, place, "name", error,
			"'%s' is a file that is written beside the cameras' folders: choose "
			"another "
			"name",
			camera->name);
	int status = camera->url ? check_session(camera, place, source, error)
				 : check_media(camera, place, source, error);

	if (status != 0)
		return status;
	status = config_check_picture(
		camera->width, camera->height, camera->quota, place, source, error);
	if (status == 0)
		status = config_check_rotate(camera->rotate, place, source, error);
	if (status == 0 && camera->model)
		status = config_check_model(camera->model, place, "model", source, error);
	if (status == 0)
		status = config_check_plan(
			camera->plan, camera->plan_count, camera->model, place, source, error);
	return status;
}

int config_compare_address(const struct gw_camera_config *a, const struct gw_camera_config *b)
{
	int order = (int)a->port - (int)b->port;

	if (order == 0)
		order = memcmp(&a->source_address, &b->source_address, sizeof(a->source_address));
	if (order == 0)
		order = memcmp(&a->destination_address, &b->destination_address,
			sizeof(a->destination_address));
	return order;
}

/* Cameras of one array, so that their addresses say which stands first in the file. */
static int by_place(const struct gw_camera_config *a, const struct gw_camera_config *b)
{
	return (a > b) - (a < b);
}

static int by_name(const void *left, const void *right)
{
	const struct gw_camera_config *a = *(const struct gw_camera_config *const *)left;
	const struct gw_camera_config *b = *(const struct gw_camera_config *const *)right;
	const int order = strcmp(a->name, b->name);

	return order ? order : by_place(a, b);
}

/* A camera without an SSRC comes before all others of its address. */
static int by_stream(const void *left, const void *right)
{
	const struct gw_camera_config *a = *(const struct gw_camera_config *const *)left;
	const struct gw_camera_config *b = *(const struct gw_camera_config *const *)right;
	int order = config_compare_address(a, b);

	if (order == 0)
		order = (a->ssrc != NULL) - (b->ssrc != NULL);
	if (order == 0 && a->ssrc)
		order = (*a->ssrc > *b->ssrc) - (*a->ssrc < *b->ssrc);
	return order ? order : by_place(a, b);
}

/* Two cameras that are in each other's way. */
struct conflict {
	const struct gw_camera_config *earlier, *later;
};

/* The one that a reader of the file meets first is kept. */
static void note(
	struct conflict *found, const struct gw_camera_config *a, const struct gw_camera_config *b)
{
	const struct gw_camera_config *later = a > b ? a : b;

	if (!found->later || later < found->later)
		*found = (struct conflict){a > b ? b : a, later};
}

/* Those with a session are compared when it says what they send. Returns how many are left. */
static uint32_t keep_with_media(const struct gw_camera_config **cameras, uint32_t count)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < count; i++)
		if (gw_camera_has_media(cameras[i]))
			cameras[left++] = cameras[i];
	return left;
}

static void find_conflict(
	const struct gw_camera_config **sorted, uint32_t count, struct conflict *found)
{
	qsort(sorted, count, sizeof(sorted[0]), by_name);
	for (uint32_t i = 1; i < count; i++)
		if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
			note(found, sorted[i - 1], sorted[i]);
	count = keep_with_media(sorted, count);
	qsort(sorted, count, sizeof(sorted[0]), by_stream);
	for (uint32_t i = 1, first = 0; i < count; i++) {
		if (config_compare_address(sorted[first], sorted[i]) != 0)
			first = i;
		else if (!sorted[first]->ssrc)
			note(found, sorted[first], sorted[i]);
		else if (*sorted[i - 1]->ssrc == *sorted[i]->ssrc)
			note(found, sorted[i - 1], sorted[i]);
	}
}

int config_check_cameras(
	struct gw_config *config, const struct config_source *source, struct gw_error *error)
{
	const uint32_t count = config->cameras_count;
	struct conflict found = {NULL, NULL};
	char place[32];

	for (uint32_t i = 0; i < count; i++) {
		struct gw_camera_config *camera = &config->cameras[i];

		snprintf(place, sizeof(place), "cameras[%u].", i);
		int status = config_check_camera(camera, place, source, error);

		if (status == 0)
			status = config_check_decodes(config->decode, camera->width, camera->height,
				place, source, error);
		if (status != 0)
			return status;
	}
	if (count < 2)
		return 0;
	const struct gw_camera_config **sorted = malloc(count * sizeof(sorted[0]));

	if (!sorted)
		return gw_error_set(error, -ENOMEM, "%s: out of memory", source->file);
	for (uint32_t i = 0; i < count; i++)
		sorted[i] = &config->cameras[i];
	find_conflict(sorted, count, &found);
	free(sorted);
	if (!found.later)
		return 0;
	struct gw_error reason;
	const char *key = gw_config_camera_conflict(found.later, found.earlier, &reason);

	snprintf(place, sizeof(place), "cameras[%td].", found.later - config->cameras);
	return config_refuse(source, place, key, error, "%s", reason.text);
}
