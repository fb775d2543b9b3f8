# shellcheck shell=bash
# The fuzz targets: build-asan/**/fuzz_TARGET, each with its corpus in tests/fuzz/corpus/TARGET.

fuzz_targets() {
	find build-asan -type f -executable -name 'fuzz_*' -printf '%f\n' | sed 's/^fuzz_//' | sort
}

fuzz_program() {
	find build-asan -type f -executable -name "fuzz_$1" -print -quit
}

# fuzz_replay TARGET: every input of the corpus once. A corpus without an input would prove nothing.
fuzz_replay() {
	local corpus=tests/fuzz/corpus/$1
	[[ -d $corpus && -n $(ls -A "$corpus") ]] || {
		echo "$corpus has no input"
		return 1
	}
	find "$corpus" -type f -print0 | xargs -0 -n 500 "$(fuzz_program "$1")"
}

# fuzz_explore TARGET SECONDS
fuzz_explore() {
	local target=$1 seconds=$2 found=build-asan/found/$1 corpus=tests/fuzz/corpus/$1
	mkdir -p "$found"
	local folders=("$found")
	[[ ! -d $corpus ]] || folders+=("$corpus")
	"$(fuzz_program "$target")" -max_total_time="$seconds" -print_final_stats=1 \
		-artifact_prefix="build-asan/breaks-$target-" "${folders[@]}"
	printf 'new inputs: %d, in %s\n' "$(find "$found" -type f | wc -l)" "$found"
}
