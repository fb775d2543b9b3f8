/* Runs a fuzz target over files instead of under libFuzzer: the committed corpus is a test
 * everywhere. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	long size;

	if (!file || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
		perror(path);
		if (file)
			fclose(file);
		return -1;
	}
	rewind(file);
	/* Its own allocation of the exact size, so that a sanitizer sees a read past the end. */
	uint8_t *data = malloc(size ? (size_t)size : 1);
	size_t got = data ? fread(data, 1, (size_t)size, file) : 0;

	fclose(file);
	if (data)
		LLVMFuzzerTestOneInput(data, got);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	int files = 0;

	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);
		struct dirent *entry;

		if (!dir) {
			perror(argv[i]);
			return 1;
		}
		while ((entry = readdir(dir))) {
			char path[4096];

			if (entry->d_name[0] == '.')
				continue;
			snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
			if (run_file(path) != 0)
				return 1;
			files++;
		}
		closedir(dir);
	}
	printf("%d inputs\n", files);
	return files > 0 ? 0 : 1;
}
