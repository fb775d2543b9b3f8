// What the gateway is asked and told.

const BASE = new URL("../api/v1/", import.meta.url);
const KEPT = "framegate-token";

/** An answer that is none; `status` 0: nobody answered. */
export class Refusal extends Error {
	constructor(status, code, message, retryAfter = 0) {
		super(message);
		this.status = status;
		this.code = code;
		this.retryAfter = retryAfter;
	}
}

let denied = () => {};
let dead = ""; // a token that was refused: it is not sent again and again

/** Who is to hear that the gateway wants to know who asks: the refusal, and whether a change was asked for. */
export function onDenied(hear) {
	denied = hear;
}

export const token = () => sessionStorage.getItem(KEPT) ?? "";

export function setToken(text) {
	if (text) sessionStorage.setItem(KEPT, text);
	else sessionStorage.removeItem(KEPT);
}

async function refusal(response) {
	const after = Number(response.headers.get("retry-after") ?? 0);
	let error = {code: "unknown", message: `the gateway answered ${response.status}`};
	try {
		error = (await response.json()).error ?? error;
	} catch {
		// It was no JSON: another program answered in the gateway's place.
	}
	return new Refusal(response.status, error.code, error.message, after);
}

/* The answer, whatever it is. */
async function ask(method, path, body, signal, sent, known = null) {
	const headers = known ? {"If-None-Match": known} : {};
	if (sent) headers.Authorization = `Bearer ${sent}`;
	if (body !== undefined) headers["Content-Type"] = "application/json";
	try {
		return await fetch(new URL(path, BASE), {
			method,
			headers,
			body: body === undefined ? undefined : JSON.stringify(body),
			cache: "no-store",
			credentials: "omit",
			signal,
		});
	} catch (error) {
		if (error.name === "AbortError") throw error;
		throw new Refusal(0, "unreachable", "the gateway does not answer");
	}
}

async function request(method, path, body, signal, quiet = false, known = null) {
	const sent = token();
	if (sent && sent === dead) throw new Refusal(401, "unauthorized", "this token is none, or not any more");
	const response = await ask(method, path, body, signal, sent, known);
	if (response.ok || response.status === 304) return response;
	const refused = await refusal(response);
	// Who has gone to another page, or shown another token since, is not asked for this one's sake.
	signal?.throwIfAborted();
	if (sent !== token()) throw refused;
	if (refused.status === 401) dead = sent;
	if (refused.status === 401 || (refused.status === 403 && !quiet)) denied(refused, method !== "GET");
	throw refused;
}

export async function get(path, signal) {
	return (await request("GET", path, undefined, signal)).json();
}

/** An answer that is no JSON. */
export async function text(path, signal) {
	return (await request("GET", path, undefined, signal)).text();
}

/** The same of what not everybody who may look at some cameras may know: null where this one may not. */
export async function ifAllowed(path, signal) {
	try {
		return await (await request("GET", path, undefined, signal, true)).json();
	} catch (error) {
		if (error.status !== 403) throw error;
		return null;
	}
}

/** Resolves to the answer's JSON; null: it had none. */
export async function send(method, path, body, signal) {
	const response = await request(method, path, body, signal);
	return response.status === 204 ? null : response.json();
}

/** The same of another token than the one that is kept, which stays what it is. */
export async function sendAs(other, method, path, body, signal) {
	const response = await ask(method, path, body, signal, other);
	if (!response.ok) throw await refusal(response);
	return response.status === 204 ? null : response.json();
}

/** What the gateway would say against it: a Refusal, or null. Who types is not asked for a token. */
export async function objection(path, body, signal) {
	try {
		await request("POST", path, body, signal, true);
		return null;
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		return error;
	}
}

export const cameraPath = (name) => `cameras/${encodeURIComponent(name)}`;

/** One part of a MIME entity, from its delimiter on. */
function part(bytes, from) {
	const head = new TextDecoder("latin1").decode(bytes.subarray(from, from + 512));
	const end = head.indexOf("\r\n\r\n");
	const size = /^content-length: (\d+)/im.exec(head.slice(0, end));
	if (end < 0 || !size) throw new Refusal(0, "unreadable", "the picture cannot be read");
	const begin = from + end + 4;
	return bytes.subarray(begin, begin + Number(size[1]));
}

/** The latest picture and the record of the same frame; null: it is still the one of that tag. That one may
 * not look at some cameras is no question of another token. */
export async function view(name, signal, tag) {
	const response = await request("GET", `${cameraPath(name)}/view`, undefined, signal, true, tag);
	if (response.status === 304) return null;
	const bytes = new Uint8Array(await response.arrayBuffer());
	const text = part(bytes, 0);
	const jpeg = part(bytes, text.byteOffset - bytes.byteOffset + text.length);
	return {
		tag: response.headers.get("etag"),
		record: JSON.parse(new TextDecoder().decode(text)),
		jpeg,
	};
}
