#include "mgmt/cli/commands.h"

#include <stddef.h>

#include "mgmt/cli/cli.h"

const struct cli_option cli_global_options[] = {
	{"--socket", "PATH",
		"where the gateway answers (default " CLI_SOCKET ", or $FRAMEGATE_SOCKET)"},
	{"--json", NULL, "print what the API says, for scripts"},
	{"--no-color", NULL, "never colour (also with NO_COLOR set, or away from a terminal)"},
	{"--help", NULL, "explain a command"},
	{"--version", NULL, "print gwctl's version"},
	{NULL, NULL, NULL},
};

/* What a camera is given: the keys of the configuration. */
#define CAMERA_OPTIONS \
	{ \
		{"--source", "ADDRESS", "only this address may send"}, \
			{"--destination", "ADDRESS", \
				"where the stream is sent: an address of ours, or a multicast " \
				"group"}, \
			{"--port", "NUMBER", "UDP destination port"}, \
			{"--url", "URL", \
				"in place of these three: rtsp://HOST[:PORT]/PATH of a camera " \
				"that " \
				"is asked to send"}, \
			{"--user", "NAME", "whom the camera asks for"}, \
			{"--password-file", "FILE", \
				"its first line is the password; gwd reads it"}, \
			{"--password-env", "NAME", \
				"the variable of gwd's environment that holds the password"}, \
			{"--transport", "auto|udp|multicast|tcp", "how packets are asked for"}, \
			{"--ssrc", "NUMBER", "only this RTP source (default any)"}, \
			{"--payload-type", "NUMBER", "RTP payload type of the pictures"}, \
			{"--width", "PIXELS", \
				"width of the pictures (default: the stream says it)"}, \
			{"--height", "PIXELS", "height of the pictures"}, \
			{"--model", "NAME", "the model that looks at it (default none)"}, \
			{"--plan", "STEPS", \
				"several models instead, a list in JSON as in the " \
				"configuration's " \
				"`plan`"}, \
			{"--region", "X,Y,WIDTH,HEIGHT", \
				"the part that the model sees, in pixels"}, \
			{"--quota", "FRAMES", "frames in flight before load is shed (default 8)"}, \
			{"--conceal", "true|false", "replace lost restart chunks"}, \
			{"--srtp", "SUITE,FILE", "SRTP: suite, and the file with its key"}, \
			{"--rtcp", "true|false", "believe its RTCP and answer it"}, \
			{"--orientation", "exif|ignore", \
				"whether Exif says which side is up (default exif)"}, \
			{"--rotate", "DEGREES", \
				"turn it clockwise by 0, 90, 180 or 270 (default 0)"}, \
			{"--range", "full|limited", \
				"levels of 0 to 255 (default), or of 16 to 235"}, \
	}

/* Of what makes a commit, in the order of enum commit_option. */
#define COMMIT_OPTIONS \
	{"--comment", "TEXT", "why, for the history"}, \
	{ \
		"--confirm", "TIME", "take it back when nobody confirms it within 30s, 5m, 1h" \
	}

#define COMMIT_RESTART \
	{ \
		"--restart", NULL, "also what holds only when gwd is started again" \
	}

const struct cli_command cli_commands[] = {
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
	{.noun = "bench",
		.verb = "schedule",
		.summary = "how work is spread over devices",
		.details =
			"Gives 40 items of work, all of which belong to the first device, to 1 to "
			"5 devices in 1 to 40 partitions, with a wait for their own device of 0, 1 "
			"and 3 s (`accel.locality_wait`), as the gateway's own scheduler decides. "
			"Prints run time and Jain's fairness index, and draws both, and who did "
			"what when, into a folder. An item takes 0.2 s and no processor, or, with "
			"--model, is a full batch of that model on a processor of the device. "
			"About 8 minutes; needs no gateway, but the program gwd on this machine.",
		.example = "bench schedule --quick",
		.options = {{"--model", "DIR", "model.onnx and model.yaml to run (default none)"},
			{"--library", "FILE", "libonnxruntime.so, where it is not found"},
			{"--output", "DIR", "where plots go (default schedule-bench)"},
			{"--quick", NULL, "a tenth of all times and waits"}},
		.run = cli_bench_schedule},
	{.noun = "camera",
		.verb = "list",
		.summary = "all cameras with state, rates and frames",
		.details = "A camera is live while frames come, stalled when they stopped, silent "
			   "when "
			   "none ever came.",
		.example = "camera list",
		.run = cli_camera_list},
	{.noun = "camera",
		.verb = "show",
		.argument = "NAME",
		.kind = CLI_CAMERA,
		.summary = "everything about one camera",
		.details =
			"Shows where it sends from and to, its state and its rates, and what "
			"became of its frames and samples. Its quota is how many frames it may "
			"have in flight before load is shed. What is in flight may be more then: "
			"up to half the quota (at least 2) of old frames that are being shed, and "
			"up to two frames whose packets still arrive. Exit code 1 when there is no "
			"such camera.",
		.example = "camera show cam0",
		.run = cli_camera_show},
	{.noun = "camera",
		.verb = "add",
		.argument = "NAME",
		.kind = CLI_NEW_CAMERA,
		.summary = "add a camera, now",
		.details =
			"Needs a source, a destination and a port, or a URL. The other cameras are "
			"not "
			"disturbed. The camera is there until the gateway ends or reads its file "
			"again: `config commit` keeps it. Exit code 1, and nothing has changed, "
			"when "
			"the name or the packets are another camera's, or what it needs is not "
			"there.",
		.example = "camera add door --source 192.0.2.11 --destination 192.0.2.1 --port "
			   "5004 --model objects",
		.options = CAMERA_OPTIONS,
		.empties = true,
		.run = cli_camera_add},
	{.noun = "camera",
		.verb = "set",
		.argument = "NAME",
		.kind = CLI_CAMERA,
		.summary = "change a camera, now",
		.details =
			"Changes what is given and nothing else; an option with an empty value, as "
			"in --model=, goes back to its default. Frames that are complete keep what "
			"held when they began. A camera has a model or a plan: to change from one "
			"to the other, empty the first, as in --model= --plan='[...]'. Exit code 1 "
			"when that cannot be, and then nothing "
			"has changed.",
		.example = "camera set door --quota 4 --model=",
		.options = CAMERA_OPTIONS,
		.empties = true,
		.run = cli_camera_set},
	{.noun = "camera",
		.verb = "remove",
		.argument = "NAME",
		.kind = CLI_CAMERA,
		.summary = "remove a camera, now",
		.details =
			"Its complete frames still arrive; until the last one has, a camera of "
			"that "
			"name cannot be added again. When it comes back, its frames are numbered "
			"on. Exit code 1 when there is no such camera.",
		.example = "camera remove door",
		.run = cli_camera_remove},
	{.noun = "camera",
		.verb = "probe",
		.argument = "URL",
		.kind = CLI_URL,
		.summary = "ask an RTSP camera what it sends",
		.details =
			"Asks the camera at rtsp://HOST[:PORT]/PATH for its pictures, listens for "
			"some seconds, and prints an entry for the configuration. What it sends "
			"goes to the standard error: size, rate, payload type, Q, tables, restart "
			"intervals, what was lost, and what to look at. Needs no gateway, but the "
			"program gwd on this machine. Exit code 1 when no picture came, with a "
			"line that says why.",
		.example = "camera probe rtsp://192.0.2.11/stream1 --user viewer --password-file "
			   "door.password",
		.options = {{"--user", "NAME", "whom the camera asks for"},
			{"--password-file", "FILE", "its first line is the password"},
			{"--password-env", "NAME", "the variable that holds the password"},
			{"--transport", "auto|udp|multicast|tcp", "how packets are asked for"},
			{"--srtp", "SUITE,FILE",
				"SRTP whose key the camera does not say: suite, and the file with "
				"the key"},
			{"--seconds", "NUMBER", "how long to listen (default 5)"}},
		.run = cli_camera_probe},
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
			   "end to end for each camera.",
		.example = "latency",
		.run = cli_latency},
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
	{.noun = "accel",
		.verb = "list",
		.summary = "devices and back-ends, and what is missing",
		.details = "Shows the devices that models run on, with their processors, and the "
			   "back-ends that this gateway knows: whether they can be used here, and "
			   "if not, what they lack.",
		.example = "accel list",
		.run = cli_accel_list},
	{.noun = "accel",
		.verb = "balance",
		.summary = "how evenly devices share the work",
		.details =
			"Shows for each device the batches and pictures that it ran since the "
			"gateway started, its share of them, and how busy it was. Jain's index is "
			"1 when all did the same, and 1 divided by the number of devices when one "
			"did everything.",
		.example = "accel balance",
		.run = cli_accel_balance},
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
	{.noun = "sample",
		.argument = "CAMERA",
		.kind = CLI_CAMERA,
		.summary = "send the camera's next picture upstream",
		.details =
			"The next frame of the camera goes to the topic for frames as a JPEG "
			"picture, beside its result. Does not wait for it: when the camera is "
			"silent or stalled, the wish is kept until its next frame comes, and the "
			"answer says so. To ask again before that changes nothing. Exit code 1 "
			"when there is no such camera.",
		.example = "sample cam0",
		.run = cli_sample},
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
		.details = "Refreshes until q or Ctrl-C. Away from a terminal it prints once.",
		.example = "top --interval 2",
		.options = {{"--once", NULL, "print once and end"},
			{"--interval", "SECONDS", "time between two refreshes (default 1)"}},
		.run = cli_top},
	{.noun = "port",
		.verb = "capture",
		.argument = "FILE",
		.kind = CLI_FILE,
		.summary = "write a camera's packets to a file",
		.details =
			"Takes copies of what comes for the camera during the next seconds, with "
			"the time of each, and writes them to FILE (pcapng), which `gwd replay`, "
			"Wireshark and tcpdump read. The camera's pictures go on. Ends early at "
			"60 MiB; packets that found no room are counted in the file, and told. "
			"One capture at a time.",
		.example = "port capture door.pcapng --camera door --seconds 5",
		.options = {{"--camera", "NAME", "whose packets"},
			{"--seconds", "NUMBER", "how long, 1 to 60 (default 10)"}},
		.run = cli_port_capture},
	{.noun = "config",
		.verb = "check",
		.argument = "FILE",
		.kind = CLI_FILE,
		.summary = "check a configuration file",
		.details = "Says what gwd would end with if it were started with the file on this "
			   "machine: what is no valid configuration, with line and column, and "
			   "models, keys, directories and devices that are not there. Needs no "
			   "gateway, but the program gwd on this machine, and changes nothing. "
			   "Exit code 1 when gwd would not start.",
		.example = "config check /etc/framegate/gateway.yaml",
		.run = cli_config_check},
	{.noun = "config",
		.verb = "show",
		.argument = "[NUMBER]",
		.kind = CLI_NUMBER,
		.summary = "the configuration in effect, or that of a commit",
		.details = "Prints it as JSON, with the cameras that there are now, defaults "
			   "filled in, secrets left out. With NUMBER, what that commit was.",
		.example = "config show",
		.run = cli_config_show},
	{.noun = "config",
		.verb = "diff",
		.argument = "[FILE]",
		.kind = CLI_FILE,
		.summary = "what differs from the stored configuration, or from a file",
		.details = "Compares the gateway's file with what is in effect, key by key; "
			   "entries of lists are named by their names. With FILE, shows what "
			   "`config apply FILE` would change, once the gateway has checked it: "
			   "models and ports too. Exit code 1 when something differs.",
		.example = "config diff",
		.run = cli_config_diff},
	{.noun = "config",
		.verb = "apply",
		.argument = "FILE",
		.kind = CLI_FILE,
		.summary = "make a file the configuration",
		.details =
			"Checks all of it, puts it into effect and stores it, comments and all: "
			"the whole file, or nothing. What needs a restart is named, and nothing "
			"is changed unless --restart is given. Exit code 1 when it was not made.",
		.example = "config apply new.yaml --confirm 5m --comment hall-2",
		.options = {COMMIT_OPTIONS, COMMIT_RESTART,
			{"--revision", "REVISION",
				"only if nothing was changed since, as an earlier commit said"}},
		.run = cli_config_apply},
	{.noun = "config",
		.verb = "edit",
		.summary = "change the configuration in an editor",
		.details = "Opens it in $VISUAL, $EDITOR or vi, and then does what `config apply` "
			   "does, unless somebody else made a change meanwhile. What cannot be "
			   "applied stays in the file that was edited, which is named.",
		.example = "config edit",
		.options = {COMMIT_OPTIONS, COMMIT_RESTART},
		.run = cli_config_edit},
	{.noun = "config",
		.verb = "commit",
		.summary = "keep what is in effect",
		.details = "Stores what `camera add`, `set` and `remove` changed, as `config save` "
			   "does, with a comment, or to be confirmed.",
		.example = "config commit --comment watched-door",
		.options = {COMMIT_OPTIONS},
		.run = cli_config_commit},
	{.noun = "config",
		.verb = "confirm",
		.summary = "keep a commit that waits for it",
		.details = "Exit code 1 when none waits.",
		.example = "config confirm",
		.run = cli_config_confirm},
	{.noun = "config",
		.verb = "rollback",
		.argument = "[NUMBER]",
		.kind = CLI_NUMBER,
		.summary = "go back to an earlier commit",
		.details = "To the one before the newest when no NUMBER is given. That is a commit "
			   "too.",
		.example = "config rollback 7",
		.options = {COMMIT_OPTIONS, COMMIT_RESTART},
		.run = cli_config_rollback},
	{.noun = "config",
		.verb = "history",
		.summary = "the last 50 commits",
		.details = "Who made them, when, from where and why; the newest first.",
		.example = "config history",
		.run = cli_config_history},
	{.noun = "config",
		.verb = "save",
		.summary = "store the configuration in effect",
		.details =
			"Writes it to the file that the gateway was started with, whole or not at "
			"all: what differs from the defaults, in the order of the keys. Comments "
			"in "
			"the file are lost. A file that says the same already is left alone, and "
			"so is one that is not valid: repair it, or move it away, and save again.",
		.example = "config save",
		.run = cli_config_save},
	{.noun = "version",
		.summary = "the versions of gwctl and of the gateway",
		.details = "A gateway that does not answer is no error here.",
		.example = "version",
		.run = cli_version},
	{.noun = "completion",
		.argument = "SHELL",
		.kind = CLI_SHELL,
		.summary = "print a completion script (bash)",
		.details = "Completes commands, options and, by asking the gateway, the names of "
			   "cameras "
			   "and models. For this shell: source <(gwctl completion bash)",
		.example = "completion bash > /etc/bash_completion.d/gwctl",
		.run = cli_completion},
	{.noun = "help",
		.argument = "[COMMAND]",
		.kind = CLI_COMMAND,
		.summary = "explain a command, or list them all",
		.details = "The same as --help after the command.",
		.example = "help camera",
		.options = {{"--man", NULL, "print the manual page, for man -l -"}},
		.run = cli_help},
	{.noun = NULL},
};
