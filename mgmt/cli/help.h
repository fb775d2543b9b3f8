/* Help texts and the manual page, out of the table of commands. */
#pragma once

#include <stdio.h>

#include "mgmt/cli/cli.h"

void help_overview(FILE *out);
void help_command(FILE *out, const struct cli_command *command);
void help_noun(FILE *out, const char *noun); /* all of its verbs */
void help_manual(FILE *out); /* roff, man(7) */
