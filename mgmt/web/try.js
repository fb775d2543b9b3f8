// A picture of one's own, tried on a model.

import {send} from "./api.js";
import {el, say} from "./dom.js";
import {findings} from "./findings.js";
import {paint, sizeOf} from "./paint.js";

const MOST_BYTES = 3 * 1024 * 1024;
const PIECE = 32768; // bytes that are made letters at a time

function base64(bytes) {
	let text = "";
	for (let at = 0; at < bytes.length; at += PIECE)
		text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
	return btoa(text);
}

/** A form to choose a model and a picture; `offer(names)` says which models there are. */
export function tryForm() {
	const model = el("select", {id: "try-model"});
	const file = el("input", {id: "try-file", type: "file", accept: "image/jpeg"});
	const submit = el("button", {type: "submit", class: "main"}, "Look at it");
	const said = el("p", {role: "status", id: "tried"});
	const canvas = el("canvas", {width: 64, height: 40, role: "img", "aria-label": "The picture", id: "tried-picture"});
	const found = el("div", {id: "tried-findings"});
	const shown = el("div", {class: "camera", hidden: true}, canvas, found);

	async function look(event) {
		event.preventDefault();
		const [chosen] = file.files;
		if (!chosen) {
			say(said, "Choose a JPEG picture first.");
			file.focus();
			return;
		}
		if (chosen.size > MOST_BYTES) {
			say(said, "It is larger than 3 MiB.");
			return;
		}
		submit.disabled = true;
		say(said, "It is looked at…");
		try {
			const jpeg = new Uint8Array(await chosen.arrayBuffer());
			const path = `models/${encodeURIComponent(model.value)}/try`;
			const record = await send("POST", path, {picture: base64(jpeg)});
			const {orientation} = record;
			record.frame = {...(await sizeOf(jpeg, orientation)), orientation};
			shown.hidden = false;
			await paint(canvas, {record, jpeg}, canvas.clientWidth * devicePixelRatio || 640);
			canvas.dataset.name = chosen.name;
			found.replaceChildren(...findings(record));
			say(said, `${record.model.name}, version ${record.model.version}, looked at ${chosen.name}.`);
		} catch (error) {
			say(said, error.message);
		} finally {
			submit.disabled = false;
		}
	}

	return {
		node: el(
			"section",
			{},
			el("h2", {}, "Try a picture"),
			el(
				"form",
				{class: "bar", submit: look},
				el("div", {}, el("label", {for: "try-model"}, "Model"), model),
				el("div", {}, el("label", {for: "try-file"}, "JPEG picture"), file),
				submit,
			),
			said,
			shown,
		),
		offer(names) {
			if (names.join() === [...model.options].map((option) => option.value).join()) return;
			model.replaceChildren(...names.map((name) => el("option", {value: name}, name)));
		},
	};
}
