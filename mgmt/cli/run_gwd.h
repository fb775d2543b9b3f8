/* What gwctl leaves to the daemon's program: looking at models, which needs its engines. */
#pragma once

struct cli;

/* Becomes `gwd` with these words, ended by NULL, of which the first is "gwctl": by that name it
 * speaks, as the user called nothing else. It writes to the same
 * standard output and error, and its exit codes are gwctl's. It is looked for beside gwctl, in
 * ../sbin from there, and in PATH. Returns only when there is none: an exit code, after a line that
 * says where it was looked for. */
int run_gwd(struct cli *cli, char *const words[]);
