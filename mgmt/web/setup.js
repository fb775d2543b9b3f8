// The first token of an admin, made with the one for the set-up.

import {sendAs, setToken} from "./api.js";
import {el, say} from "./dom.js";

/* What a refusal means here. */
function reason(error) {
	if (error.status === 401)
		return "This is not the token for the set-up. Look again: gwctl token setup prints it, and it is gone when a token of an admin was made.";
	if (error.status === 429) return `Too many tries: wait ${error.retryAfter || 12} seconds.`;
	return error.message;
}

function field(id, title, attributes, hint) {
	return el(
		"div",
		{class: "field"},
		el("label", {for: id}, title),
		el("input", {id, autocomplete: "off", spellcheck: "false", required: true, "aria-describedby": `${id}-hint`, ...attributes}),
		el("p", {id: `${id}-hint`, class: "faint"}, hint),
	);
}

/* The new token, this once. */
function made(place, told) {
	const shown = el("input", {id: "made-token", type: "text", readonly: true, value: told.token, class: "secret"});
	const use = el("button", {type: "button", id: "use-token", class: "main", click: () => {
		setToken(told.token);
		location.hash = "#/cameras";
	}}, "Use it in this tab");
	const copied = el("span", {role: "status"});
	const copy = el("button", {type: "button", click: async () => {
		shown.select();
		try {
			await navigator.clipboard.writeText(told.token);
			say(copied, "Copied.");
		} catch {
			say(copied, "It is selected: copy it with the keyboard.");
		}
	}}, "Copy it");
	place.replaceChildren(
		el("p", {class: "good"}, `${told.name} is an admin now.`),
		told.warning ? el("p", {class: "error"}, told.warning) : "",
		el("label", {for: "made-token"}, "The token, shown this once: keep it where passwords are kept."),
		shown,
		el("p", {class: "buttons"}, use, copy, copied),
	);
	shown.focus();
	shown.select();
}

export function show(main, _, signal, tellError) {
	const said = el("p", {role: "alert", class: "error", id: "set-up-error"});
	const submit = el("button", {type: "submit", class: "main"}, "Make the token");
	const secret = field("set-up-token", "Token for the set-up", {type: "password"},
		"It stands in the log of the gateway's start; as root, gwctl token setup prints it.");
	const name = field("set-up-name", "Your name", {type: "text", maxlength: 63, pattern: "[A-Za-z0-9_.\\-]+"},
		"What the new token is called: letters, digits, '-', '_' and '.'.");
	const place = el("div");

	async function make(event) {
		event.preventDefault();
		submit.disabled = true;
		say(said, "");
		try {
			const wish = {name: name.querySelector("input").value, role: "admin"};
			const told = await sendAs(secret.querySelector("input").value.trim(), "POST", "tokens", wish, signal);
			secret.querySelector("input").value = "";
			made(place, told);
		} catch (error) {
			if (error.name !== "AbortError") say(said, reason(error));
		} finally {
			submit.disabled = false;
		}
	}

	tellError("");
	place.replaceChildren(el("form", {class: "fields", submit: make}, secret, name, said, el("p", {class: "buttons"}, submit)));
	main.replaceChildren(
		el("h1", {}, "Set-up"),
		el("p", {}, "A new gateway knows nobody over the network. With its token for the set-up the first token of an admin is made; then that one is gone."),
		place,
	);
}
