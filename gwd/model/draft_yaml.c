#include "gwd/model/draft_yaml.h"

#include <string.h>

#include "accel/repository/model.h"

#define LARGE (1u << 20) /* pixels: a batch of several would wait for long, and take room */

static const struct {
	const char *name, *task, *check;
} kinds[] = {
	[DRAFT_CLASSIFY] = {"classify", "classify", NULL},
	[DRAFT_YOLO] = {"detect, yolo", "detect", NULL},
	[DRAFT_YOLOV3] = {"detect, yolov3", "detect", NULL},
	[DRAFT_SSD] = {"detect, ssd", "detect", NULL},
	[DRAFT_DETR] = {"detect, detr", "detect", NULL},
	[DRAFT_BOXES] = {"detect, boxes", "detect", NULL},
	[DRAFT_CENTERNET] = {"detect, centernet", "detect", NULL},
	[DRAFT_TEXT] = {"text", "text",
		"its map is as large as the input: is it how likely a pixel is text?"},
	[DRAFT_SEGMENT] = {"segment", "segment", NULL},
	[DRAFT_READ] = {"read", "read", "its input is a strip: does it read a line of text?"},
	[DRAFT_ENHANCE] = {"enhance", "enhance",
		"its output has the input's channels: is it a better picture?"},
	[DRAFT_RAW] = {"raw", "raw",
		"no head is known for these shapes; docs/models.md lists what each head reads, and "
		"raw puts the tensors into the record as they are"},
};

const char *draft_kind_name(enum draft_kind kind)
{
	return kinds[kind].name;
}

static void draft_batch(struct draft *draft, const struct draft_facts *facts)
{
	const struct draft_picture *picture = &facts->picture;
	const bool several = facts->head.kind == DRAFT_CLASSIFY &&
		(uint64_t)picture->width * picture->height <= LARGE;

	if (picture->batch > MODEL_BATCH_MAX)
		draft_line(draft, "no more are supported: export it with an open batch dimension",
			"batch: {max: %d, deadline_ms: 50}", MODEL_BATCH_MAX);
	else if (picture->batch > 0)
		draft_line(draft, NULL, "batch: {max: %u, deadline_ms: 50} # what the graph takes",
			picture->batch);
	else if (facts->head.one_picture)
		draft_line(draft, NULL,
			"batch: {max: 1, deadline_ms: 50} # its outputs are of one picture");
	else
		draft_line(draft, NULL,
			"batch: {max: %d, deadline_ms: 50} # pictures in a run; the graph takes "
			"any number",
			several ? 8 : 1);
}

void draft_yaml(struct draft *draft, const struct draft_facts *facts)
{
	const struct onnx_text file = {facts->file, strlen(facts->file)};
	char room[256];

	draft_line(draft, NULL, "# Drafted from %s: what the graph does not say is marked CHECK.",
		draft_clean(room, sizeof(room), &file));
	draft_line(draft, kinds[facts->head.kind].check, "task: %s", kinds[facts->head.kind].task);
	draft_labels(draft, facts);
	draft_input(draft, facts);
	draft_outputs(draft, facts);
	draft_batch(draft, facts);
}
