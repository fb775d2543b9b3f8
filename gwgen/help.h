/* Help, manual page, completion and the list of kinds, from the tables. */
#pragma once

#include <stdio.h>

#include "gwgen/options.h"

void help_overview(FILE *out);
void help_command(FILE *out, enum command command);
void help_manual(FILE *out); /* roff, man(7) */
void help_kinds(FILE *out);
void help_kinds_json(FILE *out);
void help_completion(FILE *out); /* for bash */
