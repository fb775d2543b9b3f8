/* `gwd model inspect FILE.onnx [--json]`: drafts a model.yaml from a graph onto standard output,
 * and sums the graph up on standard error. */
#pragma once

/* The words from "inspect" on. Returns the process's exit code. */
int model_inspect(int argc, char **argv);
