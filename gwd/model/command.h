/* `gwd model ...`: what is done with a model's files, without a gateway. */
#pragma once

/* The words from "model" on, which are argv[0]. Returns the process's exit code. */
int model_command(int argc, char **argv);

/* A line on standard error, with the usage after it when the command line makes no sense. Returns
 * `code`. For the commands. */
int model_command_fail(const char *command, const char *line, int code);
