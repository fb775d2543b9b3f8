#include "mgmt/processor.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TASKS "/proc/self/task"

/* What helpers of a stage are called beside "STAGE-...": the model runners, and librdkafka's own.
 */
static const char *const helpers[GW_STAGES] = {
	[GW_STAGE_ACCEL] = "infer-",
	[GW_STAGE_SINK] = "rdk:",
};

/* Reads the first line of a thread's file; false when the thread is gone. */
static bool read_line(int thread, const char *file, char *line, int size)
{
	char path[64];

	snprintf(path, sizeof(path), TASKS "/%d/%s", thread, file);
	FILE *in = fopen(path, "re");
	if (!in)
		return false;
	bool read = fgets(line, size, in) != NULL;
	fclose(in);
	if (read)
		line[strcspn(line, "\n")] = '\0';
	return read;
}

static int stage_of(const struct gw *gw, const char *thread)
{
	for (int i = 0; i < GW_STAGES; i++) {
		if (!gw->stages[i].ops)
			continue;
		const char *stage = gw->stages[i].ops->name;
		size_t length = strlen(stage);

		if (strncmp(thread, stage, length) == 0 &&
			(thread[length] == '\0' || thread[length] == '-'))
			return i;
		if (helpers[i] && strncmp(thread, helpers[i], strlen(helpers[i])) == 0)
			return i;
	}
	return -1;
}

void processor_time(const struct gw *gw, uint64_t ns[GW_STAGES])
{
	DIR *tasks = opendir(TASKS);
	char line[128];

	memset(ns, 0, GW_STAGES * sizeof(*ns));
	if (!tasks)
		return;
	for (struct dirent *task; (task = readdir(tasks));) {
		int thread = atoi(task->d_name);
		int stage = thread > 0 && read_line(thread, "comm", line, sizeof(line))
			? stage_of(gw, line)
			: -1;

		/* proc(5), schedstat: time on a processor comes first. */
		if (stage >= 0 && read_line(thread, "schedstat", line, sizeof(line)))
			ns[stage] += strtoull(line, NULL, 10);
	}
	closedir(tasks);
}
