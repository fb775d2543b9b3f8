/* What an item of work is, for a bench of the scheduler: a nap, or a batch of a model. */
#pragma once

#include "accel/experiment.h"
#include "accel/repository/model.h"
#include "core/surface.h"

struct bench_work {
	int64_t nap_ns; /* of an item, where no model is given */
	struct model *model; /* NULL: none */
	struct gw_accel_config config;
	struct gw_device host;
	struct gw_surface picture; /* noise, as large as the model's input */
	struct gw_frame frame;
};

/* With a model's directory an item is a full batch of it. 0 or a negative errno with a line;
 * bench_work_close() must follow in any case. */
int bench_work_open(struct bench_work *work, const char *directory, const char *library,
	struct gw_error *error);
void bench_work_close(struct bench_work *work);

/* Devices that wait, and such that run the model; `owner` is the bench_work. */
extern const struct experiment_work bench_nap, bench_model;
