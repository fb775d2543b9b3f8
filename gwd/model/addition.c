#include "gwd/model/addition.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "accel/repository/repository.h"

static bool is_number(const char *text)
{
	return text[0] && text[strspn(text, "0123456789")] == '\0';
}

/* The last segments of the path say the name, as in .../NAME/VERSION or NAME.onnx. */
static void name_by_path(struct addition *add, bool is_file)
{
	char path[PATH_MAX];
	char *last;

	snprintf(path, sizeof(path), "%s", is_file ? add->onnx : add->from);
	last = strrchr(path, '/');
	if (is_file && strcmp(last + 1, "model.onnx") == 0)
		*last = '\0';
	last = strrchr(path, '/');
	if (last && last != path && is_number(last + 1)) {
		*last = '\0';
		last = strrchr(path, '/');
	}
	if (!last)
		return;
	char *end = strstr(last + 1, ".onnx");

	if (end)
		*end = '\0';
	snprintf(add->name, sizeof(add->name), "%.63s", last + 1);
}

static int name_it(struct addition *add, const struct add_options *options, bool is_file,
	struct gw_error *error)
{
	const char *slash = options->name ? strchr(options->name, '/') : NULL;
	const char *version = slash ? slash + 1 : NULL;
	const size_t length = options->name ? strcspn(options->name, "/") : 0;

	if (options->name)
		snprintf(add->name, sizeof(add->name), "%.*s", (int)length, options->name);
	else
		name_by_path(add, is_file);
	if (add->name[0] == '\0' || add->name[0] == '.' || strpbrk(add->name, ":/") ||
		length >= sizeof(add->name))
		return gw_error_set(error, -EINVAL,
			"\"%s\" can be no model's name: say one with --name NAME or --name "
			"NAME/VERSION, up to 63 characters without ':', the first of them no '.'",
			options->name ? options->name : add->name);
	if (version) {
		char *end;
		const unsigned long number = strtoul(version, &end, 10);

		add->version = version[0] >= '1' && version[0] <= '9' && *end == '\0' &&
				number <= UINT32_MAX
			? (uint32_t)number
			: 0;
		if (add->version == 0)
			return gw_error_set(error, -EINVAL,
				"version \"%s\" must be a number from 1 on, as in --name %s/2",
				version, add->name);
	} else {
		add->version = repository_highest(options->repository, add->name) + 1;
	}
	return 0;
}

int addition_find(struct addition *add, const struct add_options *options, struct gw_error *error)
{
	struct stat facts;

	if (!realpath(options->source, add->from) || stat(add->from, &facts) != 0)
		return gw_error_set(error, -errno, "%s: %s", options->source, strerror(errno));
	const bool is_file = S_ISREG(facts.st_mode);

	if (is_file) {
		strcpy(add->onnx, add->from);
		*strrchr(add->from, '/') = '\0';
	} else if (snprintf(add->onnx, sizeof(add->onnx), "%s/model.onnx", add->from) >=
		(int)sizeof(add->onnx)) {
		return gw_error_set(error, -ENAMETOOLONG, "%s: its path is too long", add->from);
	}
	return name_it(add, options, is_file, error);
}
