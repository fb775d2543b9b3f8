/* Understands the command line by the table of commands. */
#pragma once

#include "core/error.h"
#include "mgmt/cli/cli.h"

/* Fills `cli` but for what belongs to the terminal. The words stay the caller's and must outlive
 * it. Options may stand anywhere; "--" ends them; "--name=value" is the same as "--name value".
 * Returns 0, or -EINVAL with a line that says what to type instead. */
int arguments_parse(int count, char *const *argv, struct cli *cli, struct gw_error *error);

/* The command with these words, or NULL. `verb` may be NULL. */
const struct cli_command *arguments_command(const char *noun, const char *verb);

/* True when the table knows the noun; *verbs tells whether it wants a verb. */
bool arguments_noun(const char *noun, bool *verbs);
