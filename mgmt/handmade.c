#include "mgmt/handmade.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/api.h"
#include "core/clock.h"
#include "core/health.h"

static const char config_text[] =
	"gateway: {name: gw1}\n"
	"frames: {classes: [{width: 320, height: 240, count: 32}]}\n"
	"cameras:\n"
	"  - {name: cam0, source: 10.0.0.1, destination: 10.0.0.9, port: 5004, model: digits}\n"
	"  - {name: cam/1, source: 10.0.0.2, destination: 10.0.0.9, port: 5006, width: 320, "
	"height: 240}\n"
	"kafka:\n"
	"  brokers: 127.0.0.1:9092\n"
	"  properties: [{name: sasl.password, value: hunter2}, {name: linger.ms, value: '5'}]\n"
	"api: {socket: %s}\n";

static int toy_models(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	reply->json = json_pack("{s:[]}", "models");
	return 200;
}

static int toy_sample(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	if (strcmp(request->name, "busy") == 0)
		return gw_error_set(error, -EBUSY, "it is busy");
	if (strcmp(request->name, "broken") == 0)
		return -EIO;
	reply->json = json_pack("{s:s, s:b}", "camera", request->name, "requested", 1);
	return 202;
}

static int toy_echo(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	reply->json =
		json_pack("{s:O?, s:s}", "body", (json_t *)request->body, "who", request->who);
	return 200;
}

static int toy_forget(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	if (strcmp(request->name, "a thing/with %") != 0)
		return gw_error_set(error, -ENOENT, "there is no '%s'", request->name);
	return 204;
}

/* Takes as many milliseconds as its name says. With {"deaf": true} also when the gateway ends. */
static int toy_slow(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	static const struct timespec step = {.tv_nsec = 5 * GW_NS_PER_MS};
	const int64_t end = gw_now() + atoi(request->name) * GW_NS_PER_MS;
	const bool deaf = json_is_true(json_object_get(request->body, "deaf"));

	while (gw_now() < end) {
		if (!deaf && gw_request_ending(request))
			return gw_error_set(error, -EAGAIN, "the gateway ends");
		nanosleep(&step, NULL);
	}
	reply->json = json_pack("{s:s, s:s}", "slept", request->name, "who", request->who);
	return 200;
}

static struct json_t *toy_describe(struct gw_stage *stage)
{
	return json_pack("{s:s, s:s}", "backend", "null", "state", "up");
}

static void toy_health(struct gw_stage *stage, struct gw_health *health)
{
	if (atomic_load(&stage->lanes[0].exhausted))
		gw_health_add(health, GW_DEGRADED, "stage.%s.exhausted", stage->ops->name,
			"nothing comes any more");
}

static const struct gw_api_route model_routes[] = {
	{GW_ROLE_VIEWER, "GET", "models", "The models.", .handle = toy_models},
	{0},
};
static const struct gw_api_route sample_routes[] = {
	{GW_ROLE_OPERATOR, "POST", "cameras/{name}/sample", "A picture now.", .handle = toy_sample},
	{GW_ROLE_ADMIN, "PATCH", "echo", "Says what it hears.", .handle = toy_echo, .body = true},
	{GW_ROLE_ADMIN, "DELETE", "echo/{name}", "Forgets it.", .handle = toy_forget},
	{GW_ROLE_VIEWER, "PUT", "slow/{name}", "Takes its time.", .handle = toy_slow, .slow = true,
		.body = true},
	{0},
};

static int toy_open(struct gw_stage *stage, struct gw_error *error)
{
	return 0;
}

static void toy_close(struct gw_stage *stage)
{
}

#define TOY(word) .name = word, .open = toy_open, .close = toy_close

static const struct gw_stage_ops toy_stages[GW_STAGES] = {
	[GW_STAGE_RX] = {TOY("rx"), .health = toy_health},
	[GW_STAGE_DECODE] = {TOY("decode")},
	[GW_STAGE_ACCEL] = {TOY("accel"), .routes = model_routes},
	[GW_STAGE_SINK] = {TOY("sink"), .routes = sample_routes, .describe = toy_describe},
};

/* A fixture that cannot be made is no test that failed: it ends the program. */
static void must(bool well, const char *what)
{
	if (well)
		return;
	fprintf(stderr, "handmade gateway: %s\n", what);
	abort();
}

void handmade_open(struct handmade *made)
{
	struct gw_way ways[GW_STAGES];
	struct gw_config *config;
	struct gw *gw = &made->gw;
	struct gw_error error = {{0}};
	char text[2048];

	memset(made, 0, sizeof(*made));
	strcpy(made->folder, "/tmp/framegate-mgmt-XXXXXX");
	must(mkdtemp(made->folder), "no temporary folder");
	snprintf(made->socket, sizeof(made->socket), "%s/api.sock", made->folder);
	/* '/' is no letter of a camera's name: the name is changed after the check. */
	snprintf(text, sizeof(text), config_text, made->socket);
	char *slash = strstr(text, "cam/1");
	slash[3] = '_';
	must(gw_config_parse(text, strlen(text), &config, &error) == 0, error.text);
	config->cameras[1].name[3] = '/';
	for (int i = 0; i < GW_STAGES; i++)
		ways[i] = (struct gw_way){&toy_stages[i],
			.to = i == GW_STAGE_RX ? GW_STAGE_DECODE : (enum gw_stage_index)(i + 1)};
	ways[GW_STAGE_SOURCE].ops = NULL;
	must(gw_build(gw, config, NULL, ways, &error) == 0 && gw_open_stages(gw, &error) == 0,
		error.text);
	strcpy(gw->boot_id, "00000000-0000-4000-8000-000000000000");
	atomic_store(&gw->ready, true);
}

void handmade_close(struct handmade *made)
{
	gw_dismantle(&made->gw);
	unlink(made->socket);
	rmdir(made->folder);
}

struct gw_camera_stats *handmade_stats(
	struct handmade *made, enum gw_stage_index stage, uint32_t camera)
{
	return &made->gw.stages[stage].lanes[0].stats->camera[camera];
}

void handmade_hold(struct handmade *made, uint32_t camera, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		must(gw_pool_get(made->gw.pool, camera, 64, 64), "no slot");
}
