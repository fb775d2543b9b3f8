// A camera's settings.

import {cameraPath, ifAllowed, objection, send} from "./api.js";
import {el, number, say} from "./dom.js";

/* As docs/configuration.md has them. [name, title, kind, help] */
const FIELDS = [
	["name", "Name", "text", "letters, digits, '.', '_' and '-'"],
	["source", "Source address", "text", "who sends; not with an RTSP address"],
	["destination", "Destination address", "text", "ours, or a multicast group"],
	["port", "UDP port", "number", "1 to 65535"],
	["url", "RTSP address", "text", "rtsp://HOST/PATH, or rtsps, in place of the three before"],
	["user", "RTSP user", "text", ""],
	["password_file", "File with the password", "text", "on the gateway"],
	["tls_ca_file", "Authority of its certificate", "text", "a file on the gateway; for rtsps://"],
	["tls_fingerprint", "Fingerprint of its certificate", "text", "SHA-256; for rtsps://"],
	["transport", "Transport", ["auto", "udp", "multicast", "tcp"], "of an RTSP camera"],
	["model", "Model", "text", "NAME or NAME:VERSION; empty: pictures are not looked at"],
	["quota", "Quota", "number", "frames in flight before load is shed"],
	["width", "Width", "number", "pixels; 0: the stream says it"],
	["height", "Height", "number", "pixels; 0: the stream says it"],
	["rotate", "Turned by", ["0", "90", "180", "270"], "degrees clockwise"],
	["orientation", "Exif orientation", ["exif", "ignore"], ""],
	["range", "Levels", ["full", "limited"], ""],
	["rtcp", "RTCP", ["true", "false"], "believe its reports, and send some"],
	["conceal", "Conceal losses", ["true", "false"], ""],
	["region.x", "Region: left", "number", "pixels of the picture; the model sees this part alone"],
	["region.y", "Region: top", "number", "pixels"],
	["region.width", "Region: width", "number", "pixels; 0: to the edge"],
	["region.height", "Region: height", "number", "pixels; 0: to the edge"],
];

const QUIET_MS = 400; // of the keyboard, before what was typed is looked at

const NUMBERS = new Set(["rotate"]);
const TRUTHS = new Set(["rtcp", "conceal"]);

function makeField([name, title, kind, help], config) {
	const id = `camera-${name.replace(".", "-")}`;
	const value = name.split(".").reduce((within, part) => within?.[part], config);
	const shown = value === null || value === undefined ? "" : String(value);
	const error = el("p", {class: "error", id: `${id}-error`});
	const common = {id, name, "aria-describedby": `${id}-help ${id}-error`, autocomplete: "off", spellcheck: "false"};
	const input = Array.isArray(kind)
		? el("select", common, ["", ...kind].map((one) => el("option", {value: one}, one || "as it is by default")))
		: el("input", {...common, type: "text", inputmode: kind === "number" ? "numeric" : null});
	input.value = shown;
	if (name === "name" && config) input.readOnly = true;
	if (name === "name" && !config) input.required = true;
	return {
		name,
		kind,
		input,
		error,
		before: shown,
		node: el(
			"div",
			{class: "field"},
			el("label", {for: id}, title),
			input,
			el("p", {class: "faint", id: `${id}-help`}, help),
			error,
		),
	};
}

/* What the API is to hear; a number that is none goes as it is, and the gateway says what is wrong. */
function valueOf(field) {
	const text = field.input.value.trim();
	if (text === "") return null;
	if (TRUTHS.has(field.name)) return text === "true";
	if (field.kind === "number" || NUMBERS.has(field.name)) return /^\d+$/.test(text) ? Number(text) : text;
	return text;
}

/* What is to be asked for: what was changed, or all that was typed for a new one. */
function bodyOf(fields, isNew) {
	const body = {};
	for (const field of fields) {
		if (isNew ? field.input.value.trim() === "" : field.input.value === field.before) continue;
		const [name, part] = field.name.split(".");
		if (part) body[name] = {...body[name], [part]: valueOf(field)};
		else body[name] = valueOf(field);
	}
	return body;
}

/* Which field a line of the gateway is about: "camera: source: ...", "camera: 'port' must be ...", or
 * one that names a key that was given. */
function blamed(message, fields) {
	const after = /^camera[^:]*: '?([a-z_]+(?:\.[a-z]+)?)\b/.exec(message)?.[1];
	return (
		fields.find((field) => field.name === after) ??
		fields.find((field) => new RegExp(`\\b${field.name}: `).test(message)) ??
		fields.find((field) => field.input.value.trim() !== "" && new RegExp(`\\b${field.name}\\b`).test(message)) ??
		null
	);
}

function clear(fields, general) {
	say(general, "");
	for (const field of fields) {
		say(field.error, "");
		field.input.removeAttribute("aria-invalid");
	}
}

function fieldOf(error, fields) {
	const told = ["bad_request", "exists"].includes(error.code);
	return told ? (blamed(error.message, fields) ?? (error.code === "exists" ? fields[0] : null)) : null;
}

function mark(field, error) {
	say(field.error, error.message);
	field.input.setAttribute("aria-invalid", "true");
}

function complain(error, fields, general) {
	const field = fieldOf(error, fields);
	if (!field) {
		say(general, error.message);
		return;
	}
	mark(field, error);
	field.input.focus();
}

/* Looks at what is typed as it is typed. What is not there yet is no mistake: it may be typed next. */
function watchTyping(form, fields, config, general) {
	let timer = null;
	let asked = new AbortController();
	const touched = new Set();
	let last = null;

	async function look() {
		asked = new AbortController();
		const path = config ? `${cameraPath(config.name)}/check` : "camera-check";
		try {
			const error = await objection(path, bodyOf(fields, !config), asked.signal);
			clear(fields, general);
			const meant = (field) => touched.has(field.name) && field.input.value.trim() !== "";
			let field = error && fieldOf(error, fields);
			// What another camera has came in with what was typed last.
			if (field && error.code === "exists" && !meant(field)) field = last;
			if (field && meant(field)) mark(field, error);
		} catch (error) {
			if (error.name !== "AbortError") throw error;
		}
	}
	form.addEventListener("input", (event) => {
		touched.add(event.target.name);
		last = fields.find((field) => field.input === event.target) ?? last;
		clearTimeout(timer);
		asked.abort();
		timer = setTimeout(look, QUIET_MS);
	});
	return () => {
		clearTimeout(timer);
		asked.abort();
	};
}

/* "JPEG, 640 × 480, 12.5 pictures a second, from Toy/1.0" */
function probed(said) {
	if (!said.found) return said.problem;
	return [
		`${said.codec} pictures`,
		said.width > 0 ? `${said.width} × ${said.height}` : null,
		said.rate > 0 ? `${number(said.rate)} a second` : null,
		said.multicast ? `to the group ${said.multicast}` : null,
		said.encrypted ? "encrypted" : null,
		said.server ? `from ${said.server}` : null,
	].filter((one) => one !== null).join(", ");
}

/* A button that has the gateway ask the RTSP address that is typed. */
function offerProbe(fields) {
	const url = fields.find((field) => field.name === "url");
	const answer = el("p", {role: "status", id: "probed"});
	const button = el("button", {type: "button", id: "probe", click: ask}, "Ask the camera");

	async function ask() {
		const body = {};
		for (const field of fields)
			if (["url", "user", "password_file", "tls_ca_file", "tls_fingerprint", "transport"].includes(field.name) && field.input.value.trim() !== "")
				body[field.name] = valueOf(field);
		if (!body.url) {
			say(answer, "Type an RTSP address first.");
			url.input.focus();
			return;
		}
		button.disabled = true;
		say(answer, "It is asked, for five seconds at most…");
		try {
			const said = await send("POST", "camera-probe", body);
			answer.className = said.found ? "good" : "error";
			say(answer, probed(said));
		} catch (error) {
			answer.className = "error";
			say(answer, error.message);
		} finally {
			button.disabled = false;
		}
	}
	url.node.append(button, answer);
}

/** A form for a camera's settings; `config` is null for a new one. `done` hears the camera. */
export function cameraForm(config, done) {
	const fields = FIELDS.map((one) => makeField(one, config));
	const general = el("p", {class: "error", role: "alert"});
	const submit = el("button", {type: "submit", class: "main"}, config ? "Change it" : "Add it");

	async function save(event) {
		event.preventDefault();
		forget();
		clear(fields, general);
		submit.disabled = true;
		try {
			const body = bodyOf(fields, !config);
			done(await (config ? send("PATCH", cameraPath(config.name), body) : send("POST", "cameras", body)));
			for (const field of fields) field.before = field.input.value;
		} catch (error) {
			complain(error, fields, general);
		} finally {
			submit.disabled = false;
		}
	}

	offerModels(fields.find((field) => field.name === "model").input);
	offerProbe(fields);
	const form = el(
		"form",
		{class: "fields", submit: save, novalidate: true, autocomplete: "off"},
		fields.map((field) => field.node),
		general,
		el("div", {class: "buttons"}, submit),
	);
	const forget = watchTyping(form, fields, config, general);
	return form;
}

/* Names of models that are there, as one types. */
async function offerModels(input) {
	const list = el("datalist", {id: "models-there"});
	input.after(list);
	input.setAttribute("list", "models-there");
	try {
		const said = await ifAllowed("models/routes");
		list.replaceChildren(...(said?.routes ?? []).map((route) => el("option", {value: route.name})));
	} catch {
		// They can be typed all the same.
	}
}

/** The form in a window of its own, for a new camera. */
export function cameraDialog(config, done) {
	const dialog = el("dialog", {"aria-labelledby": "add-title", id: "camera-dialog"});
	const close = el("button", {type: "button", click: () => dialog.close()}, "Cancel");
	const form = cameraForm(config, (camera) => {
		dialog.close();
		done(camera);
	});
	form.querySelector(".buttons").append(close);
	dialog.append(el("h2", {id: "add-title"}, "Add a camera"), form);
	dialog.addEventListener("close", () => dialog.remove());
	document.body.append(dialog);
	dialog.showModal();
}
