/* What a graph is, for people and for scripts. Private to `gwd model inspect`. */
#pragma once

#include "accel/repository/onnx_external.h"
#include "gwd/model/draft_yaml.h"

struct draft_report {
	const struct draft_facts *facts;
	const struct onnx_external *external;
	size_t size; /* of the file, bytes */
	const char *yaml; /* the draft */
	uint32_t checks; /* lines that are marked in it */
};

void draft_report_print(FILE *to, const struct draft_report *report);

/* One JSON object. False when out of memory. */
bool draft_report_json(FILE *to, const struct draft_report *report);
