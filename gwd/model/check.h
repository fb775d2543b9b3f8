/* `gwd model check DIR PICTURE...`: runs pictures through a model, by the gateway's own stages. */
#pragma once

/* Exit code 0, 1 when the model or a picture is no good (a line each on standard error), 2 for a
 * command line that makes no sense. */
int model_check(int argc, char **argv);
