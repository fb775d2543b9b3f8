/* Runs the cells of a bench, one after the other, and keeps its topics in order. */
#pragma once

#include "core/error.h"
#include "gwd/bench/kafka/book.h"
#include "gwd/bench/kafka/plan.h"

/* Runs those cells that the book has not. Topics of the run are made, noted in the book and removed
 * again, also when it ends early. 0, or a negative errno with a line: -EINTR when the user ends it.
 */
int run_cells(struct plan *plan, struct book *book, struct gw_error *error);
