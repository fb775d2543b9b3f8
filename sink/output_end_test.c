/* What is left of a file of messages that was cut. */
#include "sink/output_end.h"

#include "core/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sink/file_fields.h"
#include "sink/wire.h"

/* Three messages of different sizes: their lengths have one, two and three bytes. */
#define MESSAGES 3
static const uint32_t sizes[MESSAGES] = {9, 300, 70000};

struct file {
	int fd;
	char *bytes;
	size_t ends[MESSAGES + 1]; /* of the first so many */
};

static struct file make(void)
{
	const size_t room = 80000;
	struct file file = {.fd = memfd_create("frames.pb", MFD_CLOEXEC), .bytes = malloc(room)};
	char *text = malloc(70000);
	struct writer writer;

	memset(text, 'x', 70000);
	writer_begin(&writer, file.bytes, room);
	for (int i = 0; i < MESSAGES; i++) {
		/* A result with a text and a number: as many bytes of lengths as the message's
		 * own, and their tags. */
		const uint32_t heads = 2 * (uint32_t)(i + 2), number = 2;

		wire_element(&writer, sizes[i]);
		const size_t result = wire_begin(&writer, FILE_RESULT);

		wire_bytes(&writer, 2, text, sizes[i] - heads - number);
		wire_number(&writer, 3, 1);
		wire_end(&writer, result);
		file.ends[i + 1] = writer.size;
		assert_int_equal(file.ends[i + 1] - file.ends[i], sizes[i] + (uint32_t)(i + 1));
	}
	assert_false(writer.cut);
	free(text);
	return file;
}

static void drop(struct file *file)
{
	close(file->fd);
	free(file->bytes);
}

/* Puts so many bytes into it, and some more behind them. */
static void put(const struct file *file, size_t size, const char *more, size_t more_size)
{
	assert_int_equal(ftruncate(file->fd, 0), 0);
	assert_int_equal(pwrite(file->fd, file->bytes, size, 0), size);
	assert_int_equal(pwrite(file->fd, more, more_size, (off_t)size), more_size);
}

static off_t size_of(const struct file *file)
{
	return lseek(file->fd, 0, SEEK_END);
}

static void whatever_a_cut_leaves_of_a_message_is_taken_off(void **state)
{
	struct file file = make();

	for (size_t cut = 0; cut <= file.ends[MESSAGES]; cut += cut < 400 ? 1 : 997) {
		size_t whole = 0;

		for (int i = 1; i <= MESSAGES; i++)
			if (file.ends[i] <= cut)
				whole = file.ends[i];
		put(&file, cut, "", 0);
		assert_int_equal(output_end_message(file.fd, 0, (off_t)cut), cut - whole);
		assert_int_equal(size_of(&file), whole);
	}
	drop(&file);
}

static void zeros_that_a_power_cut_leaves_are_taken_off(void **state)
{
	static const char zeros[70000];
	struct file file = make();

	put(&file, file.ends[2], zeros, sizeof(zeros));
	assert_int_equal(output_end_message(file.fd, 0, size_of(&file)), sizeof(zeros));
	assert_int_equal(size_of(&file), file.ends[2]);
	drop(&file);
}

/* Wherever they begin: also inside of a message, whose length goes over them. */
static void zeros_in_place_of_the_end_take_what_they_touch_with_them(void **state)
{
	/* Up to the end of the last message, which the file was to have, and beyond it. */
	static const size_t beyond[] = {0, 1, 5000};
	struct file file = make();
	const size_t all = file.ends[MESSAGES];
	char *zeros = calloc(1, all + 5000);

	for (size_t cut = 0; cut < all - 1; cut += cut < 400 || cut > all - 20 ? 1 : 997) {
		size_t whole = 0;

		for (int i = 1; i <= MESSAGES; i++)
			if (file.ends[i] <= cut)
				whole = file.ends[i];
		for (size_t i = 0; i < 3; i++) {
			put(&file, cut, zeros, all + beyond[i] - cut);
			assert_int_equal(output_end_message(file.fd, 0, size_of(&file)),
				all + beyond[i] - whole);
			assert_int_equal(size_of(&file), whole);
		}
	}
	free(zeros);
	drop(&file);
}

/* A mask may end with zeros, and a gateway that ends well has cut nothing. */
static void a_last_message_that_ends_with_zeros_is_whole(void **state)
{
	static const char mask[] = {10, FILE_RESULT_TAG, 8, 0x12, 6, 'm', 0, 0, 0, 0, 0};
	struct file file = make();

	put(&file, file.ends[2], mask, sizeof(mask));
	assert_int_equal(output_end_message(file.fd, 0, size_of(&file)), 0);
	assert_int_equal(size_of(&file), file.ends[2] + sizeof(mask));
	drop(&file);
}

static void it_is_looked_at_from_where_it_is_said_to_and_so_far(void **state)
{
	struct file file = make();

	/* What stands before is not looked at. */
	put(&file, file.ends[2], "\x05\x0a", 2);
	assert_int_equal(pwrite(file.fd, "no message", 10, 0), 10);
	assert_int_equal(output_end_message(file.fd, (off_t)file.ends[1], size_of(&file)), 2);
	assert_int_equal(size_of(&file), file.ends[2]);
	assert_int_equal(output_end_message(file.fd, 0, size_of(&file)), -EBADMSG);
	assert_int_equal(ftruncate(file.fd, OUTPUT_WALK_MOST + 1), 0);
	assert_int_equal(output_end_message(file.fd, 0, size_of(&file)), -EFBIG);
	assert_int_equal(size_of(&file), OUTPUT_WALK_MOST + 1);
	drop(&file);
}

static void what_is_no_message_is_left_alone(void **state)
{
	static const char line[] = "{\"camera\":\"door\"}\n";
	/* Longer than any of ours; a length that never ends; something behind zeros. */
	static const char others[][8] = {"\xff\xff\xff\x7f\n", "\xff\xff\xff\xff\xff\xff", "\0\0x"};
	struct file file = make();

	put(&file, 0, line, sizeof(line) - 1);
	assert_int_equal(output_end_message(file.fd, 0, size_of(&file)), -EBADMSG);
	assert_int_equal(size_of(&file), sizeof(line) - 1);
	for (size_t i = 0; i < 3; i++) {
		put(&file, file.ends[1], others[i], sizeof(others[i]) - 2);
		assert_int_equal(output_end_message(file.fd, 0, size_of(&file)), -EBADMSG);
		assert_int_equal(size_of(&file), file.ends[1] + sizeof(others[i]) - 2);
	}
	drop(&file);
}

static void many_messages_are_walked_over(void **state)
{
	struct file file = make();
	size_t end = 0;

	/* More than is read at a time, so that each part of a head falls on its edge. */
	for (int i = 0; i < 2000; i++) {
		assert_int_equal(
			pwrite(file.fd, file.bytes, file.ends[2], (off_t)end), file.ends[2]);
		end += file.ends[2];
	}
	assert_int_equal(pwrite(file.fd, "\x05\x0a", 2, (off_t)end), 2);
	assert_int_equal(output_end_message(file.fd, 0, size_of(&file)), 2);
	assert_int_equal(size_of(&file), end);
	assert_int_equal(output_end_message(file.fd, 0, size_of(&file)), 0);
	drop(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_a_cut_leaves_of_a_message_is_taken_off),
		cmocka_unit_test(zeros_that_a_power_cut_leaves_are_taken_off),
		cmocka_unit_test(zeros_in_place_of_the_end_take_what_they_touch_with_them),
		cmocka_unit_test(a_last_message_that_ends_with_zeros_is_whole),
		cmocka_unit_test(it_is_looked_at_from_where_it_is_said_to_and_so_far),
		cmocka_unit_test(what_is_no_message_is_left_alone),
		cmocka_unit_test(many_messages_are_walked_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
