/* For tests: a folder of its own, emptied and removed in the end. */
#pragma once

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/test.h"

static inline void test_folder_make(char folder[64])
{
	strcpy(folder, "/tmp/framegate-audit-XXXXXX");
	assert_non_null(mkdtemp(folder));
}

static inline void test_folder_remove(const char *folder)
{
	DIR *files = opendir(folder);
	char path[PATH_MAX];

	for (struct dirent *entry; files && (entry = readdir(files));) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		unlink(path);
	}
	if (files)
		closedir(files);
	rmdir(folder);
}
