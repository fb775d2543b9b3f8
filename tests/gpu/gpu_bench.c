/* How fast a GPU decodes JPEG pictures that lie in the host's memory to planes in its own: our
 * batches, on the chip's engines, its SMs and both at once, and nvJPEG's own batched call in the
 * barest loop.
 *
 *     gpu_bench WAY SECONDS BATCHES PICTURE...
 *
 * WAY is engines, sms, both, bare-engines or bare-sms; BATCHES are numbers with commas between. For
 * each of them, one line of JSON as soon as it is measured. Exit code 3: the machine has no such
 * way, as standard error says.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "tests/gpu/gpu_lane.h"

#define NOT_THERE 3
#define FILES_MOST 64u
#define BATCH_MOST 256u

static int fail(int status, const struct gw_error *error)
{
	fprintf(stderr, "%s\n", error->text);
	return status == -ENOTSUP || status == -ENODEV || status == -ENOENT ? NOT_THERE : 1;
}

static int order(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Of sorted times. */
static double milliseconds(const int64_t *times, uint32_t count, double share)
{
	const uint32_t at = (uint32_t)(share * (count - 1) + 0.5);

	return (double)times[at] / 1e6;
}

static void tell(const char *way, uint32_t batch, const char *gpu, const struct gpu_lane *lanes,
	uint32_t lane_count)
{
	static int64_t times[2 * GPU_LANE_TIMES];
	uint64_t pictures = 0;
	uint32_t count = 0;
	int64_t ended = 0;

	for (uint32_t i = 0; i < lane_count; i++) {
		memcpy(times + count, lanes[i].times, lanes[i].count * sizeof(times[0]));
		count += lanes[i].count;
		pictures += lanes[i].pictures;
		ended = lanes[i].ended > ended ? lanes[i].ended : ended;
	}
	qsort(times, count, sizeof(times[0]), order);
	printf("{\"way\": \"%s\", \"batch\": %u, \"gpu\": \"%s\", \"pictures\": %llu, "
	       "\"pictures_per_s\": %.1f, \"batch_ms\": {\"p50\": %.3f, \"p99\": %.3f}",
		way, batch, gpu, (unsigned long long)pictures,
		(double)pictures / ((double)(ended - lanes[0].began) / 1e9),
		milliseconds(times, count, 0.5), milliseconds(times, count, 0.99));
	if (lane_count > 1)
		printf(", \"share_of_engines\": %.3f",
			(double)lanes[0].pictures / (double)pictures);
	printf("}\n");
	fflush(stdout);
}

/* The lanes of a way; 0 when there is none of that name. */
static uint32_t lanes_of(const char *way, struct gpu_lane lanes[2])
{
	const bool bare = strncmp(way, "bare-", 5) == 0;
	const char *who = bare ? way + 5 : way;

	if (strcmp(who, "engines") != 0 && strcmp(who, "sms") != 0 &&
		(bare || strcmp(who, "both") != 0))
		return 0;
	lanes[0].bare = bare;
	lanes[0].engines = strcmp(who, "sms") != 0;
	return strcmp(who, "both") == 0 ? 2 : 1;
}

static int measure(struct gpu_machine *machine, const char *way, uint32_t batch, int64_t ns)
{
	static struct gpu_lane lanes[2];
	struct gw_error error;
	int status = 0;

	memset(lanes, 0, sizeof(lanes));
	const uint32_t count = lanes_of(way, lanes);

	for (uint32_t i = 0; status == 0 && i < count; i++) {
		lanes[i].machine = machine;
		lanes[i].batch = batch;
		status = gpu_lane_open(&lanes[i], &error);
	}
	if (status == 0)
		status = gpu_lanes_run(lanes, count, ns, &error);
	if (status == 0)
		tell(way, batch, machine->program.device.name, lanes, count);
	for (uint32_t i = 0; i < count; i++)
		gpu_lane_close(&lanes[i]);
	return status == 0 ? 0 : fail(status, &error);
}

static int read_file(const char *name, struct gpu_file *file)
{
	FILE *stream = fopen(name, "rb");
	long size = 0;

	if (!stream)
		return -errno;
	if (fseek(stream, 0, SEEK_END) == 0)
		size = ftell(stream);
	rewind(stream);
	if (size > 0) {
		file->size = (size_t)size;
		file->data = malloc(file->size);
	}
	const bool all = file->data && fread(file->data, 1, file->size, stream) == file->size;

	fclose(stream);
	return all ? 0 : -EIO;
}

int main(int argc, char **argv)
{
	static struct gpu_file files[FILES_MOST];
	struct gpu_lane ignored[2] = {{0}};
	struct gpu_machine machine = {.files = files};
	struct gw_error error;
	int status = 0;

	if (argc < 5 || (uint32_t)argc - 4 > FILES_MOST || lanes_of(argv[1], ignored) == 0) {
		fprintf(stderr, "usage: gpu_bench WAY SECONDS BATCHES PICTURE...\n");
		return 2;
	}
	for (int i = 4; i < argc; i++) {
		if (read_file(argv[i], &files[i - 4]) != 0 || !gpu_file_describe(&files[i - 4])) {
			fprintf(stderr, "%s: no JPEG of 4:2:0, 4:2:2 or 4:4:4\n", argv[i]);
			return 2;
		}
		machine.file_count++;
	}
	status = gpu_machine_open(&machine, &error);
	if (status != 0)
		return fail(status, &error);
	for (char *at = argv[3]; status == 0 && *at;) {
		const unsigned long batch = strtoul(at, &at, 10);

		if (batch < 1 || batch > BATCH_MOST) {
			fprintf(stderr, "batches are 1 to %u\n", BATCH_MOST);
			status = 2;
			break;
		}
		at += *at == ',';
		status = measure(
			&machine, argv[1], (uint32_t)batch, (int64_t)(strtod(argv[2], NULL) * 1e9));
	}
	gpu_machine_close(&machine);
	for (uint32_t i = 0; i < machine.file_count; i++)
		free(files[i].data);
	return status;
}
