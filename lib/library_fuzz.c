/* Whatever pictures a caller has, each is well or says why not, and none changes what the library
 * says of another: a good one stands first, in the middle and last.
 *
 * An input is pictures one behind the other, each with two bytes before it that say how many it
 * has, the lower one first; the last may be cut short.
 */
#include <stdlib.h>
#include <string.h>

#include "jpeg/make.h"
#include "lib/framegate.h"
#include "lib/test_repository.h"

#define MOST 16

static struct framegate *engine;
static struct framegate_results *results;
static struct framegate_jpeg good;
static char *expected; /* of the good one */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void remove_folder(void)
{
	test_repository_remove(NULL);
}

/* Once, for all inputs. */
static void begin(void)
{
	static const struct jpeg_recipe recipe = {.width = 48, .height = 32, .seed = 1};
	struct framegate_options options = {.size = sizeof(options),
		.repository = test_repository,
		.model = "marks",
		.backend = "null",
		.max_width = 512,
		.max_height = 512};
	size_t count;

	require(test_repository_make(NULL) == 0);
	engine = framegate_open(&options, NULL);
	/* It is in memory now. */
	remove_folder();
	results = framegate_results_create();
	require(engine && results);
	good.data = jpeg_make(&recipe, &good.size);
	require(framegate_run(engine, &good, 1, FRAMEGATE_JSON, results) == 0);
	expected = strdup(framegate_pictures(results, &count)->json);
	require(expected && count == 1 && strstr(expected, "\"classes\":[{"));
}

/* Returns how many pictures there are. */
static size_t split(const uint8_t *data, size_t size, struct framegate_jpeg *jpegs)
{
	size_t count = 0;

	while (size > 2 && count < MOST) {
		const size_t wanted = data[0] | (size_t)data[1] << 8;
		const size_t bytes = wanted < size - 2 ? wanted : size - 2;

		jpegs[count++] = (struct framegate_jpeg){data + 2, bytes};
		data += 2 + bytes;
		size -= 2 + bytes;
	}
	return count;
}

static void look(const struct framegate_picture *picture)
{
	require(picture->json && strlen(picture->json) == picture->json_size);
	require(picture->json[0] == '{' && picture->json[picture->json_size - 1] == '}');
	if (picture->error == 0) {
		require(!picture->cause && !picture->why && picture->finding_count == 4);
		require(picture->width > 0 && picture->width <= 512 && picture->height > 0 &&
			picture->height <= 512);
		for (size_t i = 0; i < picture->finding_count; i++)
			require(picture->findings[i].confidence >= 0 && picture->findings[i].name);
	} else {
		require(picture->error < 0 && picture->cause && picture->why);
		require(picture->finding_count == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct framegate_jpeg mixed[2 * MOST + 1], jpegs[MOST];
	const struct framegate_picture *pictures;
	size_t count, found;

	if (!engine)
		begin();
	count = split(data, size, jpegs);
	for (size_t i = 0; i < count; i++) {
		mixed[2 * i] = good;
		mixed[2 * i + 1] = jpegs[i];
	}
	mixed[2 * count] = good;
	require(framegate_run(engine, mixed, 2 * count + 1, FRAMEGATE_JSON, results) == 0);
	pictures = framegate_pictures(results, &found);
	require(found == 2 * count + 1);
	for (size_t i = 0; i <= count; i++)
		require(strcmp(pictures[2 * i].json, expected) == 0);
	for (size_t i = 0; i < count; i++)
		look(&pictures[2 * i + 1]);
	return 0;
}
