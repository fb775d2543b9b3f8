/* Pieces of output that several commands share. */
#pragma once

#include "mgmt/cli/reply.h"
#include "mgmt/cli/table.h"
#include "mgmt/cli/units.h"

/* Prints the table as wide as the terminal and destroys it. */
void view_table(const struct cli *cli, struct table *table);

/* "camera     cam0": one line of a description; `value` in its style. */
__attribute__((format(printf, 4, 5))) void view_line(
	const struct cli *cli, const char *label, enum style style, const char *format, ...);

/* "120 received = 110 delivered + 8 dropped + 2 in flight". */
void view_flow(const struct cli *cli, const char *label, const json_t *flow);

enum style view_camera_style(const char *state);

/* What share of the camera's packets was lost lately: "1.2 %"; "-" where none come by the network.
 * Returns `text`. */
const char *view_lost(const json_t *camera, char text[UNITS_TEXT]);
enum style view_lost_style(const json_t *camera);

/* How it stands with Kafka, from the status. */
void view_kafka(const struct cli *cli, const json_t *kafka);
