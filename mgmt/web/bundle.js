// What somebody far away needs to find out what is wrong, as one file. The gateway leaves secrets out of all of it.

import {get, Refusal, send, text} from "./api.js";
import {el, say} from "./dom.js";
import {tarball} from "./tar.js";

const FOLDER = "framegate-support";

/* File by file, where it comes from. */
const ANSWERS = {
	version: "version",
	status: "status",
	alarms: "alarms",
	"alarms-history": "alarms/history",
	config: "config",
	"config-diff": "config/diff",
	"config-history": "config/history",
	cameras: "cameras",
	models: "models",
	stages: "stages",
	services: "services",
	drops: "drops",
	latency: "latency",
	audit: "audit",
};

/* All lines that the gateway has; the role for it is that of the bundle. */
async function log() {
	const all = [];
	for (let after = 0; ; ) {
		const {lines} = await get(`log/${after}`);
		if (lines.length === 0 || lines.at(-1).number <= after) break;
		all.push(...lines);
		after = lines.at(-1).number;
	}
	return all.map((line) => `${line.time} ${line.level} ${line.subject}: ${line.text}\n`).join("");
}

/* The answer's text, or the refusal in its place: what is missing is told, too. */
async function said(ask) {
	try {
		const answer = await ask();
		return typeof answer === "string" ? answer : `${JSON.stringify(answer, null, 2)}\n`;
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		return `${JSON.stringify({error: {code: error.code, message: error.message}}, null, 2)}\n`;
	}
}

async function collect() {
	// First what not everybody may read: whoever may not gets no bundle.
	const files = [["log.txt", await log()]];
	for (const [name, path] of Object.entries(ANSWERS)) files.push([`${name}.json`, await said(() => get(path))]);
	files.push(["metrics.txt", await said(() => text("metrics"))]);
	files.push(["trace.json", await said(() => send("POST", "trace", {seconds: 1}))]);
	return tarball(files.map(([name, words]) => [`${FOLDER}/${name}`, words]));
}

function save(blob) {
	const when = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
	const link = el("a", {href: URL.createObjectURL(blob), download: `${FOLDER}-${when}.tar.gz`});
	document.body.append(link);
	link.click();
	link.remove();
	// The browser has taken it by the next turn of its loop.
	setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** A button that makes one, and a line that says how it goes. */
export function bundleOffer() {
	const line = el("p", {role: "status", id: "bundled"});
	const button = el("button", {type: "button", id: "bundle", click: make}, "Download a support bundle");

	async function make() {
		button.disabled = true;
		say(line, "It is put together: some seconds…");
		try {
			const blob = await collect();
			save(blob);
			say(line, `Made: ${Math.ceil(blob.size / 1024)} KiB, without secrets.`);
		} catch (error) {
			say(line, `There is no bundle: ${error.message}`);
		} finally {
			button.disabled = false;
		}
	}
	return [
		el("p", {}, "For an admin: health, configuration, figures, a second's timeline and the gateway's latest log, as one file."),
		button,
		line,
	];
}
