// One camera: its picture, what is found in it, how it does, its settings.

import {cameraPath, get, ifAllowed, send, view} from "./api.js";
import {correction} from "./correct.js";
import {confirm, el, facts, pause, repeat, say, swap, table} from "./dom.js";
import {findings} from "./findings.js";
import {cameraForm} from "./form.js";
import {showHour} from "./hour.js";
import {paint, words} from "./paint.js";
import {regionOf} from "./region.js";

const PICTURE_MS = 200;

/* What is shown of its facts; the others are in words beside it already. */
const FACTS = [
	"state", "source", "destination", "port", "transport", "encrypted", "url", "model", "plan", "width", "height",
	"mbps", "packets_per_s", "packets_lost", "jitter_ms", "clock_source", "clock_offset_ms", "clock_drift_ppm",
	"quota", "frames", "samples", "last_frame_age_ms",
];

function pictureOf(name, signal, seen) {
	const canvas = el("canvas", {width: 64, height: 40, role: "img", "aria-label": `${name}: no picture yet`});
	const line = el("p", {class: "faint", id: "frame"}, "No picture yet.");
	const found = el("div", {id: "findings"});
	let tag = null;
	let size = null;
	let held = false;
	let turn = Promise.resolve();

	async function next() {
		const shown = await view(name, signal, tag);
		if (!shown) return;
		tag = shown.tag;
		await paint(canvas, shown, canvas.clientWidth * devicePixelRatio || 640);
		const {record} = shown;
		const said = words(record);
		canvas.dataset.tag = tag;
		canvas.setAttribute("aria-label", `${name}: ${said.length} findings`);
		const {sequence, width, height} = record.frame;
		say(line, `Frame ${sequence} of ${record["@timestamp"]}, ${width} × ${height}`);
		found.replaceChildren(...findings(record));
		size = {width, height};
		seen();
	}

	repeat(async () => {
		if (held) return;
		try {
			turn = next();
			await turn;
		} catch (error) {
			if (error.name === "AbortError") return;
			if (tag === null) say(line, `No picture: ${error.message}.`);
			await pause(error.status === 503 ? 300 : 3000, signal);
		}
	}, PICTURE_MS, signal);
	return {
		canvas,
		line,
		found,
		size: () => size,
		tag: () => tag,
		/* What is shown stays, once what is under way has come. */
		async hold() {
			held = true;
			await turn.catch(() => {});
		},
		renew: next,
		release() {
			held = false;
		},
	};
}

/* What was dropped of it, reason by reason. */
function dropsOf(drops, name) {
	const rows = drops
		.map((drop) => ({...drop, mine: drop.cameras[name] ?? 0}))
		.filter((drop) => drop.mine > 0)
		.sort((a, b) => b.mine - a.mine);
	if (rows.length === 0) return el("p", {}, "Nothing was dropped.");
	return table("What was dropped since the gateway started", [
		["Reason", (drop) => drop.reason],
		["How many", (drop) => `${drop.mine} ${drop.unit}${drop.mine === 1 ? "" : "s"}`, true],
		["What it means", (drop) => drop.meaning],
	], rows);
}

async function settings(name, place, region, signal, tellError) {
	const kept = el("p", {role: "status"});
	const keep = el("button", {type: "button", click: store}, "Store the configuration");
	const remove = el("button", {type: "button", id: "remove", click: askToRemove}, "Remove this camera");

	async function store() {
		try {
			const {saved} = await send("POST", "config/save");
			say(kept, saved ? "It is stored, and holds after a restart too." : "It was stored already.");
		} catch (error) {
			say(kept, `Not stored: ${error.message}`);
		}
	}
	async function askToRemove() {
		const text = `${name} is removed at once. Its frames on the way arrive.`;
		if ((await confirm("Remove this camera?", text, "Remove it")) === null) return;
		try {
			await send("DELETE", cameraPath(name));
			location.hash = "#/cameras";
		} catch (error) {
			say(kept, `Not removed: ${error.message}`);
		}
	}
	try {
		const config = await get(`${cameraPath(name)}/config`, signal);
		const form = cameraForm(config, () => say(kept, "Changed. It holds until the gateway ends, unless it is stored."));
		region.use(form);
		place.replaceChildren(form, el("p", {class: "buttons"}, keep, remove), kept);
	} catch (error) {
		if (error.name !== "AbortError") tellError(`Settings: ${error.message}`);
	}
}

export function show(main, name, signal, tellError) {
	const picture = pictureOf(name, signal, () => region.paint());
	const region = regionOf(picture);
	const plots = el("div", {class: "plots"});
	const about = el("div", {id: "facts"});
	const dropped = el("div", {id: "drops"});
	const form = el("div", {id: "settings"});

	main.replaceChildren(
		el("p", {}, el("a", {href: "#/cameras"}, "All cameras")),
		el("h1", {}, name),
		el(
			"div",
			{class: "camera"},
			el("div", {}, el("div", {class: "picture"}, picture.canvas, region.cover), picture.line, region.controls),
			el("div", {}, el("h2", {}, "Findings"), picture.found, correction(name, picture, signal)),
		),
		el("h2", {}, "The last hour"),
		plots,
		el("h2", {}, "Drops"),
		dropped,
		el("h2", {}, "Facts"),
		about,
		el("h2", {}, "Settings"),
		form,
	);
	settings(name, form, region, signal, tellError);
	showHour(plots, name, signal);
	repeat(async () => {
		try {
			const camera = await get(cameraPath(name), signal);
			const shown = FACTS.filter((key) => key in camera).map((key) => [key, camera[key]]);
			about.replaceChildren(facts(Object.fromEntries(shown)));
			tellError("");
		} catch (error) {
			if (error.name !== "AbortError") tellError(`${name}: ${error.message}`);
		}
	}, 2000, signal);
	repeat(async () => {
		try {
			const said = await ifAllowed("drops", signal);
			if (said) swap(dropped, dropsOf(said.drops, name));
			else say(dropped, "Not known: this token is for some cameras alone.");
		} catch (error) {
			if (error.name !== "AbortError") say(dropped, `Not known: ${error.message}`);
		}
	}, 5000, signal);
}
