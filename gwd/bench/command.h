/* `gwd bench ...`: measurements that need no gateway. */
#pragma once

/* The words from "bench" on, which are argv[0]. Returns the process's exit code. */
int bench_command(int argc, char **argv);

/* A line on standard error, with the usage after it when the command line makes no sense. Returns
 * `code`. For the commands. */
int bench_command_fail(const char *command, const char *line, int code);
