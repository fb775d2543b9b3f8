/* `gwd bench kafka`: throughput of a producer and of consumers by partitions, against any broker.
 */
#pragma once

/* The words from "kafka" on. Returns the process's exit code. */
int bench_kafka(int argc, char **argv);
