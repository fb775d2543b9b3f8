#include "gwd/model/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PYTORCH \
	"it is a PyTorch file, not ONNX: export it with torch.onnx.export(model, picture, " \
	"\"model.onnx\"); an Ultralytics model with `yolo export model=FILE.pt format=onnx`"
#define TENSORFLOW \
	"python -m tf2onnx.convert --saved-model FOLDER --output model.onnx (or --graphdef " \
	"FILE.pb " \
	"--inputs NAME:0 --outputs NAME:0)"

/* Signatures of files that are given by mistake. */
static const struct {
	size_t at, size;
	const char *bytes, *advice;
} others[] = {
	{0, 4, "PK\x03\x04", PYTORCH},
	{0, 2, "\x80\x02", PYTORCH},
	{4, 4, "TFL3",
		"it is a TensorFlow Lite file, not ONNX: convert it with python -m tf2onnx.convert "
		"--tflite FILE --output model.onnx"},
	{0, 4, "\x89HDF",
		"it is a Keras file, not ONNX: save it with model.export(FOLDER), "
		"then " TENSORFLOW},
	{4, 4, "ORTM",
		"it is in ONNX Runtime's own format: give the .onnx file that it was made from"},
	{0, 23, "version https://git-lfs",
		"it only says where Git LFS keeps the model: fetch it with git lfs pull"},
	{8, 1, "{",
		"it has weights alone (safetensors): load them into the model, and export that "
		"with torch.onnx.export(model, picture, \"model.onnx\")"},
	{0, 1, "<",
		"it is a page of the web or XML, not ONNX: download the file itself; an OpenVINO "
		"model is given as the .onnx that it was made from"},
};

static const struct {
	const char *end, *advice;
} endings[] = {
	{".pb", "it is a TensorFlow graph, not ONNX: convert it with " TENSORFLOW},
	{".pt", PYTORCH},
	{".pth", PYTORCH},
	{".engine", "it is made for one GPU by TensorRT: give the .onnx that it was made from"},
	{".plan", "it is made for one GPU by TensorRT: give the .onnx that it was made from"},
};

static bool ends_with(const char *path, const char *end)
{
	const size_t size = strlen(path), wanted = strlen(end);

	return size > wanted && strcmp(path + size - wanted, end) == 0;
}

int model_file_open(const char *path, struct model_file *file, struct gw_error *error)
{
	struct stat facts;
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return gw_error_set(error, -errno, "%s: %s", path, strerror(errno));
	if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode) || facts.st_size == 0) {
		close(fd);
		return gw_error_set(error, -EINVAL,
			S_ISDIR(facts.st_mode)
				? "%s: it is a folder: name the .onnx file in it; a SavedModel is "
				  "converted with " TENSORFLOW
				: "%s: it is empty or no file: copy the model again",
			path);
	}
	void *data = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

	close(fd);
	if (data == MAP_FAILED)
		return gw_error_set(error, -errno, "%s: %s", path, strerror(errno));
	*file = (struct model_file){data, (size_t)facts.st_size};
	return 0;
}

void model_file_explain(const char *path, const struct model_file *file, struct gw_error *error)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i].at + others[i].size <= file->size &&
			memcmp(file->data + others[i].at, others[i].bytes, others[i].size) == 0) {
			gw_error_set(error, -EINVAL, "%s", others[i].advice);
			return;
		}
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (ends_with(path, endings[i].end)) {
			gw_error_set(error, -EINVAL, "%s", endings[i].advice);
			return;
		}
}

void model_file_close(struct model_file *file)
{
	munmap((void *)file->data, file->size);
}
