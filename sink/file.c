/* Writes pictures and results into a directory: DIR/<camera>/<number>.jpg, and one JSON line per
 * frame in DIR/frames.jsonl. A replay's output, and a gateway's without Kafka. No picture is ever
 * written over another.
 *
 * Lines are gathered and count as delivered when the kernel has them. A line that cannot be written
 * whole is taken back, so that the file always ends with a whole line.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "sink/findings.h"
#include "sink/pictures.h"
#include "sink/record.h"
#include "sink/sink.h"

#define LINES 1024
#define BUFFER_SIZE (4u * RECORD_SIZE)
/* A full disk takes a small write now and then: it is well after so long without a failure. */
#define WELL_AFTER_NS (5 * GW_NS_PER_S)

struct pending_line {
	uint32_t camera;
	uint64_t receipt;
	int64_t since;
};

struct file_sink {
	const struct gw *gw;
	struct sink *sink;
	char *directory;
	int lines_fd;
	int directory_fd;
	off_t written; /* bytes of whole lines in the file */

	char *buffer;
	size_t buffered;
	struct pending_line lines[LINES]; /* that the buffer holds */
	uint32_t line_count;

	const char *failed; /* what could not be written lately, NULL: nothing */
	int failed_errno;
	int64_t failed_at;
	_Atomic int failure; /* the sink's thread writes, the API reads: errno while it is not well,
				or 0 */
	struct gw_counter line_total, picture_total, failed_total;

	/* By the camera's slot: whose pictures were looked at, and the number that the first of
	 * this run has. Control thread. */
	struct {
		char name[GW_NAME];
		uint64_t first_picture;
	} seen[GW_CAMERAS];
};

static void note(struct file_sink *file, const char *what, int status)
{
	if (status == 0)
		return;
	/* Housekeeping logs the first one. */
	file->failed = what;
	file->failed_errno = -status;
	gw_counter_add(&file->failed_total, 1);
}

static int write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Writes out what is gathered and reports it. */
static uint32_t write_lines(struct file_sink *file)
{
	uint32_t count = file->line_count;

	if (count == 0)
		return 0;
	int status = write_all(file->lines_fd, file->buffer, file->buffered);

	if (status == 0)
		file->written += (off_t)file->buffered;
	else if (ftruncate(file->lines_fd, file->written) == 0)
		(void)lseek(file->lines_fd, file->written, SEEK_SET);
	note(file, GW_LINES_FILE, status);
	int64_t now = gw_now();

	file->buffered = 0;
	file->line_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (status == 0)
			gw_counter_add(&file->line_total, 1);
		sink_report(file->sink,
			&(struct sink_report){
				.kind = SINK_RESULT,
				.camera = file->lines[i].camera,
				.drop = status == 0 ? GW_DROP_NONE : GW_DROP_SINK_FAILED,
				.receipt = file->lines[i].receipt,
				.waited_us = (uint64_t)(now - file->lines[i].since) / 1000,
			});
	}
	return count;
}

static enum gw_drop submit_picture(struct file_sink *file, const struct sink_record *record)
{
	char name[PICTURE_NAME];
	const struct sink_camera *camera = record->frame->version->of[GW_STAGE_SINK];
	int directory = camera->directory;
	int64_t begin = gw_now();

	picture_name(name, camera->first_picture + record->frame->sequence);
	int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int status = fd < 0 ? -errno : write_all(fd, record->value, record->size);

	/* Some file systems tell of a full disk only here. */
	if (fd >= 0 && close(fd) != 0 && status == 0)
		status = -errno;
	note(file, "a picture", status);
	if (status != 0) {
		if (fd >= 0)
			(void)unlinkat(directory, name, 0);
		return GW_DROP_SAMPLE_LOST;
	}
	gw_counter_add(&file->picture_total, 1);
	sink_report(file->sink,
		&(struct sink_report){
			.kind = SINK_SAMPLE,
			.camera = record->frame->camera,
			.frame = record->frame,
			.waited_us = (uint64_t)(gw_now() - begin) / 1000,
		});
	return GW_DROP_NONE;
}

static void write_line(
	struct file_sink *file, struct writer *writer, const struct sink_record *record)
{
	const struct gw_frame *frame = record->frame;
	const struct sink_camera *camera = frame->version->of[GW_STAGE_SINK];
	char name[PICTURE_NAME];

	writer_raw(writer, "{\"camera\":");
	writer_string(writer, record->camera);
	writer_raw(writer, ",\"sequence\":");
	writer_unsigned(writer, frame->sequence);
	writer_raw(writer, ",\"rtp_timestamp\":");
	writer_unsigned(writer, frame->rtp_timestamp);
	writer_raw(writer, ",\"width\":");
	writer_unsigned(writer, frame->width);
	writer_raw(writer, ",\"height\":");
	writer_unsigned(writer, frame->height);
	writer_raw(writer, ",\"file\":");
	if (record->sampled) {
		picture_name(name, camera->first_picture + frame->sequence);
		writer_raw(writer, "\"");
		writer_raw(writer, record->camera);
		writer_raw(writer, "/");
		writer_raw(writer, name);
		writer_raw(writer, "\"");
	} else {
		writer_raw(writer, "null");
	}
	writer_raw(writer, ",\"flags\":");
	record_write_flags(writer, frame->flags);
	if (frame->result.task != GW_TASK_NONE) {
		writer_raw(writer, ",\"result\":{");
		findings_write(writer, file->gw, &frame->result);
		writer_raw(writer, "}");
	}
	writer_raw(writer, "}\n");
}

static enum gw_drop submit_line(struct file_sink *file, const struct sink_record *record)
{
	struct writer writer;

	if (file->line_count == LINES || BUFFER_SIZE - file->buffered < RECORD_SIZE)
		write_lines(file);
	writer_begin(&writer, file->buffer + file->buffered, RECORD_SIZE);
	write_line(file, &writer, record);
	if (writer.cut)
		return GW_DROP_SINK_FAILED;
	file->buffered += writer.size;
	file->lines[file->line_count++] = (struct pending_line){
		record->frame->camera, record->frame->receipt, record->frame->stamp[GW_STAMP_SINK]};
	return GW_DROP_NONE;
}

static enum gw_drop file_submit(void *state, const struct sink_record *record)
{
	return record->kind == SINK_SAMPLE ? submit_picture(state, record)
					   : submit_line(state, record);
}

/* Lines go out about every 10 ms or when the buffer is full, not with every turn. */
static uint32_t file_poll(void *state)
{
	return 0;
}

static void file_housekeeping(void *state, int64_t now)
{
	struct file_sink *file = state;

	int failure = atomic_load_explicit(&file->failure, memory_order_relaxed);

	write_lines(file);
	if (file->failed) {
		file->failed_at = now;
		if (failure != file->failed_errno)
			gw_error_log("kafka", "%s: %s could not be written: %s", file->directory,
				file->failed, strerror(file->failed_errno));
		atomic_store_explicit(&file->failure, file->failed_errno, memory_order_relaxed);
		file->failed = NULL;
	} else if (failure != 0 && now - file->failed_at > WELL_AFTER_NS) {
		atomic_store_explicit(&file->failure, 0, memory_order_relaxed);
		gw_info("kafka", "%s: can be written again", file->directory);
	}
}

static void file_flush(void *state)
{
	write_lines(state);
}

static struct json_t *file_describe(void *const *states, uint32_t lanes)
{
	/* There is one. */
	struct file_sink *file = states[0];
	int failure = atomic_load_explicit(&file->failure, memory_order_relaxed);

	return json_pack("{s:s, s:s, s:n, s:s, s:I, s:I, s:I, s:s?}", "backend", "file", "state",
		failure == 0 ? "up" : "down", "brokers", "directory", file->directory, "lines",
		(json_int_t)gw_counter_get(&file->line_total), "pictures",
		(json_int_t)gw_counter_get(&file->picture_total), "failed",
		(json_int_t)gw_counter_get(&file->failed_total), "last_error",
		failure == 0 ? NULL : strerror(failure));
}

static void file_close(void *state)
{
	struct file_sink *file = state;

	if (!file)
		return;
	if (file->directory_fd >= 0)
		close(file->directory_fd);
	if (file->lines_fd >= 0)
		close(file->lines_fd);
	free(file->buffer);
	free(file->directory);
	free(file);
}

/* `path` and the directories above it. */
static int make_directories(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int status = mkdir(path, 0755);
		*slash = '/';
		if (status != 0 && errno != EEXIST)
			return -errno;
	}
	return mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : -errno;
}

/* What the user calls the directory. */
static const char *name_of(const struct file_sink *file)
{
	return file->gw->replay ? "replay: --output" : "kafka: directory";
}

/* Looks at what is in the camera's directory when it is met first. A replay stands for itself:
 * older pictures go. A gateway that starts again goes on after the last one. */
static int look_at_pictures(struct file_sink *file, const struct gw_camera *camera,
	struct sink_camera *made, struct gw_error *error)
{
	const char *name = camera->config->name;
	int status = 0;

	if (strcmp(file->seen[camera->id].name, name) == 0) {
		made->first_picture = file->seen[camera->id].first_picture;
		return 0;
	}
	if (file->gw->replay)
		status = pictures_remove(made->directory);
	else
		status = pictures_next(made->directory, &made->first_picture);
	if (status != 0)
		return gw_error_set(error, status,
			file->gw->replay
				? "replay: an older replay's pictures in %s/%s stay: %s"
				: "kafka: directory %s/%s: older pictures cannot be listed: %s",
			file->directory, name, strerror(-status));
	strcpy(file->seen[camera->id].name, name);
	file->seen[camera->id].first_picture = made->first_picture;
	return 0;
}

/* Opens the camera's own directory. */
static int file_camera_prepare(void *state, const struct gw_camera *camera,
	struct sink_camera *made, struct gw_error *error)
{
	struct file_sink *file = state;
	const char *name = camera->config->name;

	if (mkdirat(file->directory_fd, name, 0755) == 0 || errno == EEXIST)
		made->directory =
			openat(file->directory_fd, name, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (made->directory < 0)
		return gw_error_set(error, -errno, "%s %s/%s: %s%s", name_of(file), file->directory,
			name, strerror(errno),
			errno == EMFILE ? ": every camera takes one: raise the hard limit of open "
					  "files (LimitNOFILE= of the service, `ulimit -Hn`)"
					: "");
	return look_at_pictures(file, camera, made, error);
}

/* Opens the file for the lines. A pipe there would stop whoever opens it, and then the sink. */
static int open_lines(struct file_sink *file, struct gw_error *error)
{
	/* A gateway that starts again goes on; a replay stands for itself. */
	const int mode = O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK |
		(file->gw->replay ? O_TRUNC : O_APPEND);
	struct stat info;

	file->lines_fd = openat(file->directory_fd, GW_LINES_FILE, mode, 0644);
	/* What a pipe says that nobody reads. */
	if ((file->lines_fd < 0 && errno == ENXIO) ||
		(file->lines_fd >= 0 && fstat(file->lines_fd, &info) == 0 &&
			!S_ISREG(info.st_mode)))
		return gw_error_set(error, -EINVAL,
			"%s %s/frames.jsonl: it is not a regular file: move it away, or choose "
			"another directory",
			name_of(file), file->directory);
	file->written = file->lines_fd < 0 ? -1 : lseek(file->lines_fd, 0, SEEK_END);
	if (file->written < 0)
		return gw_error_set(error, -errno, "%s %s/frames.jsonl: %s", name_of(file),
			file->directory, strerror(errno));
	return 0;
}

static int open_files(struct file_sink *file, struct gw_error *error)
{
	int status = make_directories(file->directory);

	if (status == 0)
		file->directory_fd = open(file->directory, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (file->directory_fd < 0)
		return gw_error_set(error, status ? status : -errno,
			"%s %s: %s: choose one that gwd may write", name_of(file), file->directory,
			strerror(status ? -status : errno));
	return open_lines(file, error);
}

static int file_open(const struct gw *gw, struct sink *sink, void **state, struct gw_error *error)
{
	const char *directory = gw->replay ? gw->replay->output : gw->config->kafka->directory;

	struct file_sink *file = calloc(1, sizeof(*file));

	if (!file)
		return gw_error_set(error, -ENOMEM, "kafka: out of memory");
	file->gw = gw;
	file->sink = sink;
	file->lines_fd = -1;
	file->directory = strdup(directory);
	file->buffer = malloc(BUFFER_SIZE);
	file->directory_fd = -1;
	int status = file->directory && file->buffer
		? open_files(file, error)
		: gw_error_set(error, -ENOMEM, "kafka: out of memory");

	if (status != 0) {
		file_close(file);
		return status;
	}
	*state = file;
	return 0;
}

const struct sink_ops sink_file = {
	.name = "file",
	.one_lane = true,
	.camera_prepare = file_camera_prepare,
	.open = file_open,
	.submit = file_submit,
	.poll = file_poll,
	.housekeeping = file_housekeeping,
	.flush = file_flush,
	.purge = file_flush,
	.describe = file_describe,
	.close = file_close,
};
