// Lines over the last hour, of what the gateway remembers.

import {el, say, svg} from "./dom.js";

const WIDTH = 600;
const HEIGHT = 100;
const SPAN_S = 3600;
const GAP_S = 30; // without a figure for so long, a new line begins
const COLOURS = 6; // of lines, in style.css

/* "x,y x,y" of what is known, up to the newest time. */
function lines(seconds, values, most) {
	const newest = seconds.at(-1);
	const all = [];
	let before = -Infinity;
	values.forEach((value, i) => {
		if (value === null) return;
		if (seconds[i] - before > GAP_S) all.push([]);
		const x = WIDTH * (1 - (newest - seconds[i]) / SPAN_S);
		all.at(-1).push(`${x.toFixed(1)},${(HEIGHT - (HEIGHT - 4) * (value / most) - 2).toFixed(1)}`);
		before = seconds[i];
	});
	return all;
}

/* A line of one point is seen, too. */
const points = (line) => (line.length === 1 ? `${line[0]} ${line[0]}` : line.join(" "));

/** A figure of one or more lines. `draw(seconds, series, words)` shows [{name, values}], a value or
 * null for each time; `words` stand above it. Returns {figure, draw}. */
export function plot(title) {
	const caption = el("figcaption", {}, `${title}: nothing yet`);
	const legend = el("ul", {class: "legend", hidden: true});
	const drawing = svg("svg", {
		viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
		preserveAspectRatio: "none",
		role: "img",
		"aria-label": title,
	});

	function draw(seconds, series, words) {
		const most = Math.max(...series.flatMap((one) => one.values), 1e-9);
		say(caption, `${title}: ${words}`);
		drawing.setAttribute("aria-label", caption.textContent);
		drawing.replaceChildren(
			svg("line", {x1: 0, x2: WIDTH, y1: HEIGHT - 1, y2: HEIGHT - 1}),
			...series.flatMap((one, i) =>
				lines(seconds, one.values, most).map((line) =>
					svg("polyline", {class: `line-${i % COLOURS}`, "data-name": one.name, points: points(line)}),
				),
			),
		);
		legend.hidden = series.length < 2;
		legend.replaceChildren(
			...series.map((one, i) => el("li", {}, el("span", {class: `line-${i % COLOURS}`}), one.name)),
		);
	}
	return {figure: el("figure", {}, caption, drawing, legend), draw};
}
