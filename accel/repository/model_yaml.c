#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel/heads/head.h"
#include "accel/repository/model.h"
#include "accel/repository/model_detect.h"
#include "accel/repository/model_heads.h"
#include "accel/repository/model_input.h"
#include "accel/repository/model_labels.h"

#define DEFAULT_BATCH 8
#define DEFAULT_DEADLINE_MS 20
#define MAX_DEADLINE_MS 10000
#define MAX_BATCH_BYTES (1ull << 29) /* of its input, and of its outputs */

#define OPTIONAL CYAML_FLAG_OPTIONAL
#define POINTER CYAML_FLAG_POINTER

static const cyaml_strval_t tasks[] = {
	{"classify", GW_TASK_CLASSIFY},
	{"detect", GW_TASK_DETECT},
	{"text", GW_TASK_TEXT},
	{"segment", GW_TASK_SEGMENT},
	{"raw", GW_TASK_RAW},
	{"read", GW_TASK_READ},
	{"enhance", GW_TASK_ENHANCE},
};

static const cyaml_schema_value_t label = {CYAML_VALUE_STRING(POINTER, char, 1, MODEL_LABEL)};

static const cyaml_schema_field_t batch_fields[] = {
	CYAML_FIELD_UINT("max", OPTIONAL, struct model_batch, max),
	CYAML_FIELD_UINT("deadline_ms", OPTIONAL, struct model_batch, deadline_ms),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_ENUM("task", CYAML_FLAG_STRICT, struct model_description, task, tasks,
		CYAML_ARRAY_LEN(tasks)),
	CYAML_FIELD_SEQUENCE("labels", POINTER | OPTIONAL, struct model_description, labels, &label,
		1, MODEL_LABELS),
	CYAML_FIELD_STRING_PTR(
		"labels_file", POINTER | OPTIONAL, struct model_description, labels_file, 1, 255),
	CYAML_FIELD_MAPPING(
		"input", CYAML_FLAG_DEFAULT, struct model_description, input, model_input_fields),
	CYAML_FIELD_MAPPING_PTR("classify", POINTER | OPTIONAL, struct model_description, classify,
		model_classify_fields),
	CYAML_FIELD_MAPPING_PTR("detect", POINTER | OPTIONAL, struct model_description, detect,
		model_detect_fields),
	CYAML_FIELD_MAPPING_PTR(
		"text", POINTER | OPTIONAL, struct model_description, text, model_text_fields),
	CYAML_FIELD_MAPPING_PTR("segment", POINTER | OPTIONAL, struct model_description, segment,
		model_segment_fields),
	CYAML_FIELD_MAPPING_PTR(
		"raw", POINTER | OPTIONAL, struct model_description, raw, model_raw_fields),
	CYAML_FIELD_MAPPING_PTR(
		"read", POINTER | OPTIONAL, struct model_description, read, model_read_fields),
	CYAML_FIELD_MAPPING_PTR("enhance", POINTER | OPTIONAL, struct model_description, enhance,
		model_enhance_fields),
	CYAML_FIELD_MAPPING_PTR(
		"batch", POINTER | OPTIONAL, struct model_description, batch, batch_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t schema = {
	CYAML_VALUE_MAPPING(POINTER, struct model_description, fields),
};

/* Released by libcyaml, which uses free(). */
static bool complete(struct model_description *d)
{
	if (!model_input_complete(&d->input) || !model_heads_complete(d))
		return false;
	if (!d->batch) {
		d->batch = calloc(1, sizeof(*d->batch));
		if (!d->batch)
			return false;
		d->batch->deadline_ms = DEFAULT_DEADLINE_MS;
	}
	if (d->batch->max == 0)
		d->batch->max = DEFAULT_BATCH;
	return true;
}

/* Values that the model gives for one picture. */
static uint64_t output_values(const struct model_description *d)
{
	struct infer_tensor tensors[INFER_OUTPUTS];
	const uint32_t count = head_of(d)->outputs(d, tensors);
	uint64_t values = 0;

	for (uint32_t k = 0; k < count; k++) {
		uint64_t of_one = 1;

		for (uint32_t i = 0; i < tensors[k].rank; i++)
			of_one *= tensors[k].dims[i];
		values += of_one;
	}
	return values;
}

static int check_batch(const struct model_description *d, const struct model_source *source)
{
	const uint64_t outputs = output_values(d) * d->batch->max * sizeof(float);
	uint64_t bytes = (uint64_t)d->input.width * d->input.height * d->input.channels *
		d->batch->max * sizeof(float);

	if (d->batch->max > MODEL_BATCH_MAX)
		return COMPLAIN(source, "batch.max", "must be 1 to %d", MODEL_BATCH_MAX);
	if (bytes > MAX_BATCH_BYTES)
		return COMPLAIN(source, "batch.max",
			"a batch of %u such pictures takes %llu MiB: lower it", d->batch->max,
			(unsigned long long)(bytes >> 20));
	if (outputs > MAX_BATCH_BYTES && d->enhance)
		return COMPLAIN(source, "enhance.factor",
			"%u pictures of that size would take %llu MiB: lower it, the input's size "
			"or batch.max",
			d->batch->max, (unsigned long long)(outputs >> 20));
	if (outputs > MAX_BATCH_BYTES)
		return COMPLAIN(source, d->detect ? "detect.stride" : "labels",
			"what the model says of a batch of %u pictures would take %llu MiB: is "
			"that "
			"the model's stride, and are these its labels?",
			d->batch->max, (unsigned long long)(outputs >> 20));
	if (d->batch->deadline_ms > MAX_DEADLINE_MS)
		return COMPLAIN(source, "batch.deadline_ms", "must be 0 to %d", MAX_DEADLINE_MS);
	return 0;
}

static int check(struct model_description *d, const struct model_source *source)
{
	int status = model_heads_check(d, source);

	if (status == 0)
		status = check_batch(d, source);
	return status;
}

/* From model.yaml, or from the file that it names. */
static int find_labels(
	struct model_description *d, const char *path, const struct model_source *source)
{
	if (d->labels && d->labels_file)
		return COMPLAIN(source, "labels_file", "does not go with labels: give one of them");
	if (d->labels_file && strchr(d->labels_file, '/'))
		return COMPLAIN(
			source, "labels_file", "must be the name of a file beside this one");
	if (d->labels_file)
		return model_labels_read(d, path, source->error);
	if (!d->labels && d->task != GW_TASK_TEXT && d->task != GW_TASK_RAW &&
		d->task != GW_TASK_ENHANCE)
		return COMPLAIN(source, "task",
			"'labels' is missing: a list of names, or labels_file: NAME of a file with "
			"one a line");
	return 0;
}

int model_yaml_parse(const char *path, const char *text, size_t size,
	struct model_description **description, struct gw_error *error)
{
	const struct model_source source = {path, text, size, error};
	void *data;
	int status = gw_yaml_load(text, size, path, &schema, &data, error);

	*description = data;
	if (status == 0)
		status = find_labels(*description, path, &source);
	if (status == 0)
		status = model_input_check(&(*description)->input, &source);
	if (status == 0 && !complete(*description))
		status = gw_error_set(error, -ENOMEM, "%s: out of memory", path);
	if (status == 0)
		status = check(*description, &source);
	if (status != 0) {
		model_yaml_free(*description);
		*description = NULL;
	}
	return status;
}

int model_yaml_load(
	const char *path, struct model_description **description, struct gw_error *error)
{
	char *text;
	size_t size;
	int status = gw_yaml_read(path, &text, &size, error);

	*description = NULL;
	if (status != 0)
		return status;
	status = model_yaml_parse(path, text, size, description, error);
	free(text);
	return status;
}

void model_yaml_free(struct model_description *description)
{
	if (description && description->detect)
		free(description->detect->label_threshold);
	gw_yaml_free(&schema, description);
}
