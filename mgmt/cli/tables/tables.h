/* The tables of commands, a table for what they are about; commands.c puts them in order. Each is
 * ended by an entry without a noun; a noun's commands stand together. */
#pragma once

#include "mgmt/cli/cli.h"

extern const struct cli_command cli_gateway_commands[];
extern const struct cli_command cli_camera_commands[];
extern const struct cli_command cli_accel_commands[];
extern const struct cli_command cli_model_commands[];
extern const struct cli_command cli_config_commands[];
extern const struct cli_command cli_access_commands[];
extern const struct cli_command cli_system_commands[];
extern const struct cli_command cli_own_commands[];
