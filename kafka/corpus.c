/* Writes the seeds of the fuzz target `picture`: records as cameras, gateways and others send them.
 *
 *     kafka_corpus tests/fuzz/corpus
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jpeg/make.h"

#define MISSING 255

static const char *root;

/* As kafka/picture_fuzz.c reads it. */
struct seed {
	const char *name; /* of the file */
	const char *text[5]; /* key, ce_type, ce_id, ce_source, ce_time; NULL: missing */
	int64_t time_ms;
	struct jpeg_recipe recipe;
	size_t cut; /* bytes that are missing at the picture's end */
};

static void write_seed(const struct seed *seed)
{
	char path[4096];
	size_t size;

	snprintf(path, sizeof(path), "%s/picture/%s", root, seed->name);
	FILE *file = fopen(path, "wb");

	if (!file) {
		perror(path);
		exit(1);
	}
	for (int i = 0; i < 5; i++) {
		const char *text = seed->text[i];

		fputc(text ? (int)strlen(text) : MISSING, file);
		fputs(text ? text : "", file);
	}
	fwrite(&seed->time_ms, sizeof(seed->time_ms), 1, file);
	uint8_t *jpeg = jpeg_make(&seed->recipe, &size);

	fwrite(jpeg, 1, size - seed->cut, file);
	free(jpeg);
	fclose(file);
}

int main(int argc, char **argv)
{
#define FRAME "com.framegate.frame.v1"
#define ID "0b0e7a5e-0000-4000-8000-000000000000/door/7"
#define SOURCE "/gateways/other/cameras/door"
#define TIME "2026-02-28T23:59:59.678Z"
	static const struct jpeg_recipe plain = {.width = 32, .height = 16, .quality = 20};
	static const struct jpeg_recipe grey = {
		.width = 16, .height = 16, .quality = 20, .components = 1};
	static const struct jpeg_recipe progressive = {
		.width = 16, .height = 16, .quality = 20, .progressive = true};
	static const struct jpeg_recipe large = {
		.width = 513, .height = 8, .quality = 20, .components = 1};
	const struct seed seeds[] = {
		{"plain", {"door"}, 1000, plain, 0},
		{"grey", {"yard.2"}, -1, grey, 0},
		{"relayed", {"door", FRAME, ID, SOURCE, TIME}, 1000, plain, 0},
		{"other_type", {"door", "com.example.other", ID, SOURCE, TIME}, 1000, grey, 0},
		{"without_id", {"door", FRAME, NULL, SOURCE, TIME}, 1000, grey, 0},
		{"bad_time", {"door", FRAME, ID, SOURCE, "9999-12-31T23:59:59.999Z"}, 1, grey, 0},
		{"late", {"door"}, INT64_MAX, grey, 0},
		{"no_key", {NULL}, 1000, grey, 0},
		{"bad_key", {".a b"}, 1000, grey, 0},
		{"progressive", {"door"}, 1000, progressive, 0},
		{"large", {"door"}, 1000, large, 0},
		{"cut", {"door"}, 1000, plain, 30},
	};

	if (argc != 2) {
		fprintf(stderr, "usage: kafka_corpus tests/fuzz/corpus\n");
		return 2;
	}
	root = argv[1];
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
		write_seed(&seeds[i]);
	return 0;
}
