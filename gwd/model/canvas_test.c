#include "gwd/model/canvas.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/test.h"
#include "gwd/model/letters.h"

static struct canvas canvas;

static int black(void **state)
{
	canvas = (struct canvas){64, 48, calloc(64 * 48, 3)};
	return canvas.rgb ? 0 : -1;
}

static int close_canvas(void **state)
{
	canvas_close(&canvas);
	return 0;
}

static int red_at(int x, int y)
{
	return canvas.rgb[(y * 64 + x) * 3];
}

static void a_box_is_its_sides(void **state)
{
	canvas_box(&canvas, 10, 20, 30, 40, (struct canvas_color){200, 0, 0});
	for (int x = 10; x <= 30; x++) {
		assert_int_equal(red_at(x, 20), 200);
		assert_int_equal(red_at(x, 40), 200);
	}
	for (int y = 20; y <= 40; y++) {
		assert_int_equal(red_at(10, y), 200);
		assert_int_equal(red_at(30, y), 200);
	}
	assert_int_equal(red_at(20, 30), 0);
	assert_int_equal(red_at(9, 20), 0);
	assert_int_equal(red_at(31, 40), 0);
}

static void what_lies_outside_is_not_drawn(void **state)
{
	const struct canvas_color color = {200, 0, 0};

	canvas_box(&canvas, -1e9f, -5, 1e9f, 1e9f, color);
	canvas_line(&canvas, -20, -20, 100, 100, color);
	canvas_tint(&canvas, -10, -10, 5, 5, color);
	canvas_text(&canvas, 60, 47, "beyond the edge", color);
	canvas_text(&canvas, -30, -3, "beyond the edge", color);
	assert_int_equal(red_at(4, 4) > 0, 1);
}

static void letters_stand_on_their_ground(void **state)
{
	canvas_text(&canvas, 5, 30, "I", (struct canvas_color){200, 0, 0});
	int white = 0, ground = 0;

	for (int i = 0; i < 64 * 48; i++) {
		white += canvas.rgb[i * 3 + 1] == 255;
		ground += canvas.rgb[i * 3] == 200;
	}
	/* The dots of the letter, and the rest of 7 x 9. */
	assert_int_equal(white, 11);
	assert_int_equal(white + ground, 7 * 9);
	assert_memory_equal(letters_of('i'), letters_of('I'), LETTER_HEIGHT);
	assert_memory_equal(letters_of('\x01'), letters_of('\xe4'), LETTER_HEIGHT);
}

static void what_is_written_can_be_read_again(void **state)
{
	char path[] = "/tmp/framegate-canvas-XXXXXX";
	struct canvas again;
	uint8_t data[65536];

	close(mkstemp(path));
	memset(canvas.rgb, 128, 64 * 48 * 3);
	assert_int_equal(canvas_write(&canvas, path), 0);
	FILE *file = fopen(path, "rb");
	const size_t size = fread(data, 1, sizeof(data), file);

	fclose(file);
	unlink(path);
	assert_int_equal(canvas_open(&again, data, size), 0);
	assert_int_equal(again.width, 64);
	assert_int_equal(again.height, 48);
	assert_in_range(again.rgb[0], 126, 130);
	canvas_close(&again);
	assert_int_equal(canvas_open(&again, (const uint8_t *)"no JPEG", 7), -EBADMSG);
	assert_int_equal(canvas_write(&canvas, "/nonexistent/picture.jpg"), -ENOENT);
}

/* What is stored at its upper left corner and to the right of it, where each orientation shows it
 * (Exif 2.32, 4.6.5). */
static void a_picture_is_turned_as_exif_says(void **state)
{
	static const struct {
		uint32_t width, height, x, y, x_of_next, y_of_next;
	} cases[] = {
		{64, 48, 0, 0, 1, 0},
		{64, 48, 63, 0, 62, 0},
		{64, 48, 63, 47, 62, 47},
		{64, 48, 0, 47, 1, 47},
		{48, 64, 0, 0, 0, 1},
		{48, 64, 47, 0, 47, 1},
		{48, 64, 47, 63, 47, 62},
		{48, 64, 0, 63, 0, 62},
	};

	for (uint8_t i = 0; i < 8; i++) {
		canvas_close(&canvas);
		black(state);
		canvas.rgb[0] = 200;
		canvas.rgb[3] = 100;
		assert_int_equal(canvas_turn(&canvas, i + 1), 0);
		assert_int_equal(canvas.width, cases[i].width);
		assert_int_equal(canvas.height, cases[i].height);
		assert_int_equal(canvas.rgb[(cases[i].y * canvas.width + cases[i].x) * 3], 200);
		assert_int_equal(
			canvas.rgb[(cases[i].y_of_next * canvas.width + cases[i].x_of_next) * 3],
			100);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, black, close_canvas)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_picture_is_turned_as_exif_says),
		TEST(a_box_is_its_sides),
		TEST(what_lies_outside_is_not_drawn),
		TEST(letters_stand_on_their_ground),
		TEST(what_is_written_can_be_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
