#include "accel/devices_api.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "accel/balance.h"
#include "accel/engines.h"
#include "accel/gpus.h"
#include "core/clock.h"
#include "core/gateway.h"

static json_t *cores_of(const struct gw_device *device)
{
	json_t *cores;

	if (!device->pinned)
		return json_null();
	cores = json_array();
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &device->cores))
			json_array_append_new(cores, json_integer(i));
	return cores;
}

static json_t *device_facts(const struct gw *gw, const struct gw_device *device)
{
	json_t *facts = gw_device_describe(device);

	json_object_set_new(facts, "cores", cores_of(device));
	json_object_set_new(facts, "threads",
		json_integer(device->threads > 0 ? device->threads : gw->config->accel->threads));
	return facts;
}

static json_t *engine_facts(const struct engine_facts *engine)
{
	return json_pack("{s:s, s:b, s:s?, s:s?}", "name", engine->name, "there", engine->there,
		"version", engine->version[0] ? engine->version : NULL, "missing",
		engine->there ? NULL : engine->missing);
}

int accel_list(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct gw *gw = ((struct gw_stage *)owner)->gw;
	json_t *devices = json_array(), *backends = json_array();
	struct engine_facts engines[ENGINES_MOST];
	const uint32_t own = engines_list(gw->config->accel, engines);
	uint32_t count = own;

	count += engines_list_opencl(&engines[count], ENGINES_MOST - ENGINES_GPUS - count);
	count += gpus_list(&engines[count], ENGINES_MOST - count);

	for (uint32_t i = 0; i < gw->device_count; i++)
		json_array_append_new(devices, device_facts(gw, &gw->devices[i]));
	/* What runs on OpenCL's devices is listed by these. */
	for (uint32_t i = 0; i < count; i++)
		if (i >= own || strcmp(engines[i].name, engines[own].name) != 0)
			json_array_append_new(backends, engine_facts(&engines[i]));
	reply->json = json_pack("{s:o, s:o}", "devices", devices, "backends", backends);
	return 200;
}

int accel_balance(void *owner, const struct gw_request *request, struct gw_reply *reply,
	struct gw_error *error)
{
	const struct gw *gw = ((struct gw_stage *)owner)->gw;
	const double running_ns = (double)(gw_now() - gw->start);
	double pictures[GW_DEVICES] = {0}, busy_ns[GW_DEVICES] = {0}, total = 0;
	json_t *list = json_array();

	for (uint32_t i = 0; i < gw->device_count; i++) {
		pictures[i] = (double)gw->devices[i].pictures;
		busy_ns[i] = (double)gw->devices[i].busy_ns;
		total += pictures[i];
	}
	for (uint32_t i = 0; i < gw->device_count; i++) {
		const struct gw_device *device = &gw->devices[i];

		json_array_append_new(list,
			json_pack("{s:s, s:b, s:I, s:I, s:f, s:f, s:I}", "name", device->name,
				"well", device->failing == 0, "batches",
				(json_int_t)device->batches, "pictures",
				(json_int_t)device->pictures, "share",
				total > 0 ? pictures[i] / total : 0.0, "busy",
				running_ns > 0 ? busy_ns[i] / running_ns : 0.0, "failures",
				(json_int_t)device->failures));
	}
	reply->json = json_pack("{s:o, s:{s:f, s:f}}", "devices", list, "jain", "pictures",
		balance_jain(pictures, gw->device_count), "busy",
		balance_jain(busy_ns, gw->device_count));
	return 200;
}
