#include "gwd/model/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "gwd/model/command.h"
#include "gwd/model/options.h"
#include "gwd/model/run.h"

/* What is no number is no number of degrees either. */
static int read_degrees(const char *text)
{
	char *end;
	const unsigned long degrees = strtoul(text, &end, 10);

	return *text == '\0' || *end || degrees > 360 ? 360 : (int)degrees;
}

static int read_options(int argc, char **argv, struct run_options *options)
{
	const char *degrees = NULL;
	bool undrawn = false;
	const struct model_option words[] = {
		{.name = "output", .letter = 'o', .value = &options->output},
		{.name = "library", .value = &options->library},
		{.name = "backend", .value = &options->backend},
		{.name = "device", .value = &options->device},
		{.name = "json", .given = &options->json},
		{.name = "no-drawing", .given = &undrawn},
		{.name = "orientation", .value = &options->orientation},
		{.name = "rotate", .value = &degrees},
		{.name = "range", .value = &options->range},
		{0},
	};
	const int first = model_options_read(argc, argv, words);

	if (first < 0)
		return 2;
	if (undrawn)
		options->output = "";
	if (degrees)
		options->rotate = read_degrees(degrees);
	if (argc - first < 2)
		return model_command_fail(
			"check", "it needs the folder of a model and at least one JPEG picture", 2);
	options->directory = argv[first];
	options->paths = argv + first + 1;
	options->count = argc - first - 1;
	return 0;
}

int model_check(int argc, char **argv)
{
	struct run_options options = {.output = "model-check"};
	struct gw_error error;
	int status = read_options(argc, argv, &options);

	if (status != 0)
		return status;
	status = run_pictures(&options, &error);
	if (status != 0)
		fprintf(stderr, "%s: %s\n", program_invocation_short_name, error.text);
	return status != 0;
}
