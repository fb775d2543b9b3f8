/* One consumer of a bench, as a process. */
#pragma once

/* `gwd bench kafka-reader DESCRIPTOR INDEX`, which nobody types: the words from "kafka-reader" on.
 * Reads the partitions of the board that are its own, from their beginning, until it has what it
 * expects. Returns the process's exit code. */
int bench_kafka_reader(int argc, char **argv);
