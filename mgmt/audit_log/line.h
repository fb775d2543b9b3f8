/* A line of the audit log. */
#pragma once

#include <stdint.h>

struct audit_head;
struct json_t;

/* The one after the head's last, with its end: the entry's members, with a number and a time before
 * and the digest of the line before behind them. free(). NULL: out of memory. */
char *audit_line(const struct audit_head *head, const struct json_t *entry);

/* The same, of what the gateway itself found wrong with the log. */
char *audit_line_of_fault(const struct audit_head *head, const char *text, uint32_t faults);
