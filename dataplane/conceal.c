/* A frame that lost packets, made whole with what stands near them. */
#include <string.h>

#include "dataplane/fragments.h"
#include "dataplane/open_frame.h"

/* The picture's rows of MCUs, one for each interval at most. */
#define MOST_INTERVALS 65535u

enum gw_drop open_frame_conceal(struct open_frame *open, struct stream *stream)
{
	struct gw_frame *frame = open->frame;
	const struct restart_picture picture = {
		.width = frame->width, .height = frame->height, .subsampling = open->type & 1};
	const uint32_t end = coverage_end(&open->coverage);

	if (!open->can_conceal || open->fragments == 0 || open->interval == 0 || open->is_file)
		return GW_DROP_INCOMPLETE;
	if (!open->have_first && open_frame_replace_first(open, stream) != GW_DROP_NONE)
		return GW_DROP_INCOMPLETE;
	const uint32_t markers = restart_interval_markers(&picture, open->interval);
	/* Behind the bytes that came: first the table of intervals, then what is made. */
	const uint32_t table = (end + 7) & ~7u;
	const uint32_t made = table + (markers + 1) * (uint32_t)sizeof(struct jpeg_interval);

	if (markers > MOST_INTERVALS || made > open->limit)
		return GW_DROP_INCOMPLETE;
	const uint32_t size =
		jpeg_conceal(&picture, open->interval, open->data, fragments_by_place(open),
			open->fragments, (struct jpeg_interval *)(open->data + table),
			open->data + made, open->limit - made);

	frame->reached = GW_JPEG_HEADROOM + made + size;
	if (size == 0)
		return GW_DROP_INCOMPLETE;
	memmove(open->data, open->data + made, size);
	frame->jpeg.data = open->data - open->header_size;
	frame->jpeg.size = open->header_size + size;
	frame->flags |= GW_FLAG_CONCEALED;
	frame->stamp[GW_STAMP_COMPLETE] = open->touched;
	open_frame_end(frame);
	return GW_DROP_NONE;
}
