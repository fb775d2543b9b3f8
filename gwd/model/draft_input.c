/* The input: what the graph says of it, and how such models are usually fed. */
#include "accel/repository/model.h"
#include "gwd/model/draft_yaml.h"

#define SIDE_CLASSIFY 224
#define SIDE_OTHER 640

/* How the values of a colour picture are made, by those who train such models. */
static const struct {
	const char *mean, *std, *colors, *fit;
	const char *more; /* a line that belongs to the fit */
} usual[] = {
	[DRAFT_CLASSIFY] = {"0.485, 0.456, 0.406", "0.229, 0.224, 0.225", "rgb", "crop", NULL},
	[DRAFT_YOLO] = {"0, 0, 0", "1, 1, 1", "rgb", "letterbox", "fill: [114]"},
	[DRAFT_YOLOV3] = {"0, 0, 0", "1, 1, 1", "rgb", "letterbox", "fill: [128]"},
	[DRAFT_SSD] = {"0.5, 0.5, 0.5", "0.5, 0.5, 0.5", "rgb", "stretch", NULL},
	[DRAFT_DETR] = {"0.485, 0.456, 0.406", "0.229, 0.224, 0.225", "rgb", "stretch", NULL},
	[DRAFT_BOXES] = {"0, 0, 0", "1, 1, 1", "rgb", "letterbox", "fill: [114]"},
	[DRAFT_CENTERNET] = {"0.485, 0.456, 0.406", "0.229, 0.224, 0.225", "rgb", "stretch", NULL},
	[DRAFT_TEXT] = {"0.485, 0.456, 0.406", "0.229, 0.224, 0.225", "bgr", "letterbox",
		"align: top_left"},
	[DRAFT_SEGMENT] = {"0.485, 0.456, 0.406", "0.229, 0.224, 0.225", "rgb", "stretch", NULL},
	[DRAFT_READ] = {"0.5, 0.5, 0.5", "0.5, 0.5, 0.5", "bgr", "letterbox", "align: top_left"},
	[DRAFT_ENHANCE] = {"0, 0, 0", "1, 1, 1", "rgb", "stretch", NULL},
	[DRAFT_RAW] = {"0, 0, 0", "1, 1, 1", "rgb", "stretch", NULL},
};

static void write_side(struct draft *draft, const char *key, uint32_t side, uint32_t otherwise)
{
	if (side > 0)
		draft_line(draft, NULL, "  %s: %u", key, side);
	else
		draft_line(draft, "the graph takes any; the one that it was trained with is best",
			"  %s: %u", key, otherwise);
}

static void write_shape(
	struct draft *draft, const struct draft_picture *picture, enum draft_kind kind)
{
	const bool known = picture->tensor->has_shape;
	const uint32_t side = kind == DRAFT_CLASSIFY ? SIDE_CLASSIFY : SIDE_OTHER;
	const char *type = draft_type(picture->tensor->type);
	char room[DRAFT_ROOM];

	draft_line(draft, NULL, "  tensor: %s", draft_scalar(room, &picture->tensor->name));
	write_side(draft, "width", picture->width, side);
	write_side(draft, "height", picture->height, side);
	draft_line(draft, picture->channels ? NULL : "the graph does not say: 1 is grey",
		"  channels: %u", picture->channels ? picture->channels : MODEL_CHANNELS);
	draft_line(draft,
		known && picture->channels ? NULL : "the graph does not say where channels stand",
		"  layout: %s", picture->nhwc ? "nhwc" : "nchw");
	draft_line(draft, NULL, "  type: %s", type);
}

static void write_values(struct draft *draft, const struct draft_facts *facts)
{
	const enum draft_kind kind = facts->head.kind;
	const bool grey = facts->picture.channels == 1, yolox = facts->head.grid;

	if (!grey)
		draft_line(draft,
			facts->ultralytics ? NULL
					   : "the order in training; OpenCV reads pictures as bgr",
			"  colors: %s", yolox ? "bgr" : usual[kind].colors);
	if (facts->picture.tensor->type == ONNX_UINT8)
		return;
	if (yolox) {
		draft_line(draft, "YOLOX takes pixels of 0..255 as they are; others: mean and std",
			"  scale: [1, 1, 1]");
		return;
	}
	const bool plain = grey || facts->ultralytics;

	draft_line(draft,
		facts->ultralytics ? NULL
				   : "of training, as the framework writes it, for pixels of 0..1",
		"  mean: [%s]", plain ? (grey ? "0" : "0, 0, 0") : usual[kind].mean);
	draft_line(draft,
		facts->ultralytics
			? NULL
			: "the same; for pixels of 0..255 as they are: scale, and no std and mean",
		"  std: [%s]", plain ? (grey ? "1" : "1, 1, 1") : usual[kind].std);
}

static void write_fit(struct draft *draft, const struct draft_facts *facts)
{
	const enum draft_kind kind = facts->head.kind;
	const struct draft_picture *picture = &facts->picture;
	const bool grey_class = kind == DRAFT_CLASSIFY && picture->channels == 1;
	const char *fit = grey_class ? "stretch" : usual[kind].fit;

	draft_line(draft,
		facts->ultralytics ? NULL
				   : "how training brought pictures to this size: stretch, "
				     "letterbox or crop",
		"  fit: %s", fit);
	/* As torchvision's: the shorter side to 256, then the middle of 224. */
	if (kind == DRAFT_CLASSIFY && !grey_class && !facts->ultralytics &&
		(picture->width ? picture->width : SIDE_CLASSIFY) == SIDE_CLASSIFY &&
		(picture->height ? picture->height : SIDE_CLASSIFY) == SIDE_CLASSIFY)
		draft_line(draft, "what the shorter side becomes before the crop", "  resize: 256");
	if (facts->head.grid)
		draft_line(draft, NULL, "  align: top_left");
	if (usual[kind].more)
		draft_line(draft,
			facts->ultralytics
				? NULL
				: "where a letterboxed picture stands, and what fills the rest",
			"  %s", usual[kind].more);
}

void draft_input(struct draft *draft, const struct draft_facts *facts)
{
	const struct onnx_tensor *size = facts->picture.size;
	char room[DRAFT_ROOM];

	draft_line(draft, NULL, "input:");
	write_shape(draft, &facts->picture, facts->head.kind);
	write_values(draft, facts);
	write_fit(draft, facts);
	if (size)
		draft_line(draft, "hw or wh, and of: picture, or input, which its boxes are for",
			"  size: {tensor: %s, order: hw, of: picture}",
			draft_scalar(room, &size->name));
}
