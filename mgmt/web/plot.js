// Lines over the last hour.

import {el, say, svg} from "./dom.js";

const WIDTH = 600;
const HEIGHT = 100;
const SPAN_S = 3600;
const EVERY_S = 5;
const MOST_CAMERAS = 512;

const kept = new Map();

/** Notes how a camera is, at most every few seconds: `figures` are named numbers or null. */
export function note(camera, figures) {
	const now = Date.now() / 1000;
	if (!kept.has(camera)) {
		if (kept.size >= MOST_CAMERAS) kept.delete(kept.keys().next().value);
		kept.set(camera, []);
	}
	const points = kept.get(camera);
	const last = points.at(-1);
	if (last && now - last.time < EVERY_S) {
		Object.assign(last, figures);
		return;
	}
	points.push({time: now, ...figures});
	while (points[0].time < now - SPAN_S) points.shift();
}

/* "x,y x,y" of what is known; a gap of a minute begins a new line. */
function lines(points, name, most) {
	const now = Date.now() / 1000;
	const all = [];
	let before = -Infinity;
	for (const point of points) {
		const value = point[name];
		if (value === null || value === undefined) continue;
		if (point.time - before > 60) all.push([]);
		const x = WIDTH * (1 - (now - point.time) / SPAN_S);
		all.at(-1).push(`${x.toFixed(1)},${(HEIGHT - (HEIGHT - 4) * (value / most) - 2).toFixed(1)}`);
		before = point.time;
	}
	return all;
}

/** A figure of one number of a camera; `show` says it in words. Returns {figure, draw}. */
export function plot(camera, name, title, show) {
	const caption = el("figcaption", {}, title);
	const drawing = svg("svg", {
		viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
		preserveAspectRatio: "none",
		role: "img",
		"aria-label": title,
	});
	function draw() {
		const points = kept.get(camera) ?? [];
		const values = points.map((point) => point[name]).filter((value) => value !== null && value !== undefined);
		const most = Math.max(...values, 1e-9);
		say(
			caption,
			values.length === 0
				? `${title}: nothing yet`
				: `${title}: ${show(values.at(-1))} now, ${show(most)} at most in the last hour`,
		);
		drawing.setAttribute("aria-label", caption.textContent);
		drawing.replaceChildren(
			svg("line", {x1: 0, x2: WIDTH, y1: HEIGHT - 1, y2: HEIGHT - 1}),
			...lines(points, name, most).map((points) => svg("polyline", {points: points.join(" ")})),
		);
	}
	draw();
	return {figure: el("figure", {}, caption, drawing), draw};
}
