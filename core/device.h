/* What decoders and engines run on: a kind of memory and the processor that reads it.
 *
 * A decoder and an engine that are opened on devices of the same memory hand pictures over without
 * a copy. The gateway's own processor is the device that is always there: decoders run on it
 * (gw->host). Models run on gw->devices.
 */
#pragma once

#include <assert.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/error.h"

struct json_t;

enum gw_memory { GW_MEM_NONE, GW_MEM_HOST, GW_MEM_CUDA, GW_MEM_OPENCL };

struct gw_device {
	enum gw_memory memory;
	uint16_t index; /* among the devices of that memory */
	char name[GW_DEVICE_NAME];
	cpu_set_t cores; /* that its threads may use, when `pinned` */
	bool pinned;
	uint32_t threads; /* of an engine, per model; 0: accel.threads */
	/* Written by the stages that use it, read by the API. */
	_Atomic uint32_t queued; /* pictures that it was given and has not given back */
	_Atomic uint64_t busy_ns; /* time of its workers, all together */
	_Atomic uint64_t failures; /* pictures that it gave back undone */
	_Atomic uint64_t batches, pictures; /* that it gave back, well or not */
	_Atomic int64_t expected_ns; /* that what it has been given is expected to take */

	/* Engines on it that failed and are given nothing until, at the latest, gw_now() is
	 * `retry_at`. Written by the accel stage. */
	_Atomic uint32_t failing;
	_Atomic int64_t retry_at;
};

/* Makes it the gateway's own processor and memory. */
void gw_device_host(struct gw_device *device);

/* Whether this process may use the processors that the devices of the configuration name. Returns 0
 * or -EINVAL with an error line. */
int gw_devices_check(const struct gw_accel_config *config, struct gw_error *error);

/* Makes the devices that models run on: those of the configuration, without any the whole machine.
 * Returns how many, at least one. */
uint32_t gw_devices_make(
	struct gw_device devices[GW_DEVICES], const struct gw_accel_config *config);

/* The device that a camera's pictures belong to, among the `count` first ones, whose memory is the
 * host's. It stands for the NUMA node that the decoder wrote to, which no surface tells yet. */
static inline uint32_t gw_device_home(uint32_t camera, uint32_t count)
{
	assert(count > 0);
	return camera % count;
}

/* "host", "CUDA", "OpenCL": as error lines say it. */
const char *gw_memory_name(enum gw_memory memory);

/* Facts for the API: a new jansson object, owned by the caller. Any thread. */
struct json_t *gw_device_describe(const struct gw_device *device);

/* Counts what is given to the device. Any thread. */
static inline void gw_device_begin(struct gw_device *device, uint32_t pictures)
{
	atomic_fetch_add_explicit(&device->queued, pictures, memory_order_relaxed);
}

/* Counts a batch that it has given back, `failed` of them undone, after `ns` of work. Any thread.
 */
static inline void gw_device_end(
	struct gw_device *device, uint32_t pictures, uint32_t failed, int64_t ns)
{
	atomic_fetch_sub_explicit(&device->queued, pictures, memory_order_relaxed);
	atomic_fetch_add_explicit(&device->busy_ns, (uint64_t)ns, memory_order_relaxed);
	atomic_fetch_add_explicit(&device->batches, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&device->pictures, pictures, memory_order_relaxed);
	if (failed > 0)
		atomic_fetch_add_explicit(&device->failures, failed, memory_order_relaxed);
}
