/* The rules for detectors. */
#include "gwd/model/draft_search.h"

#define SIDES 4
#define MOST_ROWS 1000 /* more are anchors: no graph suppresses boxes down to so many */
#define MOST_VALUES 2000 /* of a box; the largest data set has 1,203 labels */
#define COCO_POINTS 51 /* of Ultralytics' poses: 17 keypoints of 3 values */

static bool is_task(const struct draft_search *search, const char *task)
{
	return search->task && onnx_text_is(search->task, task);
}

/* Raw maps of several sizes, each with the same multiple of anchors. */
bool draft_find_yolov3(const struct draft_search *search, struct draft_head *head)
{
	const struct onnx_graph *graph = search->graph;
	const int64_t channels = draft_dim(&graph->output[0], 2);

	if (graph->outputs < 2 || graph->outputs > 3 || channels % 3 != 0 || channels < 18)
		return false;
	for (uint32_t i = 0; i < graph->outputs; i++) {
		const struct onnx_tensor *tensor = &graph->output[i];

		if (!draft_has_rank(tensor, 4) || draft_dim(tensor, 2) != channels ||
			(i > 0 && draft_dim(tensor, 0) > 0 &&
				draft_dim(tensor, 0) == draft_dim(&graph->output[i - 1], 0)))
			return false;
		head->tensor[i] = tensor;
	}
	head->kind = DRAFT_YOLOV3;
	head->tensors = graph->outputs;
	head->labels = draft_is_labels(channels / 3 - 5) ? (uint32_t)(channels / 3 - 5) : 0;
	return head->labels > 0;
}

/* What TensorFlow's models give beside what is meant. */
static bool is_aside(const struct onnx_tensor *tensor)
{
	return onnx_text_has(&tensor->name, "raw_") || onnx_text_has(&tensor->name, "multiclass") ||
		onnx_text_has(&tensor->name, "anchor");
}

static const struct onnx_tensor *named(
	const struct draft_search *search, uint32_t rank, const char *const *words)
{
	const struct onnx_graph *graph = search->graph;

	for (uint32_t w = 0; words[w]; w++)
		for (uint32_t i = 0; i < graph->outputs; i++) {
			const struct onnx_tensor *tensor = &graph->output[i];

			if (onnx_text_has(&tensor->name, words[w]) && !is_aside(tensor) &&
				(!tensor->has_shape || tensor->rank == rank))
				return tensor;
		}
	return NULL;
}

static const struct onnx_tensor *find_boxes(const struct draft_search *search)
{
	static const char *const words[] = {"boxes", "bbox", "box", "loc", NULL};
	const struct onnx_graph *graph = search->graph;
	const struct onnx_tensor *found = named(search, 3, words);

	if (!found)
		found = named(search, 2, words);
	if (found && (!found->has_shape || draft_dim(found, 0) == SIDES || !draft_dim(found, 0)))
		return found;
	for (uint32_t i = 0; i < graph->outputs; i++)
		if (draft_has_rank(&graph->output[i], 3) &&
			draft_dim(&graph->output[i], 0) == SIDES)
			return &graph->output[i];
	return NULL;
}

/* A row per box, of confidences for the labels. */
static const struct onnx_tensor *find_scores(
	const struct draft_search *search, const struct onnx_tensor *boxes)
{
	for (uint32_t i = 0; i < search->graph->outputs; i++) {
		const struct onnx_tensor *tensor = &search->graph->output[i];

		if (tensor != boxes && draft_has_rank(tensor, boxes->rank) && !is_aside(tensor) &&
			draft_dim(tensor, 1) == draft_dim(boxes, 1) &&
			draft_is_labels(draft_dim(tensor, 0)))
			return tensor;
	}
	return NULL;
}

/* Boxes and confidences apart, the labels' numbers apart too or not. */
bool draft_find_ssd(const struct draft_search *search, struct draft_head *head)
{
	static const char *const scores[] = {"score", "conf", "prob", NULL};
	static const char *const classes[] = {"class", "label", NULL};
	static const char *const counts[] = {"num", "valid", NULL};
	const struct onnx_tensor *boxes = find_boxes(search), **tensor = head->tensor;

	if (!boxes)
		return false;
	const uint32_t rank = boxes->has_shape ? boxes->rank : 3;

	tensor[DRAFT_SSD_BOXES] = boxes;
	tensor[DRAFT_SSD_CLASSES] = named(search, rank - 1, classes);
	tensor[DRAFT_SSD_SCORES] = tensor[DRAFT_SSD_CLASSES] ? named(search, rank - 1, scores)
							     : find_scores(search, boxes);
	tensor[DRAFT_SSD_COUNT] = named(search, 1, counts);
	if (!tensor[DRAFT_SSD_COUNT])
		tensor[DRAFT_SSD_COUNT] = named(search, 2, counts);
	if (!tensor[DRAFT_SSD_SCORES] || tensor[DRAFT_SSD_SCORES] == boxes ||
		tensor[DRAFT_SSD_SCORES] == tensor[DRAFT_SSD_CLASSES])
		return false;
	head->kind = DRAFT_SSD;
	head->tensors = DRAFT_SSD_COUNT + 1;
	head->one_picture = rank == 2;
	head->tensorflow = onnx_text_has(&boxes->name, "detection_boxes");
	if (tensor[DRAFT_SSD_CLASSES])
		return true;
	head->labels = (uint32_t)draft_dim(tensor[DRAFT_SSD_SCORES], 0);
	head->is_logits = !draft_is_probability(search, tensor[DRAFT_SSD_SCORES]);
	if (draft_dim(boxes, 1) > 0 && draft_dim(boxes, 1) <= MOST_ROWS && head->labels > 1 &&
		head->is_logits) {
		head->kind = DRAFT_DETR;
		head->labels--;
		return true;
	}
	/* Data sets have 20, 80 or 90 labels. */
	head->background = head->labels > 1 && head->labels % 10 != 0;
	head->labels -= head->background;
	return true;
}

/* Six or seven values for each of a few boxes. */
bool draft_find_boxes(const struct draft_search *search, struct draft_head *head)
{
	const struct onnx_tensor *tensor = &search->graph->output[0];
	const int64_t values = draft_dim(tensor, 0), rows = draft_dim(tensor, 1);

	if (!(draft_has_rank(tensor, 3) || draft_has_rank(tensor, 2)) ||
		(values != 6 && values != 7) || rows > MOST_ROWS ||
		(tensor->rank == 2 && search->graph->outputs != 1))
		return false;
	/* [batch, 6] may as well be a classifier's. */
	if (tensor->rank == 2 && !onnx_graph_count(search->graph, "NonMaxSuppression") &&
		values == 6)
		return false;
	draft_take(head, DRAFT_BOXES, tensor);
	head->one_picture = tensor->rank == 2;
	return true;
}

/* Cells of the grids that YOLO has: of 8, 16 and 32 pixels, or without the finest. */
static int64_t cells(const struct draft_picture *picture, uint32_t finest)
{
	int64_t count = 0;

	for (uint32_t stride = finest; stride <= 32; stride *= 2)
		count += (int64_t)(picture->width / stride) * (picture->height / stride);
	return count;
}

/* Maps that all boxes share, with a coefficient of each among a box's values. */
static const struct onnx_tensor *find_masks(const struct draft_search *search, int64_t values)
{
	const struct onnx_graph *graph = search->graph;
	const struct onnx_tensor *maps = &graph->output[1];

	if (graph->outputs != 2 || !draft_has_rank(maps, 4) || draft_dim(maps, 2) == 0 ||
		draft_dim(maps, 2) >= values - SIDES)
		return NULL;
	return maps;
}

/* Where the graph leaves all sizes open, the metadata of Ultralytics, from v8 on, say how many
 * values an anchor has. 0: nothing does. */
static int64_t values_of_task(const struct draft_search *search)
{
	const struct onnx_graph *graph = search->graph;
	const int64_t boxes = SIDES + (int64_t)search->names;

	if (search->names == 0 || !draft_is_ultralytics(graph))
		return 0;
	if (is_task(search, "segment") && graph->outputs == 2)
		return boxes + draft_dim(&graph->output[1], 2);
	if (is_task(search, "pose"))
		return boxes + COCO_POINTS;
	return is_task(search, "obb") ? boxes + 1 : is_task(search, "detect") ? boxes : 0;
}

/* Many anchors, each with a box and confidences: as columns, or as rows. */
bool draft_find_yolo(const struct draft_search *search, struct draft_head *head)
{
	const struct onnx_tensor *tensor = &search->graph->output[0];
	const int64_t last = draft_dim(tensor, 0), stated = draft_dim(tensor, 1);
	const int64_t first = stated == 0 && last == 0 ? values_of_task(search) : stated;
	const bool rows = last > 0 && (first == 0 || last < first);
	const int64_t values = rows ? last : first, anchors = rows ? first : last;

	if (!draft_has_rank(tensor, 3) || draft_is_whole(tensor) ||
		!draft_is_labels(values - SIDES))
		return false;
	/* Where the number of boxes is open: a line of text that is read may have as many
	 * characters to choose from as there are. */
	if (values > MOST_VALUES && anchors == 0)
		return false;
	/* Other maps have less: a depth for each pixel of a row. */
	if (anchors > 0 && (anchors <= values || anchors < cells(search->picture, 16)))
		return false;
	draft_take(head, DRAFT_YOLO, tensor);
	head->keypoints = is_task(search, "pose") && values > SIDES + COCO_POINTS ? COCO_POINTS : 0;
	head->rotated = is_task(search, "obb") && values > SIDES + 1;
	head->masks = find_masks(search, values);
	if (head->masks)
		head->tensor[head->tensors++] = head->masks;
	const uint32_t left = (uint32_t)(values - SIDES) - head->keypoints - head->rotated -
		(head->masks ? (uint32_t)draft_dim(head->masks, 2) : 0);

	head->objectness = search->names ? left == search->names + 1 : rows && left > 1;
	head->labels = left - head->objectness;
	head->grid = rows && head->objectness && !search->names && first > 0 &&
		first == cells(search->picture, 8);
	head->is_logits = onnx_graph_count(search->graph, "Sigmoid") == 0;
	return true;
}

static bool is_map_like(const struct onnx_tensor *tensor, const struct onnx_tensor *other)
{
	return draft_has_rank(tensor, 4) && draft_dim(tensor, 0) == draft_dim(other, 0) &&
		draft_dim(tensor, 1) == draft_dim(other, 1);
}

/* Of the maps that are like the heat map; `but` is another's, `word` part of its name. */
static const struct onnx_tensor *find_map(const struct draft_search *search,
	const struct onnx_tensor *heatmap, const struct onnx_tensor *but, const char *word)
{
	for (uint32_t i = 0; i < search->graph->outputs; i++) {
		const struct onnx_tensor *tensor = &search->graph->output[i];
		const int64_t channels = draft_dim(tensor, 2);

		if (tensor != heatmap && tensor != but && is_map_like(tensor, heatmap) &&
			(channels == 2 || (channels == SIDES && !but)) &&
			(!word || onnx_text_has(&tensor->name, word)))
			return tensor;
	}
	return NULL;
}

/* A heat map, and what is at its peaks. */
bool draft_find_centernet(const struct draft_search *search, struct draft_head *head)
{
	const struct onnx_graph *graph = search->graph;
	const struct onnx_tensor *heatmap = NULL, *size = NULL;

	for (uint32_t i = 0; i < graph->outputs && !heatmap; i++)
		if (draft_has_rank(&graph->output[i], 4) &&
			draft_is_labels(draft_dim(&graph->output[i], 2)) &&
			(draft_is_probability(search, &graph->output[i]) ||
				onnx_text_has(&graph->output[i].name, "heat") ||
				onnx_text_has(&graph->output[i].name, "hm")))
			heatmap = &graph->output[i];
	if (!heatmap)
		return false;
	size = find_map(search, heatmap, NULL, "size");
	if (!size)
		size = find_map(search, heatmap, NULL, "wh");
	if (!size)
		size = find_map(search, heatmap, NULL, NULL);
	if (!size)
		return false;
	head->kind = DRAFT_CENTERNET;
	head->tensor[DRAFT_HEATMAP] = heatmap;
	head->tensor[DRAFT_SIZE] = size;
	head->tensor[DRAFT_OFFSET] = find_map(search, heatmap, size, "off");
	if (!head->tensor[DRAFT_OFFSET])
		head->tensor[DRAFT_OFFSET] = find_map(search, heatmap, size, NULL);
	head->tensors = DRAFT_OFFSET + 1;
	head->labels = (uint32_t)draft_dim(heatmap, 2);
	head->is_logits = !draft_is_probability(search, heatmap);
	return true;
}
