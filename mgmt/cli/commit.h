/* Commits as a person makes them. */
#pragma once

#include "mgmt/cli/cli.h"

/* Prints what applying the file would change. Returns an exit code, CLI_NOT_WELL when something
 * would. */
int commit_look(struct cli *cli, const char *file);

/* Makes a commit of the file, with the options of the command that runs; `revision` may be NULL.
 * Returns an exit code. */
int commit_file(struct cli *cli, const char *file, const char *revision);
