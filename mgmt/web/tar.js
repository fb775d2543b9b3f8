// Files in one: a tar archive in the ustar format (IEEE Std 1003.1, pax, "ustar Interchange Format"), gzipped.

const BLOCK = 512;

/* One member's header: numbers are octal digits, and the checksum is taken with spaces in its own place. */
function header(name, size, seconds) {
	const block = new Uint8Array(BLOCK);
	const put = (at, text) => block.set(new TextEncoder().encode(text), at);
	const octal = (number, digits) => number.toString(8).padStart(digits, "0");
	put(0, name);
	put(100, "0000600");
	put(108, "0000000");
	put(116, "0000000");
	put(124, octal(size, 11));
	put(136, octal(seconds, 11));
	put(148, " ".repeat(8));
	put(156, "0");
	put(257, "ustar");
	put(263, "00");
	const sum = block.reduce((total, byte) => total + byte, 0);
	put(148, `${octal(sum, 6)}\0 `);
	return block;
}

/** A Blob of files, each [name, text]; names are short, and of plain letters. */
export async function tarball(files) {
	const seconds = Math.floor(Date.now() / 1000);
	const parts = [];
	for (const [name, text] of files) {
		const bytes = new TextEncoder().encode(text);
		parts.push(header(name, bytes.length, seconds), bytes, new Uint8Array(-bytes.length & (BLOCK - 1)));
	}
	parts.push(new Uint8Array(2 * BLOCK));
	const packed = new Blob(parts).stream().pipeThrough(new CompressionStream("gzip"));
	return new Blob([await new Response(packed).arrayBuffer()], {type: "application/gzip"});
}
