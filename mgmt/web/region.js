// The part of a picture that the model sees, drawn on it.

import {el, say} from "./dom.js";

const PARTS = ["x", "y", "width", "height"];

/** A canvas to lie over the picture, and a button that lets one draw. `picture` says its canvas and,
 * as `size()`, how many pixels the picture has: {width, height}, or null. */
export function regionOf(picture) {
	const cover = el("canvas", {class: "cover", "aria-hidden": "true"});
	const toggle = el("button", {type: "button", id: "draw-region", "aria-pressed": "false"}, "Draw the region");
	const hint = el("p", {role: "status", class: "faint", id: "region-hint"});
	let form = null;
	let from = null;

	const field = (part) => form?.elements.namedItem(`region.${part}`);
	const typed = (part) => Number(field(part)?.value || 0);
	const isDrawing = () => toggle.getAttribute("aria-pressed") === "true";

	function paint() {
		const size = picture.size();
		const context = cover.getContext("2d");
		[cover.width, cover.height] = [picture.canvas.clientWidth, picture.canvas.clientHeight];
		context.clearRect(0, 0, cover.width, cover.height);
		if (!size || !form || PARTS.every((part) => typed(part) === 0)) return;
		const scale = cover.width / size.width;
		const [x, y] = [typed("x"), typed("y")];
		const [w, h] = [typed("width") || size.width - x, typed("height") || size.height - y];
		context.fillStyle = "rgb(0 0 0 / 45%)";
		context.fillRect(0, 0, cover.width, cover.height);
		context.clearRect(x * scale, y * scale, w * scale, h * scale);
		context.strokeStyle = "#ffffff";
		context.lineWidth = 2;
		context.strokeRect(x * scale, y * scale, w * scale, h * scale);
	}

	/* Pixels of the picture, within it. */
	function place(event) {
		const size = picture.size();
		const box = cover.getBoundingClientRect();
		const within = (value, most) => Math.round(Math.min(Math.max(value, 0), most));
		return [
			within(((event.clientX - box.left) / box.width) * size.width, size.width),
			within(((event.clientY - box.top) / box.height) * size.height, size.height),
		];
	}

	function fill(to) {
		const values = {
			x: Math.min(from[0], to[0]),
			y: Math.min(from[1], to[1]),
			width: Math.abs(from[0] - to[0]),
			height: Math.abs(from[1] - to[1]),
		};
		for (const part of PARTS) field(part).value = String(values[part]);
		field("x").dispatchEvent(new Event("input", {bubbles: true}));
		say(hint, `${values.width} × ${values.height} at ${values.x}, ${values.y}: "Change it" makes it so.`);
	}

	toggle.addEventListener("click", () => {
		const draws = !isDrawing();
		toggle.setAttribute("aria-pressed", String(draws));
		cover.classList.toggle("draws", draws);
		say(hint, draws ? "Draw it on the picture, or type it below." : "");
	});
	cover.addEventListener("pointerdown", (event) => {
		if (!isDrawing() || !form || !picture.size()) return;
		from = place(event);
		cover.setPointerCapture(event.pointerId);
		event.preventDefault();
	});
	cover.addEventListener("pointermove", (event) => from && fill(place(event)));
	cover.addEventListener("pointerup", (event) => {
		if (from) fill(place(event));
		from = null;
	});
	cover.addEventListener("pointercancel", () => (from = null));
	return {
		cover,
		controls: el("div", {class: "buttons"}, toggle, hint),
		/** The form whose fields say it is there. */
		use(made) {
			form = made;
			form.addEventListener("input", paint);
			paint();
		},
		paint,
	};
}
