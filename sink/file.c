/* Writes pictures and results into a directory: DIR/<camera>/<number>.jpg, and one JSON line per
 * frame in DIR/frames.jsonl, or a message in DIR/frames.pb (file.proto). What a model made better
 * lies beside the picture, as DIR/<camera>/<number>.enhanced-<finding>.jpg. A replay's output, and
 * a gateway's without Kafka. No picture is ever written over another.
 *
 * Lines and messages are gathered and count as delivered when the kernel has them, in the file that
 * has the name: one that was moved away or removed is made again. What cannot be written whole is
 * taken back, so that the file always ends with a whole one.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "sink/failure.h"
#include "sink/file_fields.h"
#include "sink/findings.h"
#include "sink/output.h"
#include "sink/output_end.h"
#include "sink/pictures.h"
#include "sink/record.h"
#include "sink/sink.h"
#include "sink/whole.h"
#include "sink/wire.h"

#define LINES 1024
#define BUFFER_SIZE (4u * OUTPUT_ENTRY)
#define LOOK_EVERY_NS GW_NS_PER_S

struct pending_line {
	uint32_t camera;
	uint64_t receipt;
	int64_t since;
};

struct file_sink {
	const struct gw *gw;
	struct sink *sink;
	struct output output;
	int64_t looked_at; /* whether the output is still there */

	char *buffer;
	size_t buffered;
	struct pending_line lines[LINES]; /* that the buffer holds */
	uint32_t line_count;

	bool made_again; /* the file of records, since the last housekeeping */
	struct failure line_failure, picture_failure;
	struct gw_counter line_total, picture_total;

	/* By the camera's slot: whose pictures were looked at, and the number that the first of
	 * this run has. Control thread. */
	struct {
		char name[GW_NAME];
		uint64_t first_picture;
	} seen[GW_CAMERAS];
	/* By the same, when the camera's folder was looked for. The lane's thread. */
	int64_t folder_looked_at[GW_CAMERAS];
};

/* Writes out what is gathered and reports it. */
static uint32_t write_lines(struct file_sink *file)
{
	uint32_t count = file->line_count;

	if (count == 0)
		return 0;
	int status = output_look(&file->output, &file->made_again);

	if (status == 0)
		status = output_add(&file->output, file->buffer, file->buffered);
	failure_note(&file->line_failure, status);
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

/* Writes one picture; nothing is left of one that did not get in whole. */
static int write_picture(int folder, const char *name, const struct sink_record *record)
{
	const int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0)
		return -errno;
	int status = write_whole(fd, record->value, record->size);

	/* Some file systems tell of a full disk only here. */
	if (close(fd) != 0 && status == 0)
		status = -errno;
	if (status != 0)
		(void)unlinkat(folder, name, 0);
	return status;
}

/* Somebody may have moved the camera's folder away, or removed it: then there is a new one. */
static int look_for_folder(
	struct file_sink *file, const struct sink_record *record, int folder, int64_t now)
{
	int64_t *last = &file->folder_looked_at[record->frame->camera];

	if (now - *last < LOOK_EVERY_NS)
		return 0;
	int status = output_look(&file->output, &file->made_again);

	if (status == 0)
		status = output_look_at_folder(&file->output, record->camera, folder);
	/* What did not go is tried for the next picture: none goes where nobody looks for it. */
	*last = status == 0 ? now : 0;
	return status;
}

static enum gw_drop submit_picture(struct file_sink *file, const struct sink_record *record)
{
	char name[PICTURE_NAME];
	const struct sink_camera *camera = record->frame->version->of[GW_STAGE_SINK];
	const int64_t begin = gw_now();
	int status = look_for_folder(file, record, camera->directory, begin);

	picture_name(name, camera->first_picture + record->frame->sequence, record->finding);
	if (status == 0)
		status = write_picture(camera->directory, name, record);
	/* The folder was removed since the last look. */
	if (status == -ENOENT) {
		file->folder_looked_at[record->frame->camera] = 0;
		status = look_for_folder(file, record, camera->directory, begin);
		if (status == 0)
			status = write_picture(camera->directory, name, record);
	}
	failure_note(&file->picture_failure, status);
	if (status != 0)
		return GW_DROP_SAMPLE_LOST;
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
	writer_raw(writer, ",\"time\":");
	writer_string(writer, record->time);
	writer_raw(writer, ",\"clock_source\":");
	writer_string(writer, record_clock_name(frame->clock));
	writer_raw(writer, ",\"width\":");
	writer_unsigned(writer, frame->width);
	writer_raw(writer, ",\"height\":");
	writer_unsigned(writer, frame->height);
	record_write_orientation(writer, frame);
	writer_raw(writer, ",\"file\":");
	if (record->sampled) {
		picture_name(name, camera->first_picture + frame->sequence, GW_NO_FINDING);
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

/* A varint of what follows, and that. */
static void write_message(struct writer *writer, const struct sink_record *record)
{
	const struct sink_camera *camera = record->frame->version->of[GW_STAGE_SINK];
	char head[16], end[GW_NAME + PICTURE_NAME + 8], path[GW_NAME + PICTURE_NAME];
	char name[PICTURE_NAME];
	struct writer before, behind;

	writer_begin(&before, head, sizeof(head));
	wire_number(&before, FILE_RESULT, record->size);
	/* The number of a field of bytes differs from that of a number by its type alone. */
	head[0] = FILE_RESULT_TAG;
	writer_begin(&behind, end, sizeof(end));
	if (record->sampled) {
		picture_name(name, camera->first_picture + record->frame->sequence, GW_NO_FINDING);
		snprintf(path, sizeof(path), "%s/%s", record->camera, name);
		wire_string(&behind, FILE_FILE, path);
	}
	wire_element(writer, before.size + record->size + behind.size);
	writer_bytes(writer, head, before.size);
	writer_bytes(writer, record->value, record->size);
	writer_bytes(writer, end, behind.size);
}

static enum gw_drop submit_line(struct file_sink *file, const struct sink_record *record)
{
	struct writer writer;

	if (file->line_count == LINES || BUFFER_SIZE - file->buffered < OUTPUT_ENTRY)
		write_lines(file);
	writer_begin(&writer, file->buffer + file->buffered, OUTPUT_ENTRY);
	if (file->output.format == GW_RECORD_PROTOBUF)
		write_message(&writer, record);
	else
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

/* Also while no lines come, who moved the file away finds a new one. */
static void look_now_and_then(struct file_sink *file, int64_t now)
{
	if (now - file->looked_at < LOOK_EVERY_NS)
		return;
	file->looked_at = now;
	const int status = output_look(&file->output, &file->made_again);

	if (status != 0 || file->made_again)
		failure_note(&file->line_failure, status);
}

static void file_housekeeping(void *state, int64_t now)
{
	struct file_sink *file = state;

	write_lines(file);
	look_now_and_then(file, now);
	if (file->made_again)
		gw_info("kafka", "%s was moved away or removed: there is a new one",
			file->output.lines_path);
	file->made_again = false;
	failure_tell(&file->line_failure, file->output.path, now);
	failure_tell(&file->picture_failure, file->output.path, now);
}

static void file_flush(void *state)
{
	write_lines(state);
}

static void file_health(void *const *states, uint32_t lanes, struct gw_health *health)
{
	const struct file_sink *file = states[0];

	failure_health(&file->line_failure, file->output.path, health);
	failure_health(&file->picture_failure, file->output.path, health);
}

static struct json_t *file_describe(void *const *states, uint32_t lanes)
{
	/* There is one. */
	struct file_sink *file = states[0];
	const int lines = failure_now(&file->line_failure);
	const int failure = lines != 0 ? lines : failure_now(&file->picture_failure);
	const uint64_t failed = gw_counter_get(&file->line_failure.total) +
		gw_counter_get(&file->picture_failure.total);

	return json_pack("{s:s, s:s, s:n, s:s, s:I, s:I, s:I, s:s?}", "backend", "file", "state",
		failure == 0 ? "up" : "down", "brokers", "directory", file->output.path, "lines",
		(json_int_t)gw_counter_get(&file->line_total), "pictures",
		(json_int_t)gw_counter_get(&file->picture_total), "failed", (json_int_t)failed,
		"last_error", failure == 0 ? NULL : strerror(failure));
}

static void file_close(void *state)
{
	struct file_sink *file = state;

	if (!file)
		return;
	output_close(&file->output);
	free(file->buffer);
	free(file);
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
			file->output.path, name, strerror(-status));
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

	made->directory = output_folder(&file->output, name);
	if (made->directory < 0)
		return gw_error_set(error, made->directory, "%s %s/%s: %s%s", file->output.name,
			file->output.path, name, strerror(-made->directory),
			made->directory == -EMFILE
				? ": every camera takes one: raise the hard limit of open "
				  "files (LimitNOFILE= of the service, `ulimit -Hn`)"
				: "");
	return look_at_pictures(file, camera, made, error);
}

static int file_open(const struct gw *gw, struct sink *sink, void **state, struct gw_error *error)
{
	/* A replay's output is for its reader, whatever goes to brokers. */
	const enum gw_record_format format =
		gw->replay ? GW_RECORD_JSON : gw->config->kafka->format;
	struct file_sink *file = calloc(1, sizeof(*file));

	if (!file)
		return gw_error_set(error, -ENOMEM, "kafka: out of memory");
	file->gw = gw;
	file->sink = sink;
	file->line_failure = (struct failure){
		.what = format == GW_RECORD_PROTOBUF ? GW_MESSAGES_FILE : GW_LINES_FILE,
		.id = "kafka.file.failed",
		.severity = GW_FAILED};
	file->picture_failure = (struct failure){
		.what = "a picture", .id = "kafka.file.pictures", .severity = GW_DEGRADED};
	file->buffer = malloc(BUFFER_SIZE);
	/* A gateway that starts again goes on; a replay stands for itself. */
	const struct output_place place = gw->replay
		? (struct output_place){gw->replay->output, "replay: --output", format, true}
		: (struct output_place){
			  gw->config->kafka->directory, "kafka: directory", format, false};
	int status = output_open(&file->output, &place, error);

	if (status == 0 && !file->buffer)
		status = gw_error_set(error, -ENOMEM, "kafka: out of memory");
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
	.health = file_health,
	.describe = file_describe,
	.close = file_close,
};
