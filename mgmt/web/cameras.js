// The grid of all cameras.

import {get, ifAllowed, view} from "./api.js";
import {el, milliseconds, number, pause, repeat, say, share} from "./dom.js";
import {cameraDialog} from "./form.js";
import {boxes, paint} from "./paint.js";

const PER_PAGE = 256;
const AT_ONCE = 4;
const PICTURE_MS = 1000; // from one picture of a tile to the next
const QUIET_MS = 5000; // the same where nothing comes

const ORDERS = {
	name: ["Name", (a, b) => a.name.localeCompare(b.name, "en", {numeric: true})],
	state: ["State", (a, b) => a.state.localeCompare(b.state)],
	rate: ["Rate, lowest first", (a, b) => a.fps - b.fps],
	loss: ["Loss, highest first", (a, b) => lossOf(b) - lossOf(a)],
	latency: ["Latency, highest first", (a, b) => (b.p90_us ?? -1) - (a.p90_us ?? -1)],
};

const lossOf = (camera) => Math.max(camera.lost_share, camera.dropped_per_s > 0 ? 1e-6 : 0);

const STATES = {live: "good", stalled: "warn", silent: "bad"};

function makeTile(name) {
	const canvas = el("canvas", {width: 16, height: 10, role: "img", "aria-label": `${name}: no picture yet`});
	const state = el("span", {});
	const figures = el("p", {});
	const node = el(
		"li",
		{class: "tile"},
		el(
			"a",
			{href: `#/camera/${encodeURIComponent(name)}`},
			canvas,
			el("div", {class: "words"}, el("h2", {}, name), el("p", {}, state), figures),
		),
	);
	return {name, node, canvas, state, figures, seen: false, due: 0, tag: null, busy: false, quiet: false};
}

function tell(tile, camera) {
	say(tile.state, camera.state);
	tile.state.className = STATES[camera.state] ?? "";
	tile.quiet = camera.state !== "live";
	say(
		tile.figures,
		`${number(camera.fps)} /s · ${share(camera.lost_share)} lost · ${milliseconds(camera.p90_us)}`,
	);
}

/* One picture of one tile; when the next is due. */
async function refresh(tile, signal) {
	try {
		const shown = await view(tile.name, signal, tile.tag);
		if (shown) {
			await paint(tile.canvas, shown, tile.canvas.clientWidth * devicePixelRatio || 320);
			tile.tag = shown.tag;
			tile.canvas.setAttribute("aria-label", `${tile.name}: ${boxes(shown.record).length} boxes`);
		}
		tile.due = performance.now() + (tile.quiet ? QUIET_MS : PICTURE_MS);
	} catch (error) {
		if (error.name === "AbortError") return;
		// The first look only has a picture kept.
		const soon = error.status === 503 && !tile.quiet && !tile.asked;
		tile.asked = true;
		tile.due = performance.now() + (soon ? 200 : QUIET_MS);
	}
}

/* Goes from tile to tile that is in view, the one that waits longest first. */
async function takePictures(tiles, signal) {
	while (!signal.aborted) {
		const now = performance.now();
		let next = null;
		for (const tile of tiles.values())
			if (tile.seen && !tile.busy && tile.due <= now && (!next || tile.due < next.due)) next = tile;
		if (!next || document.hidden) {
			await pause(60, signal);
			continue;
		}
		next.busy = true;
		await refresh(next, signal);
		next.busy = false;
	}
}

async function readAll(signal) {
	const [{cameras}, latency] = await Promise.all([get("cameras", signal), ifAllowed("latency", signal)]);
	const p90 = new Map((latency?.cameras ?? []).map((one) => [one.camera, one.count > 0 ? one.p90_us : null]));
	for (const camera of cameras) camera.p90_us = p90.get(camera.name) ?? null;
	return cameras;
}

export function show(main, _, signal, tellError) {
	const tiles = new Map();
	let all = [];
	let page = 0;
	const search = el("input", {id: "search", type: "search", autocomplete: "off", spellcheck: "false"});
	const order = el(
		"select",
		{id: "order"},
		Object.entries(ORDERS).map(([value, [title]]) => el("option", {value}, title)),
	);
	const count = el("p", {role: "status", id: "count"}, "Looking for cameras…");
	const before = el("button", {type: "button", click: () => turn(-1)}, "Previous page");
	const after = el("button", {type: "button", click: () => turn(1)}, "Next page");
	const pages = el("div", {class: "buttons"}, before, after);
	const grid = el("ul", {id: "grid", "aria-label": "Cameras"});
	const watch = new IntersectionObserver(
		(entries) => entries.forEach((entry) => {
			const tile = tiles.get(entry.target.dataset.name);
			if (tile) tile.seen = entry.isIntersecting;
		}),
		{rootMargin: "50px"},
	);

	function turn(by) {
		page += by;
		arrange();
		main.focus();
	}

	/* Puts the tiles of the page in their order, and lets those of others go. */
	function arrange() {
		const words = search.value.trim().toLowerCase();
		const found = all
			.filter((camera) => camera.name.toLowerCase().includes(words))
			.sort(ORDERS[order.value][1]);
		const last = Math.max(0, Math.ceil(found.length / PER_PAGE) - 1);
		page = Math.min(Math.max(page, 0), last);
		const shown = found.slice(page * PER_PAGE, (page + 1) * PER_PAGE);
		const names = new Set(shown.map((camera) => camera.name));
		for (const [name, tile] of tiles) {
			if (names.has(name)) continue;
			watch.unobserve(tile.node);
			tile.node.remove();
			tiles.delete(name);
		}
		shown.forEach((camera, i) => {
			let tile = tiles.get(camera.name);
			if (!tile) {
				tile = makeTile(camera.name);
				tile.node.dataset.name = camera.name;
				tiles.set(camera.name, tile);
				watch.observe(tile.node);
			}
			tell(tile, camera);
			if (grid.children[i] !== tile.node) grid.insertBefore(tile.node, grid.children[i] ?? null);
		});
		say(
			count,
			found.length === all.length ? `${all.length} cameras` : `${found.length} of ${all.length} cameras`,
		);
		pages.hidden = last === 0;
		before.disabled = page === 0;
		after.disabled = page === last;
	}

	async function update() {
		try {
			all = await readAll(signal);
			arrange();
			tellError("");
		} catch (error) {
			if (error.name !== "AbortError") tellError(`Cameras: ${error.message}`);
		}
	}

	search.addEventListener("input", () => {
		page = 0;
		arrange();
	});
	order.addEventListener("change", arrange);
	signal.addEventListener("abort", () => watch.disconnect());
	main.replaceChildren(
		el("h1", {}, "Cameras"),
		el(
			"div",
			{class: "bar"},
			el("div", {}, el("label", {for: "search"}, "Search by name"), search),
			el("div", {}, el("label", {for: "order"}, "Sort by"), order),
			el("button", {type: "button", id: "add", click: () => cameraDialog(null, update)}, "Add a camera"),
		),
		count,
		grid,
		pages,
	);
	repeat(async () => {
		const begin = performance.now();
		await update();
		// A list of thousands takes the gateway a while: it is asked the less often.
		await pause((performance.now() - begin) * 10, signal);
	}, 2000, signal);
	for (let i = 0; i < AT_ONCE; i++) takePictures(tiles, signal);
}
