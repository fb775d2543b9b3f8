// A picture with what was found in it.

const COLOURS = ["#ffd166", "#5ee6a8", "#7cc4f5", "#ff9eb5", "#c9a6ff", "#ffb169"];
const INK = "#0b1a26";
const LONGEST = 24; // letters of a label beside its box
const LARGEST = 4; // times that a small picture is enlarged, so that words beside its boxes are sharp

/* How stored pixels come to stand as they are seen, by the numbers of Exif: a to f of the matrix, where
 * W and H stand for what is seen. */
const TURNS = {
	1: () => [1, 0, 0, 1, 0, 0],
	2: (w) => [-1, 0, 0, 1, w, 0],
	3: (w, h) => [-1, 0, 0, -1, w, h],
	4: (w, h) => [1, 0, 0, -1, 0, h],
	5: () => [0, 1, 1, 0, 0, 0],
	6: (w) => [0, 1, -1, 0, w, 0],
	7: (w, h) => [0, -1, -1, 0, w, h],
	8: (w, h) => [0, -1, 1, 0, 0, h],
};

/* The JPEG without Exif: the record says how the picture is turned, and the browser must not turn it
 * once more. Segments are walked up to the scan (ITU-T T.81, B.1.1.4). */
function withoutExif(jpeg) {
	const kept = [jpeg.subarray(0, 2)];
	let at = 2;
	while (at + 4 <= jpeg.length && jpeg[at] === 0xff && jpeg[at + 1] !== 0xda) {
		const end = at + 2 + jpeg[at + 2] * 256 + jpeg[at + 3];
		if (jpeg[at + 1] !== 0xe1) kept.push(jpeg.subarray(at, end));
		at = end;
	}
	kept.push(jpeg.subarray(at));
	return new Blob(kept, {type: "image/jpeg"});
}

/** The findings that have a place: {label, confidence, box, points}. */
export function boxes(record) {
	const found = record.objects ?? record.findings ?? [];
	return found
		.filter((one) => one.bbox)
		.map((one) => ({
			label: one.type ?? "",
			index: one.index ?? 0,
			confidence: one.confidence ?? 0,
			x: one.bbox.leftX,
			y: one.bbox.topY,
			width: one.bbox.rightX - one.bbox.leftX,
			height: one.bbox.bottomY - one.bbox.topY,
			polygon: one.polygon ?? null,
			keypoints: one.keypoints ?? [],
		}));
}

/** All findings in words: {what, sure, where}, and `part` of the picture where a mask says it. */
export function words(record) {
	const place = (box) => (box ? `${Math.round(box.leftX)}, ${Math.round(box.topY)}` : "");
	const list = record.classes ?? record.objects ?? record.lines ?? record.findings ?? [];
	const said = list
		.filter((one) => !one.mask?.labels)
		.map((one) => ({
			what: one.text ?? one.type ?? one.kind ?? "",
			sure: one.confidence ?? null,
			where: place(one.bbox),
		}));
	for (const {mask} of masks(record))
		if (mask.labels) said.push(...sharesOf(mask).map(([what, part]) => ({what, sure: null, where: "", part})));
	if (record.tensors)
		said.push(...record.tensors.map((one) => ({what: one.name, sure: null, where: one.shape.join(" × ")})));
	return said;
}

export const colour = (index) => COLOURS[index % COLOURS.length];

/* The same as four bytes of a picture: red, green, blue and how dense, in the order of memory. */
function packed(index) {
	const number = Number.parseInt(colour(index).slice(1), 16);
	const bytes = new Uint8Array([number >> 16, number >> 8, number, 255]);
	return new Uint32Array(bytes.buffer)[0];
}

/* A first label that stands for what is none of the others covers nothing. */
const NOTHING = /^(background|bg|nothing|none|void|unlabell?ed|unknown|)$/i;

const MOST_CELLS = 1 << 24; // of a mask that is drawn

const covers = (mask, label) => label > 0 || !NOTHING.test(mask.labels[0] ?? "");

/* [value, length] of each run: the number of a label, or 1 for what belongs to the object. */
function runsOf(mask) {
	if (!mask.labels) return mask.runs.map((length, i) => [i % 2, length]);
	const runs = [];
	for (let i = 0; i + 1 < mask.runs.length; i += 2) runs.push([mask.runs[i], mask.runs[i + 1]]);
	return runs;
}

/** The masks of a record: {mask, index}, where the index says the colour of one that has no labels. */
function masks(record) {
	const found = (record.objects ?? record.findings ?? []).filter((one) => one.mask);
	const of = found.map((one) => ({mask: one.mask, index: one.index ?? 0}));
	return record.mask ? [{mask: record.mask, index: 0}, ...of] : of;
}

/* How much of a mask each of its labels covers: [label, share], the most first. */
function sharesOf(mask) {
	const cells = new Map();
	for (const [label, length] of runsOf(mask)) cells.set(label, (cells.get(label) ?? 0) + length);
	return [...cells]
		.filter(([label]) => covers(mask, label))
		.sort((a, b) => b[1] - a[1])
		.map(([label, count]) => [mask.labels[label] ?? String(label), count / (mask.width * mask.height)]);
}

/* Cell by cell into a picture of its own, which is laid over the part that the mask is of. */
function paintMask(context, {mask, index}) {
	if (mask.width * mask.height > MOST_CELLS) return;
	const cells = new OffscreenCanvas(mask.width, mask.height);
	const inner = cells.getContext("2d");
	const image = inner.createImageData(mask.width, mask.height);
	const pixels = new Uint32Array(image.data.buffer);
	let cell = 0;
	for (const [value, length] of runsOf(mask)) {
		if (mask.labels ? covers(mask, value) : value === 1)
			pixels.fill(packed(mask.labels ? value : index), cell, cell + length);
		cell += length;
	}
	inner.putImageData(image, 0, 0);
	const {leftX, topY, rightX, bottomY} = mask.bbox;
	context.imageSmoothingEnabled = false;
	context.drawImage(cells, leftX, topY, rightX - leftX, bottomY - topY);
	context.imageSmoothingEnabled = true;
}

function outline(context, one) {
	context.beginPath();
	if (one.polygon) {
		one.polygon.forEach((point) => context.lineTo(point.x, point.y));
		context.closePath();
	} else {
		context.rect(one.x, one.y, one.width, one.height);
	}
	context.stroke();
	for (const point of one.keypoints) {
		context.beginPath();
		context.arc(point.x, point.y, context.lineWidth * 1.5, 0, 7);
		context.fill();
	}
}

const overlap = (one, other) =>
	one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h;

/* Words beside a box, unless they would hide those of one that is surer. */
function label(context, one, size, width, taken) {
	const name = one.label.length > LONGEST ? `${one.label.slice(0, LONGEST - 1)}…` : one.label;
	const text = `${name} ${Math.round(one.confidence * 100)} %`;
	const place = {w: context.measureText(text).width + size / 2, h: size * 1.3};
	place.x = Math.max(0, Math.min(one.x, width - place.w));
	place.y = one.y >= place.h ? one.y - place.h : one.y;
	if (taken.some((other) => overlap(place, other))) return;
	taken.push(place);
	context.fillRect(place.x, place.y, place.w, place.h);
	context.fillStyle = INK;
	context.fillText(text, place.x + size / 4, place.y + size);
}

function paintFindings(context, record, scale, width) {
	const found = boxes(record);
	const size = 13 / scale;
	const taken = [];
	context.lineWidth = 2 / scale;
	context.font = `${size}px system-ui, sans-serif`;
	context.globalAlpha = 0.4;
	for (const one of masks(record)) paintMask(context, one);
	context.globalAlpha = 1;
	for (const one of found) {
		context.strokeStyle = context.fillStyle = colour(one.index);
		outline(context, one);
		label(context, one, size, width, taken);
	}
}

/** How large a picture is as it is seen, where `orientation` says how it is turned. */
export async function sizeOf(jpeg, orientation = 1) {
	const bitmap = await createImageBitmap(withoutExif(jpeg));
	const {width, height} = bitmap;
	bitmap.close();
	return orientation > 4 ? {width: height, height: width} : {width, height};
}

/** Paints a view on a canvas that is shown `room` pixels wide. */
export async function paint(canvas, {record, jpeg}, room) {
	const {width, height} = record.frame;
	const scale = Math.min(LARGEST, room / width);
	const bitmap = await createImageBitmap(withoutExif(jpeg));
	const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
	if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
	const context = canvas.getContext("2d");
	context.setTransform(scale, 0, 0, scale, 0, 0);
	context.save();
	context.transform(...(TURNS[record.frame.orientation ?? 1] ?? TURNS[1])(width, height));
	context.drawImage(bitmap, 0, 0);
	context.restore();
	bitmap.close();
	paintFindings(context, record, scale, width);
}
