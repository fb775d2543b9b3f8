#include "gwd/camera/command.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/camera.h"
#include "core/config/json.h"
#include "gwd/camera/probe.h"
#include "gwd/camera/report.h"

#define SECONDS 5
#define SECONDS_MOST 600

static void help(FILE *to)
{
	fputs("gwd camera: looks at cameras, without a gateway\n\n"
	      "usage:\n"
	      "  gwd camera probe [OPTIONS] URL    ask an RTSP camera what it sends\n\n"
	      "options:\n"
	      "  --user NAME             whom the camera asks for\n"
	      "  --password-file FILE    its first line is the password\n"
	      "  --password-env NAME     the variable that holds the password\n"
	      "  --transport WAY         auto, udp, multicast or tcp\n"
	      "  --tls-ca-file FILE      who may have signed its certificate, for rtsps://\n"
	      "  --tls-fingerprint SHA   its certificate itself, whoever signed it (SHA-256)\n"
	      "  --srtp SUITE,FILE       SRTP whose key the camera does not say: suite, and the\n"
	      "                          file with the key\n"
	      "  --seconds N             how long to listen (default 5)\n"
	      "  --json                  all that was found, as one object\n",
		to);
}

/* Whoever was called says it: gwctl lends this program its name. */
static int fail(const char *line, int code)
{
	const char *caller = program_invocation_short_name;

	fprintf(stderr, "%s: camera probe: %s\n", caller, line);
	if (code == 2)
		fprintf(stderr, "%s: `%s camera --help` shows the usage\n", caller, caller);
	return code;
}

/* The options are checked as the file is; the place in a text that nobody wrote is left out. */
static int read_camera(json_t *json, struct gw_camera_config **camera, struct gw_error *error)
{
	const int status = gw_config_camera_from_json(json, "camera", camera, error);
	int line, column, size = 0;

	if (status != 0 && sscanf(error->text, "camera:%d:%d: %n", &line, &column, &size) == 2 &&
		size > 0)
		memmove(error->text, error->text + size, strlen(error->text + size) + 1);
	return status;
}

/* "SUITE,FILE" into the keys of the configuration. */
static bool put_srtp(json_t *body, const char *value)
{
	const size_t suite = strcspn(value, ",");

	return value[suite] && value[suite + 1] &&
		json_object_set_new(body, "srtp",
			json_pack("{s:s%, s:s}", "suite", value, suite, "key_file",
				value + suite + 1)) == 0;
}

static int run(const struct gw_camera_config *camera, uint32_t seconds, bool json)
{
	static struct probe probe;
	struct gw_error error;
	bool good = true;

	signal(SIGPIPE, SIG_IGN);
	probe.camera = camera;
	probe.seconds = seconds;
	if (probe_run(&probe, &error) != 0)
		return fail(error.text, 1);
	if (json) {
		good = probe_json(stdout, &probe);
	} else {
		probe_yaml(stdout, &probe);
		probe_print(stderr, &probe);
	}
	if (!good || fflush(stdout) != 0)
		return fail("what was found could not be written to the standard output", 1);
	return probe.measure.pictures > 0 ? 0 : 1;
}

static int probe_command(int argc, char **argv)
{
	static const struct option options[] = {
		{"user", required_argument, NULL, 'u'},
		{"password-file", required_argument, NULL, 'f'},
		{"password-env", required_argument, NULL, 'e'},
		{"transport", required_argument, NULL, 't'},
		{"tls-ca-file", required_argument, NULL, 'c'},
		{"tls-fingerprint", required_argument, NULL, 'p'},
		{"srtp", required_argument, NULL, 'k'},
		{"seconds", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},
		{0},
	};
	static const char *const keys[] = {['u'] = "user",
		['f'] = "password_file",
		['e'] = "password_env",
		['c'] = "tls_ca_file",
		['p'] = "tls_fingerprint",
		['t'] = "transport"};
	json_t *body = json_pack("{s:s}", "name", "camera");
	struct gw_camera_config *camera;
	struct gw_error error;
	unsigned long seconds = SECONDS;
	bool json = false, good = true;
	char *end = "";
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (option == 'j')
			json = true;
		else if (option == 's')
			seconds = strtoul(optarg, &end, 10);
		else if (option == 'k')
			good = put_srtp(body, optarg) && good;
		else if (option != '?')
			good = json_object_set_new(body, keys[option], json_string(optarg)) == 0 &&
				good;
		else
			good = false;
	}
	if (!good || optind + 1 != argc || *end || seconds < 1 || seconds > SECONDS_MOST ||
		json_object_set_new(body, "url", json_string(argv[optind])) != 0) {
		json_decref(body);
		return fail("it takes one URL, and options with a value that makes sense "
			    "(--seconds: 1 to 600, --srtp: SUITE,FILE)",
			2);
	}
	const int status = read_camera(body, &camera, &error);

	json_decref(body);
	if (status != 0)
		return fail(error.text, 2);
	const int code = run(camera, (uint32_t)seconds, json);

	gw_config_camera_free(camera);
	return code;
}

int camera_command(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	if (strcmp(word, "probe") == 0)
		return probe_command(argc - 1, argv + 1);
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
		if (argc > 2) {
			fprintf(stderr, "%s: '%s' is one word too many\n",
				program_invocation_short_name, argv[2]);
			return 2;
		}
		help(stdout);
		return 0;
	}
	if (word[0])
		fprintf(stderr, "%s: unknown command 'camera %s'\n", program_invocation_short_name,
			word);
	help(stderr);
	return 2;
}
