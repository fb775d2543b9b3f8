/* What a model sees in JPEG files: example REPOSITORY MODEL FILE...
 *
 *   cc example.c $(pkg-config --cflags --libs framegate) -o example
 */
#include <framegate.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	struct framegate_options options = {.size = sizeof(options)};
	char error[FRAMEGATE_ERROR];
	size_t count;

	if (argc < 4)
		return fprintf(stderr, "usage: example REPOSITORY MODEL FILE...\n"), 2;
	options.repository = argv[1];
	options.model = argv[2];
	struct framegate *engine = framegate_open(&options, error);
	struct framegate_results *results = framegate_results_create();

	if (!engine || !results)
		return fprintf(stderr, "example: %s\n", engine ? "out of memory" : error), 1;
	for (int i = 3; i < argc; i++) {
		static char room[16 << 20];
		FILE *file = fopen(argv[i], "rb");
		struct framegate_jpeg jpeg = {room, file ? fread(room, 1, sizeof(room), file) : 0};

		if (file)
			fclose(file);
		framegate_run(engine, &jpeg, 1, FRAMEGATE_JSON, results);
		puts(framegate_pictures(results, &count)->json);
	}
	framegate_results_destroy(results);
	framegate_close(engine);
	return 0;
}
