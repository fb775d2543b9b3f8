#include "accel/rollout/test_rollout.h"

#include <errno.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "accel/accel.h"
#include "accel/stage.h"
#include "core/clock.h"
#include "core/test_gateway.h"

char rollout_directory[] = "/tmp/framegate-rollout-XXXXXX";
/* How long a picture takes is the busy machine's matter here. */
static char plan_of_all[] =
	"{\"version\": %d, \"steps\": [0.5, 1], \"hold_s\": 1, \"min_pictures\": 10, "
	"\"max_latency\": 1000}";
struct gw_error rollout_error;

void rollout_write(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", rollout_directory, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

void rollout_remove(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", rollout_directory, name);
	remove(path);
}

bool rollout_is_there(const char *name)
{
	struct stat facts;
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", rollout_directory, name);
	return stat(path, &facts) == 0;
}

void rollout_make_version(int version, const char *labels, int side, const char *input)
{
	char name[64], yaml[512];

	snprintf(name, sizeof(name), "%s/marks/%d", rollout_directory, version);
	mkdir(name, 0755);
	snprintf(name, sizeof(name), "marks/%d/model.onnx", version);
	rollout_write(name, "\b\1" /* not read by the null engine */);
	snprintf(name, sizeof(name), "marks/%d/model.yaml", version);
	snprintf(yaml, sizeof(yaml),
		"task: classify\nlabels: [%s]\n"
		"input: {tensor: in, width: %d, height: %d, channels: 1, %s}\n"
		"classify: {tensor: out, top_k: 2}\nbatch: {max: 4, deadline_ms: 5}\n",
		labels, side, side, input);
	rollout_write(name, yaml);
}

int rollout_make_repository(void **state)
{
	static const char usual[] = "mean: [0], scale: [1]";
	char path[64];

	if (!mkdtemp(rollout_directory))
		return -1;
	snprintf(path, sizeof(path), "%s/marks", rollout_directory);
	mkdir(path, 0755);
	rollout_make_version(GOOD, "a, b, c, d", SIDE, usual);
	rollout_make_version(BETTER, "a, b, c, d", SIDE, usual);
	/* Its values are no probabilities. */
	rollout_make_version(FAILING, "a, b, c, d", SIDE, "mean: [250], scale: [1]");
	/* What is dark is bright to it. */
	rollout_make_version(DIFFERENT, "a, b, c, d", SIDE, "mean: [255], scale: [-1]");
	rollout_make_version(OTHER_LABELS, "a, b, c, e", SIDE, usual);
	rollout_make_version(LARGER, "a, b, c, d", 4, usual);
	rollout_make_version(BROKEN, "a, b, c, d", SIDE, "mean: [0], scale: [1], nonsense: 1");
	return 0;
}

static int remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *walk)
{
	return remove(path);
}

int rollout_remove_repository(void **state)
{
	return nftw(rollout_directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

void rollout_open(struct rollout_fixture *f)
{
	char text[1024];

	memset(f, 0, sizeof(*f));
	f->now = GW_NS_PER_S;
	snprintf(text, sizeof(text),
		"cameras:\n"
		"  - {name: gate, source: 10.0.0.1, destination: 10.0.0.2, port: 5000, model: "
		"marks}\n"
		"  - {name: door, source: 10.0.0.1, destination: 10.0.0.2, port: 5002, model: "
		"\"marks:1\"}\n"
		"accel: {backend: \"null\", repository: %s}\n"
		"frames: {classes: [{width: 16, height: 16, count: %d}]}\n",
		rollout_directory, FRAMES);
	rollout_error.text[0] = '\0';
	if (test_gateway_open(&f->gw, text, NULL, GW_STAGE_ACCEL, &accel_stage, &rollout_error) !=
		0)
		fail_msg("%s", rollout_error.text);
	f->lane = &f->gw.stages[GW_STAGE_ACCEL].lanes[0];
	f->surfaces = gw_surface_pool_create(&f->gw.host, 1, FRAMES, &rollout_error);
}

void rollout_close(struct rollout_fixture *f)
{
	test_gateway_close(&f->gw);
	gw_surface_pool_destroy(f->surfaces);
}

/* With version 1, and nothing kept of the past. */
void rollout_open_fresh(struct rollout_fixture *f)
{
	rollout_write("marks/rollout.json", "{\"format\": 1, \"stable\": 1, \"previous\": 0}");
	rollout_open(f);
}

struct route *rollout_route(struct rollout_fixture *f)
{
	return &((struct accel *)f->lane->stage->state)->routes[0];
}

static uint32_t version_of(const struct rollout_fixture *f, const struct gw_frame *frame)
{
	return f->gw.models[frame->result.model].version;
}

/* The engine has a thread of its own. */
static void wait_for_frame(struct rollout_fixture *f)
{
	const struct accel_lane *lane = f->lane->state;
	const int64_t end = gw_now() + 10 * GW_NS_PER_S;

	while ((accel_stage.poll(f->lane) > 0 || lane->order.inside > 0) && gw_now() < end)
		sched_yield();
	assert_int_equal(test_gateway_pop(&f->gw, GW_STAGE_ACCEL, f->out, FRAMES), 1);
}

void rollout_put(struct rollout_fixture *f)
{
	struct gw_frame *frame = test_gateway_frame(&f->gw, 0, SIDE, SIDE);
	struct gw_surface *surface = gw_surface_get(f->surfaces, SIDE * SIDE);
	const uint32_t mark = f->sequence % 4;

	assert_non_null(frame);
	assert_non_null(surface);
	frame->sequence = f->sequence++;
	frame->width = frame->height = SIDE;
	frame->state = GW_FRAME_IMAGE;
	surface->format = GW_FORMAT_GRAY;
	surface->width = surface->height = SIDE;
	surface->pitch[0] = SIDE;
	surface->plane[0] = surface->room;
	memset(surface->room, 10, SIDE * SIDE);
	surface->room[mark] = 200;
	frame->surface = surface;
	gw_credit_take(&f->gw.credits[0], frame);
	test_gateway_push(&f->gw, GW_STAGE_ACCEL, frame);
}

/* One picture of camera `gate`; returns which version has looked, whose answer is checked. */
static uint32_t look(struct rollout_fixture *f)
{
	const uint32_t mark = f->sequence % 4;

	rollout_put(f);
	wait_for_frame(f);
	const uint32_t version = version_of(f, f->out[0]);

	assert_int_equal(f->out[0]->drop, GW_DROP_NONE);
	assert_int_equal(f->out[0]->sequence, f->sequence - 1);
	assert_true((f->out[0]->result.findings[0].index == mark) == (version != DIFFERENT));
	gw_frame_unref(f->out[0]);
	assert_int_equal(gw_surface_pool_in_use(f->surfaces), 0);
	f->delivered++;
	return version;
}

/* So many pictures, one each 10 ms; returns how many of them that version has looked at. */
uint32_t rollout_look_at(struct rollout_fixture *f, uint32_t count, uint32_t version)
{
	uint32_t by_it = 0;

	for (uint32_t i = 0; i < count; i++) {
		by_it += look(f) == version;
		f->now += 10 * GW_NS_PER_MS;
		if (i % 10 == 9)
			accel_stage.upkeep(f->lane->stage, f->now);
	}
	return by_it;
}

int rollout_ask(struct rollout_fixture *f, const char *method, const char *path, const char *body,
	json_t **json)
{
	const struct gw_request request = {.body = body ? json_loads(body, 0, NULL) : NULL,
		.role = GW_ROLE_OPERATOR,
		.who = "uid 7 (anna)"};
	struct gw_reply reply = {0};

	gw_api_call(&f->gw, method, path, &request, &reply);
	const int status = reply.status;

	*json = json_incref(reply.json);
	gw_reply_release(&reply);
	json_decref((json_t *)request.body);
	return status;
}

/* Takes the answer's rollout_error line apart: it must have these words. */
void rollout_assert_refused(struct rollout_fixture *f, const char *path, const char *body,
	int status, const char *words)
{
	json_t *json;
	const char *message = "";

	assert_int_equal(rollout_ask(f, "POST", path, body, &json), status);
	json_unpack(json, "{s:{s:s}}", "error", "message", &message);
	if (!strstr(message, words))
		fail_msg("%s", message);
	json_decref(json);
}

void rollout_roll_out(struct rollout_fixture *f, int version)
{
	char body[256];
	json_t *json;

	snprintf(body, sizeof(body), plan_of_all, version);
	const int status = rollout_ask(f, "POST", "models/marks/rollout", body, &json);
	char *text = json_dumps(json, 0);

	if (status != 200)
		fail_msg("%s", text);
	free(text);
	json_decref(json);
}

/* The word at "key" or "object.key" of what the API tells of the route; NULL: null. */
const char *rollout_told(struct rollout_fixture *f, const char *object, const char *key)
{
	static char text[512];
	json_t *json;

	assert_int_equal(rollout_ask(f, "GET", "models/marks/rollout", NULL, &json), 200);
	const json_t *value = object ? json_object_get(json_object_get(json, object), key)
				     : json_object_get(json, key);
	char *dump = json_dumps(value, JSON_ENCODE_ANY);

	snprintf(text, sizeof(text), "%s", dump);
	free(dump);
	json_decref(json);
	return text;
}
