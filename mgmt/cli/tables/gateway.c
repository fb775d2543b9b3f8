/* Commands about the gateway as a whole. */
#include "mgmt/cli/commands.h"
#include "mgmt/cli/tables/tables.h"

const struct cli_command cli_gateway_commands[] = {
	{.noun = "status",
		.summary = "the gateway at a glance",
		.details =
			"Shows whether all is well, how many cameras are live, how many frames the "
			"gateway received, delivered and dropped, and how it stands with Kafka. "
			"Lists its troubles, with what to do about them; a mere notice does no "
			"harm. Exit code 1, and the state says why, unless the gateway is ready, "
			"what its configuration names works (Kafka's brokers answer, or the files "
			"for results can be written), and there is no trouble worse than a notice. "
			"A camera that is silent is no fault of the "
			"gateway: see `camera list`.",
		.example = "status",
		.run = cli_status},
	{.noun = "alarm",
		.verb = "list",
		.summary = "what an operator is to be told",
		.details =
			"The alarms that are raised now, the worst first: since when, of which "
			"camera, port or other thing, how often so far, what is wrong and what to "
			"do. With --all, what was raised and cleared since the gateway started, "
			"the last 256 of it. `alarms` of the configuration says what counts, and "
			"who else is told: docs/alarms.md. With --camera, those of one camera that "
			"are told one by one. Exit code 1 when there is an alarm; with --all, 0.",
		.example = "alarm list --all",
		.options = {{"--all", NULL, "what was raised and cleared, the oldest first"},
			{"--camera", "NAME", "what is about this camera alone"}},
		.run = cli_alarm_list},
	{.noun = "drops",
		.summary = "what was dropped, and why",
		.details = "Every packet, record, frame or sample that did not go on has one "
			   "reason. Shows "
			   "the "
			   "reasons that occurred with the cameras they hit most; below, what was "
			   "noticed "
			   "and is no drop, and who sends packets that are no camera's.",
		.example = "drops --all",
		.options = {{"--all", NULL, "also the reasons that never occurred"}},
		.run = cli_drops},
	{.noun = "latency",
		.summary = "how long frames take, stage by stage",
		.details = "Percentiles since the gateway started: for each part of a frame's way, "
			   "and from "
			   "end to end for each camera; with --last-minute of the frames of the "
			   "last minute, for all cameras together.",
		.example = "latency --last-minute",
		.options = {{"--last-minute", NULL, "only of the last minute"}},
		.run = cli_latency},
	{.noun = "metrics",
		.summary = "all figures, for Prometheus",
		.details = "Prints what GET /metrics answers (text exposition format 0.0.4), for a "
			   "collector of text files, say: docs/monitoring.md.",
		.example = "metrics > gateway.prom",
		.run = cli_metrics},
	{.noun = "audit",
		.summary = "check that everything is accounted for",
		.details =
			"Holds received = delivered + dropped + in flight for packets, frames and "
			"samples, camera by camera, on the running gateway. Shows the totals and "
			"what "
			"does not balance. Exit code 1 when something does not.",
		.example = "audit --all",
		.options = {{"--all", NULL, "also the cameras that balance"}},
		.run = cli_audit},
	{.noun = "audit-log",
		.verb = "show",
		.argument = "[FOLDER]",
		.kind = CLI_FILE,
		.summary = "what was changed last, and by whom",
		.details = "The last 200 lines of the log of changes: who, in which role, from "
			   "where, what, and what came of it; with --json also bodies, without "
			   "their secrets, and what was before. With FOLDER, of the log that lies "
			   "there, for which no gateway need run. Exit code 1 when something of "
			   "it was changed or taken away.",
		.example = "audit-log show",
		.run = cli_audit_log_show},
	{.noun = "audit-log",
		.verb = "verify",
		.argument = "[FOLDER]",
		.kind = CLI_FILE,
		.summary = "see whether the log of changes is whole",
		.details = "Reads all of it: each line names the digest of the one before. "
			   "Finds a line that was changed, one that is missing, and an end that "
			   "was cut off. With FOLDER, the log that lies there, for which no "
			   "gateway need run. Exit code 1 when something is wrong. `audit` is "
			   "something else: the balance of frames.",
		.example = "audit-log verify /var/lib/framegate/api/audit-log",
		.run = cli_audit_log_verify},
	{.noun = "stages",
		.summary = "the stages of the pipeline",
		.details = "Shows how busy each stage's threads were over the last second (100 % "
			   "is one "
			   "processor), how many frames wait in front of it, and what it says of "
			   "itself.",
		.example = "stages",
		.run = cli_stages},
	{.noun = "trace",
		.argument = "SECONDS FILE",
		.kind = CLI_FILE,
		.many = true,
		.summary = "record a timeline of frames and batches",
		.details =
			"Records for so many seconds, 60 at most, and writes a file that "
			"ui.perfetto.dev and chrome://tracing open: a track for each device and "
			"each thread of the pipeline, a slice for each batch and for each step of "
			"a frame, arrows along each frame's way. What found no room is counted in "
			"the file (otherData.left_out). FILE - is the standard output. One "
			"recording at a time.",
		.example = "trace 5 trace.json",
		.run = cli_trace},
	{.noun = "top",
		.summary = "watch the gateway live",
		.details =
			"Refreshes until q or Ctrl-C; s sorts by the next figure, space and b turn "
			"the pages, / begins a part of a name to show these cameras alone, and "
			"Enter ends it. Away from a terminal it prints once, all cameras unless "
			"--rows says how many.",
		.example = "top --sort loss --filter gate",
		.options = {{"--once", NULL, "print once and end"},
			{"--interval", "SECONDS", "time between two refreshes (default 1)"},
			{"--sort", "ORDER",
				"name (default), state, rate, loss, dropped or latency: the worst "
				"first"},
			{"--filter", "TEXT", "cameras with this in their names"},
			{"--rows", "NUMBER", "cameras on a page (default: what fits)"},
			{"--page", "NUMBER", "which page (default 1)"}},
		.run = cli_top},
	{.noun = "log",
		.summary = "the latest lines of the gateway's log",
		.details =
			"The gateway keeps the last 512 lines of its log, wherever else that goes. "
			"With --follow those that come are printed too, until Ctrl-C; a gateway "
			"that restarts is waited for. With --json each line is an object on a line "
			"of its own. Needs the role admin.",
		.example = "log --follow",
		.options = {{"--follow", NULL, "go on with what comes"},
			{"--lines", "NUMBER", "how many, 0 to 200 (default 50)"}},
		.run = cli_log},
	{.noun = "wait",
		.summary = "wait until the gateway is ready",
		.details = "For scripts: looks ten times a second, also while nobody answers yet. "
			   "Exit code 0 as soon as all that was asked for holds; 1 when it did not "
			   "come to that in time, 3 when nobody answered at the end.",
		.example = "wait --ready --timeout 30",
		.options = {{"--ready", NULL, "it runs, and takes packets"},
			{"--well", NULL, "and nothing is wrong, as `status` sees it"},
			{"--live", "CAMERA", "and pictures come from this camera"},
			{"--timeout", "SECONDS", "how long at most (default 60)"}},
		.run = cli_wait},
	{.noun = NULL},
};
