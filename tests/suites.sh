# shellcheck shell=bash
# The suites of `./dev test`. Each leaves its results in build-results/: what its runner wrote for
# machines, or lines in checks.tsv, from `record`; tests/totals.py adds them up.

readonly SUITES=(unit asan tsan fuzz models integration line-rate lint)

# Where threads meet. Tests that start DPDK or librdkafka are not among them: the sanitizer sees
# neither into the one's rings nor where the other's threads begin.
readonly TSAN_TESTS=(
	accel/runner accel/stage core/control core/link core/pool core/surface decode/stage decode/turbo
	gwd/end gwd/gateway gwd/lanes mgmt/audit mgmt/jobs mgmt/rates mgmt/server mgmt/ticker overload
	tensor
)
readonly RESULTS=$PWD/build-results

# record OUTCOME NAME [REASON]: OUTCOME is passed, failed or skipped.
record() {
	printf '%s\t%s\t%s\t%s\n' "$1" "$suite" "$2" "${3-}" >>"$RESULTS/checks.tsv"
}

# check NAME COMMAND...: one check that passes when COMMAND does; shows what it said when it fails.
check() {
	local name=$1 log=$RESULTS/$suite-${1//[^a-z0-9]/-}.log begin=$SECONDS
	shift
	if "$@" >"$log" 2>&1 </dev/null; then
		record passed "$name"
		printf '%s: ok (%d s)\n' "$name" $((SECONDS - begin))
	else
		tail -n 100 "$log"
		record failed "$name" "see $log"
		printf '%s: FAILED (%d s)\n' "$name" $((SECONDS - begin))
	fi
}

# meson_tests FOLDER ARGUMENT...: the status is kept too, since a runner can die before it writes.
meson_tests() {
	local folder=$1 status=0
	shift
	mkdir -p "$RESULTS/$suite-cmocka"
	rm -f "$folder"/meson-logs/testlog*
	CMOCKA_RESULTS=$RESULTS/$suite-cmocka meson test -C "$folder" --no-rebuild \
		--num-processes "$JOBS" --print-errorlogs --wrapper "$PWD/tests/cmocka_results.sh" "$@" ||
		status=$?
	cat "$folder"/meson-logs/testlog*.json >"$RESULTS/$suite.json" || true
	printf '%d\n' "$status" >"$RESULTS/$suite.status"
}

python_tests() {
	local status=0
	as_root_with_environment "$PYTHON" -m pytest -p no:cacheprovider \
		--junitxml="$RESULTS/$suite.xml" "$@" || status=$?
	printf '%d\n' "$status" >"$RESULTS/$suite.status"
}

suite_unit() {
	build_default
	meson_tests build
}

suite_asan() {
	build_asan
	record passed "compiles with clang, without a warning"
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 meson_tests build-asan --timeout-multiplier 4
}

# The sanitizer would wait a second at each exit for other threads' reports: ends are timed here.
suite_tsan() {
	build_tsan
	TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:atexit_sleep_ms=0 \
		meson_tests build-tsan --timeout-multiplier 4 "${TSAN_TESTS[@]}"
}

suite_fuzz() {
	local target
	build_asan
	for target in $(fuzz_targets); do
		check "fuzz corpus of $target" fuzz_replay "$target"
	done
}

suite_models() {
	build_default
	cmd_models
	python_tests tests/models
}

suite_integration() {
	build_default
	cmd_models
	python_tests tests --ignore=tests/models --ignore=tests/line_rate
}

# Alone: what it finds depends on the time that it gets.
suite_line-rate() {
	build_default
	python_tests tests/line_rate
}

suite_lint() {
	check clang-format lint_clang_format
	configure_for_lint
	check clang-tidy lint_clang_tidy
	check shellcheck lint_shellcheck
	check "ruff check" "$CACHE/venv/bin/ruff" check
	check "ruff format" "$CACHE/venv/bin/ruff" format --check
}

# run_suite NAME: a suite that ends early is itself a failure; the next one runs all the same.
run_suite() {
	local status begin=$SECONDS
	suite=$1
	printf '\n=== %s ===\n' "$suite"
	set +e
	(
		set -e
		"suite_$suite"
	)
	status=$?
	set -e
	stop_ticker
	[[ $status == 0 ]] || record failed "the suite runs to its end" "it ended with status $status"
	printf '=== %s: %d s ===\n' "$suite" $((SECONDS - begin))
}

# run_beside NAME: in the background, on one processor, and only with the time that others leave there.
# What it says comes with `show_beside`.
run_beside() {
	(
		exec 3>&1
		renice -n 19 -p "$BASHPID" >/dev/null
		# shellcheck disable=SC2034 # read in lint.sh
		tidy_jobs=1
		run_suite "$1"
	) >"$RESULTS/$1.log" 2>&1 &
	beside=$!
}

show_beside() {
	wait "$beside" || true
	cat "$RESULTS/$1.log"
}

# run_suites [NAME...]: all without a name. Ends the script with the totals.
run_suites() {
	local name status=0 chosen beside ran=' '
	for name in "$@"; do
		[[ " ${SUITES[*]} " == *" $name "* ]] ||
			usage_error "no suite '$name' (there are: ${SUITES[*]})"
	done
	[[ $# -gt 0 ]] || set -- "${SUITES[@]}"
	cmd_setup quiet
	ask_for_root
	rm -rf "$RESULTS"
	mkdir -p "$RESULTS"
	: >"$RESULTS/checks.tsv"
	chosen=" $* "
	for name in "$@"; do
		[[ $ran != *" $name "* ]] || continue
		ran+="$name "
		# Those tests wait most of the time.
		if [[ $name == integration && $chosen == *' lint '* && $ran != *' lint '* ]]; then
			ran+='lint '
			run_beside lint
			run_suite integration
			show_beside lint
		else
			run_suite "$name"
		fi
	done
	"$PYTHON" tests/totals.py "$RESULTS" "$@" || status=$?
	exit "$status"
}
