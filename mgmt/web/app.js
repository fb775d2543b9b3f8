// Which page is shown, what stands above it, and the access token.

import {ifAllowed, onDenied, setToken, token} from "./api.js";
import {repeat, say} from "./dom.js";
import * as camera from "./camera.js";
import * as cameras from "./cameras.js";
import * as models from "./models.js";
import * as setup from "./setup.js";
import * as system from "./system.js";

const PAGES = {cameras, camera, models, system, "set-up": setup};
const TITLES = {cameras: "Cameras", camera: "Camera", models: "Models", system: "System", "set-up": "Set-up"};

const $ = (id) => document.getElementById(id);
const main = $("main");
let shown = null;
let putOff = false; // whoever was asked for a token will not be asked again on this page

function decoded(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

function tellError(text) {
	say($("said"), text);
	$("said").className = text ? "error" : "";
}

function route() {
	const [, page = "cameras", name = ""] = location.hash.split("/");
	const which = Object.hasOwn(PAGES, page) ? page : "cameras";
	const moved = shown !== null;
	shown?.abort();
	shown = new AbortController();
	// Who sets the gateway up has no token yet.
	putOff = which === "set-up";
	tellError("");
	for (const link of document.querySelectorAll("nav a")) {
		const is = link.hash === `#/${which}` || (which === "camera" && link.hash === "#/cameras");
		if (is) link.setAttribute("aria-current", "page");
		else link.removeAttribute("aria-current");
	}
	document.title = `${which === "camera" ? decoded(name) : TITLES[which]} · Framegate`;
	PAGES[which].show(main, decoded(name), shown.signal, tellError);
	if (moved) {
		window.scrollTo(0, 0);
		main.focus();
	}
}

function askForToken(why) {
	const dialog = $("ask-token");
	if (dialog.open) return;
	say($("why-token"), why);
	$("token-text").value = token();
	dialog.returnValue = "";
	dialog.showModal();
}

$("ask-token").addEventListener("close", () => {
	if ($("ask-token").returnValue === "use") {
		setToken($("token-text").value.trim());
		route();
		head();
	} else {
		putOff = true;
		if ($("ask-token").returnValue === "set-up") location.hash = "#/set-up";
	}
	$("token-text").value = "";
});
$("token").addEventListener("click", () => askForToken("Whoever uses the gateway over the network shows one."));
$("skip").addEventListener("click", () => main.focus());
onDenied((refusal, isChange) => {
	if (putOff && !isChange) return;
	askForToken(
		refusal.status === 401
			? "The gateway wants to know who you are: enter your access token."
			: `Your access does not allow this: ${refusal.message}. Enter a token that does.`,
	);
});

async function head() {
	try {
		const status = await ifAllowed("status", shown.signal);
		if (!status) {
			say($("well"), "Not for you to know");
			$("well").className = "faint";
			return;
		}
		say($("gateway"), status.name);
		say($("well"), status.well ? "All is well" : `${status.troubles.length + status.troubles_left_out} troubles`);
		$("well").className = status.well ? "good" : "bad";
	} catch (error) {
		if (error.name === "AbortError") return;
		say($("well"), error.status === 0 ? "No answer" : "Not known");
		$("well").className = "bad";
	}
}

addEventListener("hashchange", route);
route();
repeat(head, 3000, new AbortController().signal);
