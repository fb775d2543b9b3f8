/* `gwd model add DIR|FILE.onnx [PICTURE...] --repository DIR`: puts a version of a model into a
 * repository, after it was loaded, run once, and tried on the pictures. */
#pragma once

/* Exit code 0, 1 when it cannot be added (a line on standard error), 2 for a command line that
 * makes no sense. */
int model_add(int argc, char **argv);
