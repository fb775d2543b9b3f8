/* `gwd camera ...`: looks at cameras, without a gateway. */
#pragma once

/* `argv` begins with "camera". Returns an exit code. */
int camera_command(int argc, char **argv);
