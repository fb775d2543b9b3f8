/* The report of a search: one JSON document, from which the table and the page are made. */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "gwgen/gateway.h"
#include "gwgen/options.h"
#include "gwgen/search.h"
#include "gwgen/trial.h"

/* Each returns an object that the caller releases. */
json_t *line_rate_trial_json(const struct trial *trial);
json_t *line_rate_result_json(const char *what, bool frames, const struct search_result *result,
	double bytes, double packets_per_picture, double link_bps, json_t *trials);
json_t *line_rate_left_out_json(uint32_t size, uint32_t mtu);
json_t *line_rate_latency_json(double share, double rate, const struct gateway_latency *latency,
	const struct trial *trial);

/* A trial of the document, for another goal; false when the sender did not keep up in it. */
bool line_rate_trial_read(const json_t *object, bool frames, struct search_trial *trial);

/* The whole; `gateway` may be NULL. */
json_t *line_rate_report_json(const struct options *options, const struct output *output,
	const struct gateway *gateway, const struct search_goal *goal, json_t *results,
	json_t *latency);

/* Writes report.json and report.html into the folder, which is made. A negative errno and a line.
 */
int line_rate_report_write(json_t *report, const char *folder, struct gw_error *error);

/* As a table for people. */
void line_rate_report_print(const json_t *report, FILE *out);

/* The page alone. */
void line_rate_page_print(const json_t *report, FILE *out);
