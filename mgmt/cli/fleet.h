/* What gwctl leaves to the program of the cloud: many gateways at a time. */
#pragma once

/* Becomes `framegate-fleet` with these words, ended by NULL, of which the first is the program's
 * name. It is looked for in PATH: it is installed where a fleet is managed, not on gateways.
 * Returns only when there is none: an exit code, after a line that says so. */
int fleet_become(char *const words[]);
