// The gateway itself: its health, its stages, where its records go, its configuration's history.

import {alarmList} from "./alarms.js";
import {ifAllowed, send} from "./api.js";
import {bundleOffer} from "./bundle.js";
import {confirm, el, facts, number, repeat, say, swap, table} from "./dom.js";

const SEVERITIES = {notice: "faint", degraded: "warn", failed: "bad"};

function duration(seconds) {
	if (seconds < 120) return `${Math.round(seconds)} s`;
	if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
	if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
	return `${Math.round(seconds / 86400)} days`;
}

function statusOf(status) {
	const {frames} = status;
	return [
		el("p", {class: status.well ? "good" : "bad"}, status.well ? "All is well." : "Not all is well."),
		status.troubles.length === 0
			? null
			: el(
					"ul",
					{},
					status.troubles.map((trouble) =>
						el(
							"li",
							{},
							el("strong", {class: SEVERITIES[trouble.severity]}, trouble.severity),
							` ${trouble.text} (${duration(trouble.since_s)}, ${trouble.id})`,
						),
					),
				),
		el(
			"p",
			{},
			`${status.name}, version ${status.version}, ${status.mode}, up for ${duration(status.uptime_s)}. ` +
				`${status.cameras_live} of ${status.cameras} cameras live, ${number(status.fps)} pictures and ` +
				`${number(status.mbps)} Mbit a second. ${frames.received} frames received, ${frames.delivered} ` +
				`delivered, ${frames.dropped} dropped, ${frames.in_flight} on their way, ${frames.spooled} on the disk.`,
		),
	].filter((one) => one !== null);
}

function stagesOf(stages) {
	const lanes = stages.flatMap((stage) => stage.lanes.map((lane) => ({stage: stage.stage, ...lane})));
	return [
		table("Stages, in the order of a frame's way", [
			["Stage", (stage) => stage.stage],
			["Runs", (stage) => (stage.running ? "yes" : "no")],
			["Busy", (stage) => number(stage.busy, 2), true],
			["Processors", (stage) => number(stage.cpu, 2), true],
			["In", (stage) => String(stage.frames_in), true],
			["Out", (stage) => String(stage.frames_out), true],
			["Waiting", (stage) => String(stage.waiting), true],
		], stages),
		el("p", {}, ""),
		table("Their lanes", [
			["Lane", (lane) => lane.lane],
			["Runs", (lane) => (lane.running ? "yes" : "no")],
			["Pinned to", (lane) => (lane.core === null ? "any" : String(lane.core)), true],
			["Turns", (lane) => String(lane.turns), true],
			["Turns with work", (lane) => String(lane.busy_turns), true],
			["Waiting", (lane) => String(lane.waiting), true],
		], lanes),
	];
}

/* What can be opened stays as it is. */
function factsOf(stage, opened) {
	if (!opened.has(stage.stage)) {
		const place = el("div");
		opened.set(stage.stage, {place, node: el("details", {}, el("summary", {}, stage.stage), place)});
	}
	const {place, node} = opened.get(stage.stage);
	place.replaceChildren(facts(stage.facts));
	return node;
}

function auditOf(audit) {
	const wrong = audit.equations.filter((one) => !one.balanced);
	const shown = audit.equations.filter((one) => one.name === "total" || !one.balanced);
	return [
		el(
			"p",
			{class: audit.balanced ? "good" : "bad"},
			audit.balanced
				? "Everything that came in is accounted for."
				: `${wrong.length} of ${audit.equations.length} equations do not hold.`,
		),
		table("Received = delivered + dropped + in flight + on the disk", [
			["Of", (one) => one.name],
			["Unit", (one) => one.unit],
			["Received", (one) => String(one.received), true],
			["Delivered", (one) => String(one.delivered), true],
			["Dropped", (one) => String(one.dropped), true],
			["In flight", (one) => String(one.in_flight), true],
			["On the disk", (one) => String(one.spooled), true],
		], shown),
	];
}

function historyOf(commits, goBack, keep) {
	if (commits.length === 0) return [el("p", {}, "No commit was made yet.")];
	return [
		table("The last commits", [
			["Number", (one) => String(one.number), true],
			["When", (one) => one.time],
			["Who", (one) => `${one.who}, by ${one.from}`],
			["Why", (one) => one.comment],
			["State", (one) => (one.unconfirmed ? `goes back in ${one.confirm_in_s ?? "?"} s` : "kept")],
			[
				"",
				(one) =>
					one.unconfirmed
						? el("button", {type: "button", click: keep}, "Keep it")
						: el(
								"button",
								{
									type: "button",
									click: () => goBack(one),
									"aria-label": `Go back to commit ${one.number}`,
								},
								"Go back to it",
							),
			],
		], commits),
	];
}

export function show(main, _, signal, tellError) {
	const said = el("p", {role: "status", id: "rolled", tabindex: "-1"});
	/* What is of the gateway as a whole is not for everybody: alarms are, of the cameras that one may see. */
	const whole = (path, words) => async () => {
		const answer = await ifAllowed(path, signal);
		return answer === null ? el("p", {class: "faint"}, "Not for this token.") : words(answer);
	};
	const section = (id, title, ms, task) => {
		const place = el("div", {id}, el("p", {class: "faint"}, "Looking…"));
		main.append(el("h2", {}, title), place);
		const update = async () => {
			try {
				swap(place, ...[await task()].flat());
			} catch (error) {
				if (error.name !== "AbortError") swap(place, el("p", {class: "error"}, `Not known: ${error.message}`));
			}
		};
		repeat(update, ms, signal);
		return update;
	};

	async function goBack(commit) {
		const comment = await confirm(
			`Go back to commit ${commit.number}?`,
			`The configuration becomes what it was at ${commit.time}.`,
			"Go back",
			"Why",
		);
		if (comment === null) return;
		await change("rollback", {to: commit.number, ...(comment ? {comment} : {})}, (made) =>
			made.made ? `That is commit ${made.number} now.` : "It was so already.",
		);
	}

	async function change(verb, body, words) {
		try {
			say(said, words(await send("POST", `config/${verb}`, body)));
			// The keyboard leaves the list, which is made anew.
			said.focus();
			history();
		} catch (error) {
			say(said, `Nothing was changed: ${error.message}`);
		}
	}

	const keep = () => change("confirm", undefined, () => "The newest commit is kept.");

	tellError("");
	main.replaceChildren(el("h1", {}, "System"));
	section("status", "Health", 2000, whole("status", statusOf));
	section("alarms", "Alarms", 2000, alarmList(signal));
	section("stages", "Stages", 2000, whole("stages", ({stages}) => stagesOf(stages)));
	section("kafka", "Kafka", 3000, whole("kafka", facts));
	const opened = new Map();
	section("ports", "Ports and what else stages say", 5000, whole("stages", ({stages}) =>
		stages.map((stage) => factsOf(stage, opened)),
	));
	section("audit", "Balance", 10000, whole("audit", auditOf));
	const history = section("history", "History of the configuration", 10000, whole("config/history", ({commits}) =>
		historyOf(commits, goBack, keep),
	));
	main.append(said, el("h2", {}, "For support"), el("div", {id: "support"}, bundleOffer()));
}
