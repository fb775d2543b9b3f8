// What an operator is told: alarms that are raised, and what was raised and cleared lately.

import {get} from "./api.js";
import {el, table} from "./dom.js";

const SEVERITIES = {notice: "faint", degraded: "warn", failed: "bad"};
const LATEST = 50;

function subjectOf(alarm) {
	if (alarm.subject !== null) return alarm.subject;
	return alarm.count > 1 ? `${alarm.count} more` : "the gateway";
}

const COMMON = [
	["Severity", (alarm) => el("span", {class: SEVERITIES[alarm.severity]}, alarm.severity)],
	["Alarm", (alarm) => alarm.kind],
	["Of", subjectOf],
];

/** Of a token for some cameras `further` is told: more cameras have an alarm than are told by name. */
function none(further) {
	if (further === undefined) return el("p", {class: "good"}, "There is no alarm.");
	if (!further) return el("p", {class: "good"}, "There is no alarm of your cameras.");
	return el("p", {class: "warn"}, "No alarm is told of your cameras.");
}

const FURTHER =
	"More cameras of this gateway have an alarm than are told by name, and yours may be among them: look at each.";

function raised({alarms, further}) {
	return [
		alarms.length === 0 ? none(further) : told(alarms),
		further ? el("p", {class: "warn"}, FURTHER) : null,
	].filter((one) => one !== null);
}

function told(alarms) {
	return table("Raised now, the worst first", [
		...COMMON,
		["Since", (alarm) => alarm.since],
		["Times", (alarm) => String(alarm.times), true],
		["What", (alarm) => alarm.text],
		["What to do", (alarm) => alarm.advice],
	], alarms);
}

function lately(events, opened) {
	const shown = events.slice(-LATEST).reverse();
	opened.place.replaceChildren(
		shown.length === 0
			? el("p", {}, "Nothing was raised since the gateway started.")
			: table("Raised and cleared, the latest first", [
					["When", (event) => event.time],
					["State", (event) => event.state],
					...COMMON,
					["What", (event) => event.text],
				], shown),
	);
	return opened.node;
}

/** Answers what to show; what was opened stays open from one look to the next. */
export function alarmList(signal) {
	const place = el("div");
	const opened = {place, node: el("details", {}, el("summary", {}, "Raised and cleared lately"), place)};
	return async () => {
		const [now, history] = await Promise.all([get("alarms", signal), get("alarms/history", signal)]);
		return [...raised(now), lately(history.events, opened)];
	};
}
