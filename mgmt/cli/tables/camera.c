/* Commands about cameras and what comes of them. */
#include "mgmt/cli/commands.h"
#include "mgmt/cli/tables/tables.h"

/* What a camera is given: the keys of the configuration. */
#define CAMERA_OPTIONS \
	{ \
		{"--source", "ADDRESS", "only this address may send"}, \
			{"--destination", "ADDRESS", \
				"where the stream is sent: an address of ours, or a multicast " \
				"group"}, \
			{"--port", "NUMBER", "UDP destination port"}, \
			{"--url", "URL", \
				"in place of these three: rtsp://HOST[:PORT]/PATH, or rtsps, of " \
				"a camera that is asked to send"}, \
			{"--user", "NAME", "whom the camera asks for"}, \
			{"--password-file", "FILE", \
				"its first line is the password; gwd reads it"}, \
			{"--password-env", "NAME", \
				"the variable of gwd's environment that holds the password"}, \
			{"--transport", "auto|udp|multicast|tcp", "how packets are asked for"}, \
			{"--tls-ca-file", "FILE", \
				"who may have signed its certificate, for rtsps://"}, \
			{"--tls-fingerprint", "SHA256", \
				"its certificate itself, whoever signed it"}, \
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

const struct cli_command cli_camera_commands[] = {
	{.noun = "camera",
		.verb = "list",
		.summary = "all cameras with state, rates and frames",
		.details = "A camera is live while frames come, stalled when they stopped, silent "
			   "when "
			   "none ever came. LOST is the share of its packets that was lost before "
			   "the gateway had them, lately.",
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
		.verb = "history",
		.argument = "NAME",
		.kind = CLI_CAMERA,
		.summary = "how a camera did over the last hour",
		.details =
			"Draws its rate, the share of its packets that was lost, how long its "
			"frames took and what was dropped and why, minute by minute, now on the "
			"right. A column shows the mean of a rate, the worst of a loss or a "
			"latency, and the sum of what was dropped; where it is empty, nothing is "
			"known. The gateway keeps it, ten seconds by ten seconds, until it ends. "
			"Exit code 1 when there is no such camera.",
		.example = "camera history cam0",
		.run = cli_camera_history},
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
			"Asks the camera at rtsp://HOST[:PORT]/PATH (rtsps:// for TLS) for its "
			"pictures, listens for "
			"some seconds, and prints an entry for the configuration. What it sends "
			"goes to the standard error: size, rate, payload type, Q, tables, restart "
			"intervals, what was lost, and what to look at. Needs no gateway, but the "
			"program gwd on this machine. With --from-gateway the gateway that runs "
			"asks "
			"where it is, for five seconds at most and for no picture; files and "
			"variables are its own then. Exit code 1 when no picture came, or none is "
			"described, with a line that says why.",
		.example = "camera probe rtsp://192.0.2.11/stream1 --user viewer --password-file "
			   "door.password",
		.options = {{"--user", "NAME", "whom the camera asks for"},
			{"--password-file", "FILE", "its first line is the password"},
			{"--password-env", "NAME", "the variable that holds the password"},
			{"--transport", "auto|udp|multicast|tcp", "how packets are asked for"},
			{"--tls-ca-file", "FILE",
				"who may have signed its certificate, for rtsps://"},
			{"--tls-fingerprint", "SHA256",
				"its certificate itself, whoever signed it"},
			{"--srtp", "SUITE,FILE",
				"SRTP whose key the camera does not say: suite, and the file with "
				"the key"},
			{"--seconds", "NUMBER", "how long to listen (default 5)"},
			{"--from-gateway", NULL,
				"have the running gateway ask, for the description alone"}},
		.run = cli_camera_probe},
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
	{.noun = "port",
		.verb = "list",
		.summary = "the ports that packets come in by",
		.details = "State, driver, packets, and what was not got: missed while the queues "
			   "were full, with errors, without a buffer.",
		.example = "port list",
		.run = cli_port_list},
	{.noun = "port",
		.verb = "show",
		.argument = "NAME",
		.kind = CLI_PORT,
		.summary = "everything about one port",
		.details = "The same with its device and what it gave to the kernel, by its kind. "
			   "Exit code 1 when there is no such port.",
		.example = "port show lan0",
		.run = cli_port_show},
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
	{.noun = NULL},
};
