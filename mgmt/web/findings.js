// What was found in a picture, as a list.

import {el, share} from "./dom.js";
import {words} from "./paint.js";

const MOST_WORDS = 30;

/** Elements for the findings of a record. */
export function findings(record) {
	const said = words(record).slice(0, MOST_WORDS);
	if (said.length === 0)
		return [el("p", {class: "faint"}, record.task === "none" ? "No model looks at it." : "Nothing.")];
	return [
		el(
			"ol",
			{},
			said.map((one) =>
				el(
					"li",
					{},
					el("strong", {}, one.what),
					one.sure === null ? "" : ` ${share(one.sure)}`,
					one.where === "" ? "" : ` at ${one.where}`,
					one.part === undefined ? "" : `: ${share(one.part)} of what it sees`,
				),
			),
		),
	];
}
