/* The labels: from the metadata, those of a data set, or placeholders. */
#include <string.h>

#include "gwd/model/draft_names.h"
#include "gwd/model/draft_yaml.h"

#define COCO 80
#define MOST_PLACEHOLDERS 1000
#define COLUMNS 100

/* Of the data set COCO, in its order. */
static const char coco[] =
	"['person','bicycle','car','motorcycle','airplane','bus','train','truck','boat',"
	"'traffic light','fire hydrant','stop sign','parking meter','bench','bird','cat','dog',"
	"'horse','sheep','cow','elephant','bear','zebra','giraffe','backpack','umbrella',"
	"'handbag','tie','suitcase','frisbee','skis','snowboard','sports ball','kite',"
	"'baseball bat','baseball glove','skateboard','surfboard','tennis racket','bottle',"
	"'wine glass','cup','fork','knife','spoon','bowl','banana','apple','sandwich','orange',"
	"'broccoli','carrot','hot dog','pizza','donut','cake','chair','couch','potted plant',"
	"'bed','dining table','toilet','tv','laptop','mouse','remote','keyboard','cell phone',"
	"'microwave','oven','toaster','sink','refrigerator','book','clock','vase','scissors',"
	"'teddy bear','hair drier','toothbrush']";

/* A list that is wrapped. */
struct list {
	struct draft *draft;
	size_t column;
	uint32_t count;
};

static void add(struct list *list, const char *text)
{
	char room[DRAFT_ROOM];
	const struct onnx_text label = {text, strlen(text)};

	draft_scalar(room, &label);
	if (list->count++ > 0)
		fputc(',', list->draft->to);
	if (list->column == 0 || list->column + strlen(room) + 3 > COLUMNS) {
		fputs(list->count > 1 ? "\n  " : "  ", list->draft->to);
		list->column = 2;
	} else {
		fputc(' ', list->draft->to);
		list->column++;
	}
	fputs(room, list->draft->to);
	list->column += strlen(room) + 1;
}

static void write_names(struct draft *draft, const char *check, struct onnx_text names)
{
	struct list list = {.draft = draft};
	char label[MODEL_LABEL + 1];

	draft_line(draft, check, "labels: [");
	while (draft_names_next(&names, label))
		add(&list, label);
	draft_line(draft, NULL, "\n]");
}

static void write_placeholders(struct draft *draft, const char *check, uint32_t count)
{
	struct list list = {.draft = draft};
	char label[32];

	draft_line(draft, check, "labels: [");
	for (uint32_t i = 0; i < count; i++) {
		snprintf(label, sizeof(label), "label%u", i);
		add(&list, label);
	}
	draft_line(draft, NULL, "\n]");
}

/* What is usual where a graph gives numbers of labels and not a value for each. */
static uint32_t usual_count(const struct draft_head *head)
{
	if (head->kind == DRAFT_SEGMENT)
		return 21; /* Pascal VOC */
	return head->kind == DRAFT_SSD && (head->tensorflow || head->one_picture) ? 90 : COCO;
}

/* Of those that the metadata do not name. */
static void write_unknown(struct draft *draft, const struct draft_head *head)
{
	const uint32_t count = head->labels ? head->labels : usual_count(head);
	const bool detects = head->kind != DRAFT_CLASSIFY && head->kind != DRAFT_SEGMENT &&
		head->kind != DRAFT_READ;
	char check[160];

	if (count == COCO && detects) {
		snprintf(check, sizeof(check), "%s: these are COCO's; are they yours?",
			head->labels ? "80 labels" : "the graph does not say how many there are");
		write_names(draft, check, (struct onnx_text){coco, sizeof(coco) - 1});
	} else if (count > MOST_PLACEHOLDERS) {
		snprintf(check, sizeof(check),
			"put a file with %u lines, a name each, beside this one", count);
		draft_line(draft, check, "labels_file: labels.txt");
	} else {
		snprintf(check, sizeof(check),
			head->labels == 1 ? "the name of its label"
				: head->labels
				? "the names of its %u labels, in the order of training; or "
				  "labels_file: NAME"
				: "the graph does not say how many there are (%u is usual), nor "
				  "their names",
			count);
		write_placeholders(draft, check, count);
	}
}

void draft_labels(struct draft *draft, const struct draft_facts *facts)
{
	const struct draft_head *head = &facts->head;
	const struct onnx_text *names = onnx_graph_property(facts->graph, "names");
	const uint32_t count = names ? draft_names_count(names) : 0;
	char check[128];

	if (head->kind == DRAFT_RAW || head->kind == DRAFT_ENHANCE)
		return;
	if (head->kind == DRAFT_READ && head->labels == 0) {
		draft_line(draft,
			"put a file with a character a line beside this one; the first line stands "
			"for the gap between characters",
			"labels_file: labels.txt");
		return;
	}
	if (head->kind == DRAFT_TEXT) {
		draft_line(draft, NULL, "labels: [text]");
	} else if (count > 0 && (head->labels == count || head->labels == 0)) {
		write_names(draft, NULL, *names);
	} else if (count > 0) {
		snprintf(check, sizeof(check),
			"the graph has %u labels, and its metadata name %u: correct the list",
			head->labels, count);
		write_names(draft, check, *names);
	} else {
		write_unknown(draft, head);
	}
}
