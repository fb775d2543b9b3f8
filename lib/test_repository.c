#include "lib/test_repository.h"

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

char test_repository[] = "/tmp/framegate-library-XXXXXX";

static const char marks[] =
	"task: classify\n"
	"labels: [a, b, c, d]\n"
	"input: {tensor: in, width: 2, height: 2, channels: 1, mean: [0], scale: [0.01]}\n"
	"classify: {tensor: out, top_k: 4}\n"
	"batch: {max: 8, deadline_ms: 5}\n";

static bool make_directory(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", test_repository, name);
	return mkdir(path, 0755) == 0;
}

static bool write_file(const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/marks/1/%s", test_repository, name);
	FILE *file = fopen(path, "w");
	const bool well = file && fputs(text, file) >= 0;

	return file && fclose(file) == 0 && well;
}

int test_repository_make(void **state)
{
	/* The null engine does not read the graph. */
	const bool well = mkdtemp(test_repository) && make_directory("marks") &&
		make_directory("marks/1") && write_file("model.onnx", "\b\1") &&
		write_file("model.yaml", marks);

	return well ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *walk)
{
	return remove(path);
}

int test_repository_remove(void **state)
{
	return nftw(test_repository, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
