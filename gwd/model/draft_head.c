#include "gwd/model/draft_head.h"

#include "gwd/model/draft_names.h"
#include "gwd/model/draft_search.h"

#define LEAST_SIDE 4 /* of a map: less are values */

bool draft_is_ultralytics(const struct onnx_graph *graph)
{
	return onnx_graph_property(graph, "names") && onnx_graph_property(graph, "stride");
}

/* Whether the map has the picture's size, or an eighth of it at least. */
static bool is_of_picture(const struct draft_search *search, const struct onnx_tensor *tensor)
{
	const struct draft_picture *picture = search->picture;
	const int64_t width = draft_dim(tensor, 0), height = draft_dim(tensor, 1);

	return (width == 0 || picture->width == 0 ||
		       (width <= picture->width && width >= picture->width / 8)) &&
		(height == 0 || picture->height == 0 ||
			(height <= picture->height && height >= picture->height / 8));
}

/* Of a map. Where all is open, and it ends with Sigmoid, it is how likely one thing is, as
 * PaddlePaddle exports its detectors of text. */
static int64_t channels_of(const struct draft_search *search, const struct onnx_tensor *tensor)
{
	const int64_t channels = draft_has_rank(tensor, 4) ? draft_dim(tensor, 2) : 1;
	const bool open = channels == 0 && draft_dim(tensor, 0) == 0 && draft_dim(tensor, 1) == 0;

	return open && draft_is_probability(search, tensor) ? 1 : channels;
}

static bool find_map_of_picture(const struct draft_search *search, struct draft_head *head)
{
	const struct onnx_tensor *tensor = &search->graph->output[0];
	const int64_t width = draft_dim(tensor, 0), channels = channels_of(search, tensor);

	/* Maps of several sizes are what other networks begin with. */
	if (search->graph->outputs > 2 ||
		!(draft_has_rank(tensor, 4) || draft_has_rank(tensor, 3)) ||
		!is_of_picture(search, tensor) || !draft_is_labels(channels) ||
		(width > 0 && width < LEAST_SIDE))
		return false;
	/* A picture: as large as what went in is stated, or it is something else. */
	if (channels == 3 && !draft_is_whole(tensor) && width == 0)
		return false;
	head->numbers = channels == 1 && draft_is_whole(tensor);
	if (channels == 1 && !head->numbers &&
		!(draft_is_probability(search, tensor) && tensor->rank == 4))
		return false;
	draft_take(head, channels == 1 && !head->numbers ? DRAFT_TEXT : DRAFT_SEGMENT, tensor);
	head->labels = head->kind == DRAFT_SEGMENT && !head->numbers ? (uint32_t)channels : 0;
	return true;
}

/* A value for each label, perhaps with ones behind: [batch, 1000, 1, 1]. */
static bool find_classes(const struct draft_search *search, struct draft_head *head)
{
	const struct onnx_tensor *tensor = &search->graph->output[0];
	const bool ones =
		draft_has_rank(tensor, 4) && draft_dim(tensor, 0) == 1 && draft_dim(tensor, 1) == 1;
	const int64_t labels = draft_dim(tensor, ones ? 2 : 0);

	if (!(ones || draft_has_rank(tensor, 2)) || !draft_is_labels(labels) ||
		draft_is_whole(tensor))
		return false;
	/* Two alike are no values of labels: a sequence, and how sure each step is. */
	if (search->graph->outputs == 2 &&
		draft_has_rank(&search->graph->output[1], tensor->rank) &&
		draft_dim(&search->graph->output[1], 0) == draft_dim(tensor, 0))
		return false;
	draft_take(head, DRAFT_CLASSIFY, tensor);
	head->labels = (uint32_t)labels;
	head->is_logits = !draft_is_probability(search, tensor);
	return true;
}

/* Outputs as they are. */
static void take_all(const struct draft_search *search, struct draft_head *head)
{
	*head = (struct draft_head){.kind = DRAFT_RAW};
	for (uint32_t i = 0; i < search->graph->outputs && head->tensors < INFER_OUTPUTS; i++)
		head->tensor[head->tensors++] = &search->graph->output[i];
}

void draft_head_guess(const struct onnx_graph *graph, const struct draft_picture *picture,
	struct draft_head *head)
{
	static bool (*const rules[])(const struct draft_search *, struct draft_head *) = {
		draft_find_yolov3, draft_find_ssd, draft_find_boxes, draft_find_yolo,
		draft_find_centernet, find_classes, find_map_of_picture};
	const struct onnx_text *names = onnx_graph_property(graph, "names");
	const struct draft_search search = {graph, picture, onnx_graph_property(graph, "task"),
		names ? draft_names_count(names) : 0};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		*head = (struct draft_head){0};
		if (rules[i](&search, head))
			return;
	}
	take_all(&search, head);
}
