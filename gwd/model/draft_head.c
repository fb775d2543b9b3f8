#include "gwd/model/draft_head.h"

#include "gwd/model/draft_names.h"
#include "gwd/model/draft_search.h"

#define LEAST_SIDE 4 /* of a map: less are values */
#define STRIP_HEIGHT 64 /* of a line of text, at most */
#define LEAST_CHARACTERS 11 /* ten digits, and the gap */

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

/* A strip, as lines of text are read from. */
static bool is_strip(const struct draft_picture *picture)
{
	return picture->height > 0 && picture->height <= STRIP_HEIGHT &&
		(picture->width == 0 || picture->width >= 2 * picture->height);
}

/* Along a strip: a value for each place and character, or number and confidence of the best. */
static bool find_line(const struct draft_search *search, struct draft_head *head)
{
	const struct onnx_graph *graph = search->graph;
	const struct onnx_tensor *first = &graph->output[0], *second = &graph->output[1];
	const int64_t labels = draft_dim(first, 0);

	if (!is_strip(search->picture))
		return false;
	if (graph->outputs == 1 && draft_has_rank(first, 3) && draft_is_labels(labels) &&
		labels >= LEAST_CHARACTERS && !draft_is_whole(first)) {
		draft_take(head, DRAFT_READ, first);
		head->labels = (uint32_t)labels;
		head->is_logits = !draft_is_probability(search, first);
		return true;
	}
	if (graph->outputs != 2 || !draft_has_rank(first, 2) || !draft_has_rank(second, 2) ||
		labels != draft_dim(second, 0) || labels == 1)
		return false;
	draft_take(head, DRAFT_READ, first);
	head->tensor[DRAFT_CONFIDENCE] = second;
	head->tensors = 2;
	return true;
}

/* A picture that is larger than the one that went in. */
static bool find_picture(const struct draft_search *search, struct draft_head *head)
{
	const struct onnx_tensor *tensor = &search->graph->output[0];
	const struct draft_picture *picture = search->picture;
	const bool last = picture->nhwc;
	const int64_t channels = draft_dim(tensor, last ? 0 : 2);
	const int64_t width = draft_dim(tensor, last), height = draft_dim(tensor, 1 + last);

	if (search->graph->outputs != 1 || !draft_has_rank(tensor, 4) || draft_is_whole(tensor) ||
		(channels != 1 && channels != 3) || channels != picture->channels)
		return false;
	if (width > 0 && height > 0 && picture->width > 0 && picture->height > 0) {
		head->factor = (uint32_t)(width / picture->width);
		if (head->factor < 2 || width != picture->width * (int64_t)head->factor ||
			height != picture->height * (int64_t)head->factor)
			return false;
	} else if (!draft_is_spread(search, tensor)) {
		return false;
	}
	draft_take(head, DRAFT_ENHANCE, tensor);
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
	static bool (*const rules[])(const struct draft_search *, struct draft_head *) = {find_line,
		draft_find_yolov3, draft_find_ssd, draft_find_boxes, draft_find_yolo,
		draft_find_centernet, find_classes, find_picture, find_map_of_picture};
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
