#include "accel/input/test_placement.h"

#include <stdlib.h>

#include "core/orientation.h"
#include "core/test.h"

static uint32_t seed;

static uint32_t below(uint32_t limit)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % limit;
}

static void choose_input(struct test_placement *p)
{
	struct model_input *input = &p->input;

	input->width = (uint16_t)(1 + below(70));
	input->height = (uint16_t)(1 + below(70));
	input->channels = below(4) ? 3 : 1;
	input->layout = below(2) ? MODEL_NCHW : MODEL_NHWC;
	input->type = (enum model_type)below(3);
	input->colors = below(2) ? MODEL_RGB : MODEL_BGR;
	input->fit = (enum gw_fit)below(3);
	input->align = below(2) ? MODEL_CENTER : MODEL_TOP_LEFT;
	input->antialias = below(2);
	if (input->fit == GW_FIT_CROP && below(2))
		input->resize = (uint16_t)(model_longest_side(input) + below(20));
	for (int c = 0; c < 3; c++)
		p->fill[c] = (float)below(256);
	input->fill_count = below(2) ? 1 : input->channels;
	if (input->fit == GW_FIT_LETTERBOX && below(2))
		input->fill = p->fill;
}

static void complete_input(struct test_placement *p)
{
	p->input.mean = p->mean;
	p->input.scale = p->scale;
	for (int c = 0; c < 3; c++) {
		p->mean[c] = p->input.type == MODEL_UINT8 ? 0 : 100 + 10 * (float)c;
		p->scale[c] = p->input.type == MODEL_UINT8 ? 1 : 0.01f * (float)(c + 1);
	}
}

static void make_picture(struct test_placement *p, enum gw_format format)
{
	struct gw_surface *s = &p->surface;
	const bool planes = format != GW_FORMAT_RGB && format != GW_FORMAT_GRAY;
	size_t rows[GW_PLANES];

	gw_device_host(&p->device);
	s->device = &p->device;
	s->format = format;
	for (int i = 0; i < (planes ? GW_PLANES : 1); i++) {
		const bool halved = i > 0 && format != GW_FORMAT_I444;
		const uint32_t across = halved ? (s->width + 1u) / 2 : s->width;

		rows[i] = halved && format == GW_FORMAT_I420 ? (s->height + 1u) / 2 : s->height;
		s->pitch[i] = across * (format == GW_FORMAT_RGB ? 3 : 1) + below(20);
		s->offset[i] = s->capacity;
		s->capacity += s->pitch[i] * rows[i];
	}
	s->room = malloc(s->capacity);
	assert_non_null(s->room);
	for (size_t k = 0; k < s->capacity; k++)
		s->room[k] = (uint8_t)(s->limited ? 16 + below(220) : below(256));
	for (int i = 0; i < (planes ? GW_PLANES : 1); i++)
		s->plane[i] = s->room + s->offset[i];
}

static void open_geometry(struct test_placement *p)
{
	assert_int_equal(geometry_init(&p->geometry, &p->input), 0);
	assert_int_equal(geometry_update(&p->geometry, &p->region, p->source_width,
				 p->source_height, &p->surface),
		0);
}

void test_placement_open(struct test_placement *p, uint32_t index)
{
	static const enum gw_format formats[] = {
		GW_FORMAT_GRAY, GW_FORMAT_RGB, GW_FORMAT_I420, GW_FORMAT_I422, GW_FORMAT_I444};

	*p = (struct test_placement){0};
	seed = index * 2654435761u;
	choose_input(p);
	complete_input(p);
	const uint16_t width = (uint16_t)(1 + below(400)), height = (uint16_t)(1 + below(400));
	const uint32_t eighths = 1u << below(4);

	p->surface.width = (uint16_t)((width * eighths + 7) / 8);
	p->surface.height = (uint16_t)((height * eighths + 7) / 8);
	p->surface.orientation = (uint8_t)(1 + below(8));
	p->surface.limited = below(2);
	const bool swapped = gw_orientation_swaps(p->surface.orientation);

	p->source_width = swapped ? height : width;
	p->source_height = swapped ? width : height;
	p->region = (struct gw_region){.x = (uint16_t)below(p->source_width),
		.y = (uint16_t)below(p->source_height),
		.width = (uint16_t)(below(3) * 40),
		.height = (uint16_t)(below(3) * 40)};
	if (below(2) || p->region.x + p->region.width > p->source_width ||
		p->region.y + p->region.height > p->source_height)
		p->region = (struct gw_region){0};
	make_picture(p, formats[index % 5]);
	open_geometry(p);
}

void test_placement_open_as(struct test_placement *p, enum gw_format format, uint16_t width,
	uint16_t height, uint16_t side)
{
	*p = (struct test_placement){.source_width = width, .source_height = height};
	p->input = (struct model_input){.width = side,
		.height = side,
		.channels = 3,
		.fit = GW_FIT_LETTERBOX,
		.antialias = true};
	complete_input(p);
	p->surface.width = width;
	p->surface.height = height;
	p->surface.orientation = GW_UPRIGHT;
	make_picture(p, format);
	open_geometry(p);
}

void test_placement_close(struct test_placement *p)
{
	geometry_free(&p->geometry);
	free(p->surface.room);
}
