// What models run, and how rollouts go.

import {get} from "./api.js";
import {el, milliseconds, number, repeat, share, swap, table} from "./dom.js";
import {tryForm} from "./try.js";

const versionOf = (one) => (one ? String(one.version) : "–");
const failedOf = (one) => (one ? `${one.failed} of ${one.pictures}` : "–");

function lastOf(last) {
	if (!last) return "–";
	return `${last.from} to ${last.to}: ${last.completed ? "done" : "taken back"}, ${last.reason}`;
}

function phaseOf({phase, rollout}) {
	return rollout ? `${phase}, step ${rollout.step} of ${rollout.steps.length}` : phase;
}

function routesTable(routes) {
	return table("Which versions look at pictures", [
		["Model", (route) => route.name],
		["Version", (route) => versionOf(route.stable), true],
		["Failed", (route) => failedOf(route.stable), true],
		["9 of 10 within", (route) => milliseconds(route.stable?.p90_us), true],
		["Canary", (route) => versionOf(route.canary), true],
		["Its share", (route) => share(route.rollout?.share), true],
		["Its failed", (route) => failedOf(route.canary), true],
		["Disagreement", (route) => share(route.rollout?.disagreement), true],
		["Phase", phaseOf],
		["Last rollout", (route) => lastOf(route.last)],
	], routes);
}

function modelsTable(models) {
	return table("Models that are loaded", [
		["Model", (model) => `${model.name}:${model.version}`],
		["Task", (model) => model.task],
		["Back-end", (model) => model.backend],
		["Cameras", (model) => String(model.cameras.length), true],
		["Pictures", (model) => String(model.frames), true],
		["In a batch", (model) => number(model.mean_batch), true],
		["Half within", (model) => milliseconds(model.run_p50_us), true],
		["99 of 100 within", (model) => milliseconds(model.run_p99_us), true],
	], models);
}

export function show(main, _, signal, tellError) {
	const place = el("div", {id: "models"}, el("p", {}, "Looking for models…"));

	const trial = tryForm();

	main.replaceChildren(el("h1", {}, "Models"), place, trial.node);
	repeat(async () => {
		try {
			const [{models}, {routes, repository}] = await Promise.all([get("models", signal), get("models/routes", signal)]);
			trial.offer(routes.map((route) => route.name));
			trial.node.hidden = routes.length === 0;
			swap(
				place,
				...(models.length + routes.length === 0
					? [el("p", {}, "No camera has a model.")]
					: [routesTable(routes), el("p", {}, ""), modelsTable(models)]),
				el("p", {class: "faint"}, `They lie in ${repository}.`),
			);
			tellError("");
		} catch (error) {
			if (error.name !== "AbortError") tellError(`Models: ${error.message}`);
		}
	}, 2000, signal);
}
