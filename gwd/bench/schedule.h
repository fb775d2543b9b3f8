/* `gwd bench schedule`: how the gateway's scheduler spreads 40 items of work over 1 to 5 devices.
 */
#pragma once

/* The words from "schedule" on. Returns the process's exit code. */
int bench_schedule(int argc, char **argv);
