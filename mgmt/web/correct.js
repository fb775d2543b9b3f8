// What a picture shows in truth, when a model got it wrong: kept for whoever learns from it.

import {cameraPath, send} from "./api.js";
import {el, say} from "./dom.js";

const TRIES = 5; // to keep a picture before another one is in its place

/** A button, and what it opens; `picture` can be held: docs/learning.md says what becomes of it. */
export function correction(name, picture, signal) {
	const path = `${cameraPath(name)}/corrections`;
	const said = el("p", {role: "status", id: "corrected"});
	const label = el("select", {id: "correct-label"});
	const begin = el("button", {type: "button", id: "wrong", click: open}, "This is wrong");
	const form = el(
		"form",
		{id: "correct", hidden: true, submit: tell},
		el("label", {for: "correct-label"}, "It shows "),
		label,
		el(
			"p",
			{class: "buttons"},
			el("button", {type: "submit", class: "main"}, "Keep it for learning"),
			el("button", {type: "button", click: forget}, "Cancel"),
		),
	);
	let kept = null;

	function close(words) {
		kept = null;
		form.hidden = true;
		begin.hidden = false;
		picture.release();
		say(said, words);
	}
	/* The picture that is shown, or the next one when it was replaced meanwhile: that is shown then. */
	async function keep() {
		for (let tries = 1; ; tries++) {
			await picture.hold();
			try {
				return await send("POST", path, {frame: picture.tag()}, signal);
			} catch (error) {
				if (error.code !== "stale" || tries === TRIES) throw error;
				await picture.renew();
			}
		}
	}
	async function open() {
		begin.disabled = true;
		try {
			kept = await keep();
			if (kept.labels.length === 0) {
				await forget();
				say(said, "No model of this camera knows labels.");
				return;
			}
			label.replaceChildren(...[...new Set(kept.labels)].map((one) => el("option", {value: one}, one)));
			begin.hidden = true;
			form.hidden = false;
			say(said, "The picture is held. What does it show?");
			label.focus();
		} catch (error) {
			if (error.name !== "AbortError") close(`Not kept: ${error.message}`);
		} finally {
			begin.disabled = false;
		}
	}
	async function tell(event) {
		event.preventDefault();
		try {
			await send("POST", path, {frame: kept.frame, label: label.value}, signal);
			close(`Kept as ${label.value}.`);
		} catch (error) {
			if (error.name !== "AbortError") say(said, `Not kept: ${error.message}`);
		}
	}
	async function forget() {
		const {id} = kept;
		close("");
		try {
			await send("DELETE", `corrections/${encodeURIComponent(id)}`, undefined, signal);
		} catch {
			// It stays without a label, which does no harm.
		}
	}
	return el("div", {}, begin, form, said);
}
