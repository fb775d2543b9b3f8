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

# clang-tidy needs to know how each file is compiled by clang.
configure_for_lint() {
	steps_begin 1 "$PWD/build-logs/lint.log"
	step "configure build-lint/" configure_lint
}

# The C files that the compile commands name, as paths from here.
compiled() {
	sed -n 's#^ *"file": "\.\./\(.*\.c\)",\{0,1\}$#\1#p' build-lint/compile_commands.json | sort -u
}

# How many of them at a time, and how far the analyser goes in a function (its own measure is
# 225,000): what is found in one is found early.
tidy_jobs=$JOBS
tidy_nodes=75000

# tidy CHECKS: the files on standard input, one a process, since some take long.
tidy() {
	xargs -r -d '\n' -P "$tidy_jobs" -n 1 clang-tidy --quiet -p build-lint "--checks=$1" \
		--extra-arg={-Xclang,-analyzer-config,-Xclang,"max-nodes=$tidy_nodes"}
}

# The analyser cannot know that a cmocka assertion does not return, and the sanitizers run the unit
# tests anyway: it looks at the product only.
lint_clang_tidy() {
	local ours known status=0
	ours=$(our_files '*.c' | tr '\0' '\n' | sort)
	known=$(comm -12 <(printf '%s\n' "$ours") <(compiled))
	grep -v '_test\.c$' <<<"$known" | tidy '' || status=1
	grep '_test\.c$' <<<"$known" | tidy '-clang-analyzer-*' || status=1
	while read -r file; do
		[[ -z $file ]] || record skipped "clang-tidy $file" "no build on this machine compiles it"
	done < <(comm -23 <(printf '%s\n' "$ours") <(compiled))
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
