// How a camera did over the last hour, as the gateway remembers it.

import {cameraPath, get} from "./api.js";
import {milliseconds, number, repeat, say, share} from "./dom.js";
import {plot} from "./plot.js";

const QUANTILES = [
	["p50_us", "half within"],
	["p90_us", "90 of 100 within"],
	["p99_us", "99 of 100 within"],
];

const known = (values) => values.filter((value) => value !== null);
const total = (values) => known(values).reduce((sum, value) => sum + value, 0);
const atMost = (values) => Math.max(...known(values), 0);

/* "25.0 now, 25.1 at most in the last hour" */
function nowAndMost(values, show) {
	if (known(values).length === 0) return "nothing yet";
	return `${show(values.at(-1))} now, ${show(atMost(values))} at most in the last hour`;
}

/* The lines of what was dropped, and what they say. */
function drops(history) {
	const series = history.drops.map((drop) => ({name: `${drop.reason} (${drop.unit}s)`, values: drop.counts}));
	if (total(history.other_drops) > 0) series.push({name: "for other reasons", values: history.other_drops});
	const said = series.map((one) => `${total(one.values)} ${one.name}`);
	if (said.length > 0) return [series, said.join(", ")];
	const nothing = known(history.other_drops).length === 0 ? "nothing yet" : "nothing in the last hour";
	return [[{name: "dropped", values: history.other_drops}], nothing];
}

/** Puts plots into `place`, and keeps them up to date; until `signal`. */
export function showHour(place, name, signal) {
	const [rate, loss, latency, dropped] = [
		"Pictures a second", "Packets lost", "Latency, from the first packet to the record", "Dropped in ten seconds",
	].map(plot);
	const error = document.createElement("p");
	place.replaceChildren(...[rate, loss, latency, dropped].map((one) => one.figure), error);
	error.className = "error";
	repeat(async () => {
		try {
			const history = await get(`${cameraPath(name)}/history`, signal);
			const seconds = history.time.map((text) => Date.parse(text) / 1000);
			rate.draw(seconds, [{name: "rate", values: history.fps}], nowAndMost(history.fps, number));
			loss.draw(seconds, [{name: "lost", values: history.lost_share}], nowAndMost(history.lost_share, share));
			latency.draw(
				seconds,
				QUANTILES.map(([key, words]) => ({name: words, values: history[key]})),
				nowAndMost(history.p90_us, milliseconds),
			);
			dropped.draw(seconds, ...drops(history));
			say(error, "");
		} catch (refusal) {
			if (refusal.name !== "AbortError") say(error, `The last hour is not known: ${refusal.message}`);
		}
	}, 10000, signal);
}
