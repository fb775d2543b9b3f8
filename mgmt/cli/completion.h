/* Completion in the shell: the script asks gwctl, and gwctl looks at the table of commands. */
#pragma once

#include "mgmt/cli/cli.h"

/* Prints what may stand in the place of the last of `words` (those after "gwctl"), one a line; a
 * line
 * "-files" asks the shell for file names. Asks the gateway for names, and stays silent without one.
 */
void completion_offer(struct cli *cli, int count, char *const *words);
