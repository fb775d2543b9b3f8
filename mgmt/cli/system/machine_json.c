#include "mgmt/cli/system/machine_json.h"

#include <sys/timex.h>

struct machine machine_here(void)
{
	struct timex clock = {0};

	/* TIME_ERROR: not synchronised, or it cannot be told. */
	return (struct machine){.root = "",
		.clock_synchronised =
			adjtimex(&clock) != TIME_ERROR && !(clock.status & STA_UNSYNC)};
}

json_t *machine_findings_json(const struct machine_finding found[MACHINE_FINDINGS])
{
	json_t *list = json_array();

	for (int i = 0; i < MACHINE_FINDINGS; i++)
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s}", "subject", found[i].subject, "verdict",
				machine_verdict_name(found[i].verdict), "found", found[i].found,
				"advice", found[i].advice));
	return json_pack("{s:o}", "findings", list);
}

json_t *machine_json(void)
{
	struct machine_finding found[MACHINE_FINDINGS];
	const struct machine machine = machine_here();

	machine_check(&machine, found);
	return machine_findings_json(found);
}
