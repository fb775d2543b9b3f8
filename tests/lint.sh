# shellcheck shell=bash
# The checks of `./dev lint`, over the files that git tracks or would track.

# our_files PATTERN...: NUL-terminated, without those that were deleted but not yet committed.
our_files() {
	git ls-files -z --cached --others --exclude-standard -- "$@" |
		while IFS= read -r -d '' file; do
			[[ ! -f $file ]] || printf '%s\0' "$file"
		done
}

lint_clang_format() {
	our_files '*.c' '*.h' | xargs -0 -r clang-format --dry-run -Werror
}

# clang-tidy needs to know how each file is compiled: by clang, and the fuzz targets by build-fuzz.
configure_for_lint() {
	steps_begin 2 "$PWD/build-logs/lint.log"
	step "configure build-clang/" configure_clang
	step "configure build-fuzz/" configure_fuzz
}

# compiled_in FOLDER: the C files that its compile commands name, as paths from here.
compiled_in() {
	sed -n 's#^ *"file": "\.\./\(.*\.c\)",\{0,1\}$#\1#p' "$1/compile_commands.json" | sort -u
}

# tidy FOLDER CHECKS: the files on standard input, one a process, since some take long.
tidy() {
	xargs -r -d '\n' -P "$JOBS" -n 1 clang-tidy --quiet -p "$1" "--checks=$2"
}

# The analyser cannot know that a cmocka assertion does not return, and the sanitizers run the unit
# tests anyway: it looks at the product only.
lint_clang_tidy() {
	local ours product status=0
	ours=$(our_files '*.c' | tr '\0' '\n' | sort)
	product=$(grep -v '_test\.c$' <<<"$ours")
	comm -12 <(printf '%s\n' "$product") <(compiled_in build-clang) | tidy build-clang '' || status=1
	comm -12 <(printf '%s\n' "$product") <(
		comm -13 <(compiled_in build-clang) <(compiled_in build-fuzz)
	) | tidy build-fuzz '' || status=1
	comm -12 <(grep '_test\.c$' <<<"$ours") <(compiled_in build-clang) |
		tidy build-clang '-clang-analyzer-*' || status=1
	while read -r file; do
		[[ -z $file ]] || record skipped "clang-tidy $file" "no build on this machine compiles it"
	done < <(comm -23 <(printf '%s\n' "$ours") <(
		{
			compiled_in build-clang
			compiled_in build-fuzz
		} | sort -u
	))
	return "$status"
}

# Scripts are known by their name or by their first line.
lint_shellcheck() {
	our_files | while IFS= read -r -d '' file; do
		if [[ $file == *.sh || $file == *.bash || $(head -c 64 "$file" | head -n 1 | tr -d '\0') =~ ^'#!'.*(bash|/sh) ]]; then
			printf '%s\0' "$file"
		fi
	done | xargs -0 -r shellcheck -x
}
