// Elements of the page. What comes from the network goes in as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
	for (const [name, value] of Object.entries(attributes)) {
		if (typeof value === "function") node.addEventListener(name, value);
		else if (value !== false && value !== null && value !== undefined)
			node.setAttribute(name, value === true ? "" : value);
	}
	node.append(...children.flat().filter((child) => child !== null && child !== undefined));
	return node;
}

/** el("p", {class: "faint", click: f}, "text", element): functions hear the event of that name. */
export function el(name, attributes = {}, ...children) {
	return fill(document.createElement(name), attributes, children);
}

/** The same of a drawing. */
export function svg(name, attributes = {}, ...children) {
	return fill(document.createElementNS(SVG, name), attributes, children);
}

/** Changes a text only where it differs, so that nothing is laid out anew for nothing. */
export function say(node, text) {
	if (node.textContent !== text) node.textContent = text;
}

/** Shows these in place of what was there, unless somebody is at it with the keyboard. */
export function swap(place, ...children) {
	if (!place.contains(document.activeElement)) place.replaceChildren(...children);
}

/** A table: columns are [title, cell(row), isNumber]; a cell gives text or an element. */
export function table(caption, columns, rows) {
	const head = columns.map(([title]) => el("th", {scope: "col"}, title));
	const body = rows.map((row) =>
		el(
			"tr",
			{},
			columns.map(([, cell, isNumber]) => el("td", {class: isNumber ? "number" : null}, cell(row))),
		),
	);
	return el(
		"div",
		{class: "wide", tabindex: "0", role: "region", "aria-label": caption},
		el("table", {}, el("caption", {}, caption), el("thead", {}, el("tr", {}, head)), el("tbody", {}, body)),
	);
}

/** Whatever the gateway says of itself, name by name, as deep as it goes. */
export function facts(value) {
	if (Array.isArray(value)) {
		if (value.length === 0) return "none";
		if (value.every((one) => typeof one !== "object" || one === null)) return value.join(", ");
		return el("div", {}, value.map((one) => el("div", {}, facts(one))));
	}
	if (typeof value === "object" && value !== null)
		return el(
			"dl",
			{},
			Object.entries(value).map(([name, one]) => [
				el("dt", {}, name.replaceAll("_", " ")),
				el("dd", {}, facts(one)),
			]).flat(),
		);
	if (value === null) return "–";
	return typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
}

/** Asks in words whether something is meant; resolves to the text of its field, or null for no. */
export function confirm(title, text, yes, field = null) {
	const input = field ? el("input", {id: "dialog-field", type: "text", maxlength: 255}) : null;
	const dialog = el(
		"dialog",
		{"aria-labelledby": "dialog-title"},
		el(
			"form",
			{method: "dialog"},
			el("h2", {id: "dialog-title"}, title),
			el("p", {}, text),
			input ? [el("label", {for: "dialog-field"}, field), " ", input] : null,
			el(
				"p",
				{class: "buttons"},
				el("button", {type: "submit", value: "yes", class: "main"}, yes),
				el("button", {type: "submit", value: "no"}, "Cancel"),
			),
		),
	);
	document.body.append(dialog);
	dialog.showModal();
	return new Promise((resolve) => {
		dialog.addEventListener("close", () => {
			dialog.remove();
			resolve(dialog.returnValue === "yes" ? (input ? input.value : "") : null);
		});
	});
}

/** Calls `task` at once, and `ms` after each end of it while the page is looked at; until `signal`. */
export async function repeat(task, ms, signal) {
	while (!signal.aborted) {
		if (!document.hidden) await task();
		await pause(ms, signal);
	}
}

export function pause(ms, signal) {
	return new Promise((resolve) => {
		const end = () => {
			clearTimeout(timer);
			signal?.removeEventListener("abort", end);
			resolve();
		};
		const timer = setTimeout(end, ms);
		signal?.addEventListener("abort", end);
	});
}

export const number = (value, digits = 1) =>
	value === null || value === undefined ? "–" : value.toFixed(digits);
export const share = (value) => (value === null || value === undefined ? "–" : `${(value * 100).toFixed(1)} %`);
export const milliseconds = (us) => (us === null || us === undefined ? "–" : `${(us / 1000).toFixed(1)} ms`);
