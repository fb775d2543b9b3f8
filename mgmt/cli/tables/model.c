/* Commands about models and their versions. */
#include "mgmt/cli/commands.h"
#include "mgmt/cli/tables/tables.h"

const struct cli_command cli_model_commands[] = {
	{.noun = "model",
		.verb = "list",
		.summary = "the models that are loaded",
		.details =
			"Shows task, back-end, the cameras that use it, and how its batches run.",
		.example = "model list",
		.run = cli_model_list},
	{.noun = "model",
		.verb = "show",
		.argument = "NAME",
		.kind = CLI_MODEL,
		.summary = "everything about one model",
		.details = "Exit code 1 when there is no such model.",
		.example = "model show digits",
		.run = cli_model_show},
	{.noun = "model",
		.verb = "add",
		.argument = "DIR [PICTURE...]",
		.kind = CLI_FILE,
		.many = true,
		.summary = "put a version of a model into the repository",
		.details =
			"Copies model.onnx, model.yaml and what they name from DIR, or an ONNX "
			"file "
			"with the model.yaml beside it, loads the copy, runs it once and on the "
			"pictures that are given, by the gateway's own decoding, and only then "
			"gives it its place: it is never half there. The name comes from the "
			"path, the version is the next one, unless --name says otherwise. Cameras "
			"get it by `model rollout`; the version that runs goes on after a restart, "
			"too. Needs the program gwd on this machine and the right to write to the "
			"repository. Exit code 1 when the model is no good or the version is there "
			"already.",
		.example = "model add training/gate-v2 gate.jpg yard.jpg --name gate",
		.options = {{"--repository", "DIR", "where to (default: that of the gateway)"},
			{"--name", "NAME[/VERSION]", "what it is called there"},
			{"--library", "FILE", "libonnxruntime.so, where it is not found"}},
		.run = cli_model_add},
	{.noun = "model",
		.verb = "rollout",
		.argument = "NAME VERSION",
		.kind = CLI_MODEL,
		.many = true,
		.summary = "let another version look, step by step",
		.details =
			"Loads the version beside the one that looks at pictures now, lets it look "
			"at a share of them that grows step by step, and gives it the place when "
			"it "
			"has kept within the limits in all. What does worse is taken back by "
			"itself; `model status` says why. No frame is lost: what the new version "
			"cannot do, the old one does. A step takes as long as --hold says, and "
			"until so many pictures were looked at. Exit code 1 when it cannot begin, "
			"and then nothing has changed, or, with --wait, when it was taken back.",
		.example = "model rollout gate 2 --steps 5%,25%,100% --hold 10m --wait",
		.options = {{"--share", "SHARE", "to begin with, in place of the steps up to it"},
			{"--steps", "SHARES", "of the pictures (default 1%,10%,50%,100%)"},
			{"--hold", "TIME", "that each is kept at least (default 60s)"},
			{"--min-pictures", "NUMBER",
				"that it must have looked at in each (default 20)"},
			{"--max-errors", "SHARE",
				"that may fail beyond the old version's (default 1%)"},
			{"--max-latency", "TIMES",
				"as long as the old version takes (default 1.5x)"},
			{"--max-disagreement", "SHARE",
				"by which its answers may differ (default 20%)"},
			{"--wait", NULL, "until it is over, and tell how it goes"}},
		.run = cli_model_rollout},
	{.noun = "model",
		.verb = "status",
		.argument = "[NAME]",
		.kind = CLI_MODEL,
		.summary = "which versions look, and how rollouts go",
		.details = "Shows for each model that cameras name the version that looks at its "
			   "pictures, the one that is rolled out with its share and its step, what "
			   "both did since the step began, and how the last rollout ended. Exit "
			   "code 1 "
			   "when no camera names that model.",
		.example = "model status gate",
		.run = cli_model_status},
	{.noun = "model",
		.verb = "rollback",
		.argument = "NAME",
		.kind = CLI_MODEL,
		.summary = "go back to the version before, at once",
		.details =
			"Ends a rollout that is under way: from the next picture on the old "
			"version "
			"looks at all. Without one, the version that was replaced last is loaded "
			"and takes its place again. Exit code 1 when there is none.",
		.example = "model rollback gate",
		.run = cli_model_rollback},
	{.noun = "model",
		.verb = "check",
		.argument = "DIR PICTURE...",
		.kind = CLI_FILE,
		.many = true,
		.summary = "run JPEG pictures through a model",
		.details =
			"Runs pictures through the model in DIR (model.onnx and model.yaml) by the "
			"gateway's own decoding, scaling and inference, prints what it finds in "
			"the words of the records, and writes the pictures with that drawn on "
			"them. Needs no gateway, but the program gwd on this machine. Exit code 1 "
			"when the model or a picture cannot be used, with a line for each.",
		.example = "model check models/yolo/1 gate.jpg yard.jpg",
		.options = {{"--output", "DIR", "where drawn pictures go (default model-check)"},
			{"--orientation", "exif|ignore", "as of a camera (default exif)"},
			{"--rotate", "DEGREES", "as of a camera (default 0)"},
			{"--range", "full|limited", "as of a camera (default full)"},
			{"--library", "FILE", "libonnxruntime.so, where it is not found"}},
		.run = cli_model_check},
	{.noun = "model",
		.verb = "inspect",
		.argument = "FILE",
		.kind = CLI_FILE,
		.summary = "draft a model.yaml from an ONNX file",
		.details =
			"Reads names, shapes, operators and metadata of the graph, and prints a "
			"complete model.yaml with the likely head. What the graph does not say is "
			"marked CHECK, with what to look up. A summary goes to the standard error. "
			"Needs no gateway, but the program gwd on this machine. Exit code 1 when "
			"the file is no ONNX model, or takes no picture; a model of another "
			"framework is told how to be exported.",
		.example = "model inspect model.onnx > model.yaml",
		.run = cli_model_inspect},
	{.noun = NULL},
};
