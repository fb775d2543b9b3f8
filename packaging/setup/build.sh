# shellcheck shell=bash
# The build folders: build (gcc); build-asan (clang, address and undefined sanitizers, the fuzz
# targets); build-tsan (gcc, thread sanitizer); build-lint (clang; nothing is compiled there, it is
# what clang-tidy reads).

# configure FOLDER OPTION...: sets up the folder, or again when the options are others than before.
# The compiler is $CC.
configure() {
	local folder=$1 options
	shift
	options="$CACHE cuda $*"
	if [[ -f $folder/build.ninja && -f $folder/.options && $(<"$folder/.options") == "$options" ]]; then
		ninja -C "$folder" build.ninja # again, when a meson.build has changed
		return
	fi
	rm -rf "$folder"
	meson setup "$folder" "-Donnxruntime_include=$CACHE/onnxruntime/include" \
		"-Dnvidia_root=$CACHE/cuda" "$@"
	printf '%s' "$options" >"$folder/.options"
}

# compile FOLDER [TARGET...]: everything without a target.
compile() {
	local folder=$1
	shift
	ninja -C "$folder" -j "$JOBS" "$@"
}

# build_folder FOLDER TEXT CONFIGURE [TARGET...]: two steps, with a log of their own.
build_folder() {
	local folder=$1 text=$2 configure=$3
	shift 3
	steps_begin 2 "$PWD/build-logs/$folder.log"
	step "configure $folder/ ($text)" "$configure"
	step "compile $folder/" compile "$folder" "$@"
}

configure_default() {
	CC=gcc configure build
}

# Optimised a little, and without more than the lines that a report names: what is compiled there
# runs once or twice.
configure_asan() {
	CC=clang CC_LD=lld configure build-asan -Dfuzz=true -Doptimization=1 \
		-Dc_args=-gline-tables-only -Db_sanitize=address,undefined -Db_lundef=false
}

configure_lint() {
	CC=clang configure build-lint -Dfuzz=true
}

# With a sanitizer gcc warns of what cannot be (its manual says so): the other builds are the judges.
configure_tsan() {
	CC=gcc configure build-tsan -Dwerror=false -Db_sanitize=thread
}

build_default() {
	build_folder build gcc configure_default
}

build_asan() {
	build_folder build-asan "clang, sanitizers, libFuzzer" configure_asan
}

# Only what is run there.
build_tsan() {
	local programs=("${TSAN_TESTS[@]//\//_}")
	programs=("${programs[@]/#/tests/}")
	build_folder build-tsan "gcc, thread sanitizer" configure_tsan "${programs[@]/%/_test}"
}

# Says which optional parts build/ lacks, and why, from the section that meson.build ends with.
optional_parts_off() {
	local part
	find build -type f -executable \( -name gwd -o -name gwctl \) -printf 'build: %p\n' >&3
	sed -n '/^ *Optional parts/,/^$/s/^ *\(.*\S\) *: no: /\1: /p' build/meson-logs/meson-log.txt |
		while read -r part; do
			printf 'build: left out: %s\n' "$part" >&3
		done
}
