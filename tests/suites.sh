# shellcheck shell=bash
# The suites of `./dev test`. Each leaves its results in build-results/: what its runner wrote for
# machines, or lines in checks.tsv, from `record`; tests/totals.py adds them up.

readonly SUITES=(unit asan tsan fuzz models integration web demo line-rate kafka network cluster learning soak lint)

# Only when they are named: one makes systems of two Debian releases and builds packages in them, the other an
# image of a whole system.
readonly NAMED_SUITES=(package image)

# They run beside the others: the first three wait for brokers and for cameras most of the time, the
# last takes the processor only when nobody else wants it.
readonly BESIDE=(kafka network soak lint)
readonly SOAK_SECONDS=60

# Where threads meet. Tests that start DPDK or librdkafka are not among them: the sanitizer sees
# neither into the one's rings nor where the other's threads begin.
readonly TSAN_TESTS=(
	accel/berth accel/failover accel/helpers accel/pictures accel/retire accel/rollout/end accel/rollout/kept
	accel/rollout/rollout accel/runner accel/several_devices accel/stage accel/swap
	core/alarm core/bell core/control core/link core/pool core/surface core/view
	decode/nvjpeg decode/nvjpeg_failure decode/stage decode/turbo gwd/end gwd/gateway gwd/lanes gwd/watchdog lib/decoders
	lib/framegate
	mgmt/alarms/webhook mgmt/audit mgmt/audit_log/log mgmt/audit_log/log_disk mgmt/jobs mgmt/rates mgmt/server
	mgmt/ticker overload session/authorities session/relays tensor
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

# meson_results NAME FOLDER ARGUMENT...: leaves NAME.json. Twice as many at a time as there are processors, for
# many of them wait.
meson_results() {
	local name=$1 folder=$2 status=0
	shift 2
	mkdir -p "$RESULTS/$name-cmocka"
	rm -f "$folder"/meson-logs/testlog*
	CMOCKA_RESULTS=$RESULTS/$name-cmocka meson test -C "$folder" --no-rebuild \
		--num-processes $((2 * JOBS)) --print-errorlogs --wrapper "$PWD/tests/cmocka_results.sh" "$@" ||
		status=$?
	cat "$folder"/meson-logs/testlog*.json >"$RESULTS/$name.json" || true
	return "$status"
}

# What fails in a suite that meets clocks, brokers and browsers, on a machine that may be taken away for
# seconds, gets one more try with little beside it, and the totals name it, whatever comes of that: a test that
# needs two is a fault to look for, here or in what it tests. A crash is none of the time's, nor is what a
# sanitizer finds.
what_to_try_again() {
	"$PYTHON" tests/totals.py again "$1"
}

# meson_tests FOLDER ARGUMENT...: the status is kept too, since a runner can die before it writes.
meson_tests() {
	local folder=$1 status=0 again=()
	shift
	meson_results "$suite" "$folder" "$@" || status=$?
	[[ $status == 0 || $suite != unit ]] || mapfile -t again < <(what_to_try_again "$RESULTS/$suite.json")
	if ((${#again[@]})); then
		status=0
		meson_results "$suite-again" "$folder" "${again[@]}" || status=$?
	fi
	printf '%d\n' "$status" >"$RESULTS/$suite.status"
}

# pytest_results NAME ARGUMENT...: leaves NAME.xml; with the file of each test in it.
pytest_results() {
	local name=$1
	shift
	as_root_with_environment "${test_python:-$PYTHON}" -m pytest -p no:cacheprovider \
		-o junit_family=xunit1 --junitxml="$RESULTS/$name.xml" "$@"
}

python_tests() {
	local status=0 again=()
	pytest_results "$suite" "$@" || status=$?
	[[ $status != 1 ]] || mapfile -t again < <(what_to_try_again "$RESULTS/$suite.xml")
	if ((${#again[@]})); then
		status=0
		pytest_results "$suite-again" "${again[@]}" || status=$?
	fi
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

# Two files at a time: their tests wait for cameras, brokers and deadlines most of the time. With
# three they wait for each other, and nothing is won.
readonly TWO_FILES=(--numprocesses 2 --dist loadfile)

suite_models() {
	build_default
	cmd_models
	python_tests "${TWO_FILES[@]}" tests/models
}

suite_integration() {
	cmd_wheel
	cmd_models
	setup_fleet
	python_tests "${TWO_FILES[@]}" tests --ignore=tests/cluster --ignore=tests/demo --ignore=tests/image \
		--ignore=tests/kafka --ignore=tests/learning --ignore=tests/line_rate --ignore=tests/models \
		--ignore=tests/network --ignore=tests/packages --ignore=tests/web
}

# The page in a browser, beside a gateway with 256 cameras.
suite_web() {
	build_default
	cmd_models
	python_tests tests/web
}

# Alone: it shows what the gateway does on a machine that has time.
suite_demo() {
	build_default
	cmd_models
	python_tests tests/demo
}

suite_network() {
	build_default
	cmd_models
	python_tests "${TWO_FILES[@]}" tests/network
}

# Ray and Spark in their own environment, with the wheel as a user installs it.
suite_cluster() {
	local test_python=$CLUSTER_PYTHON
	cluster_ready
	edge_learning_ready
	python_tests tests/cluster
}

# Learning at the edge, in its own environment.
suite_learning() {
	local test_python=$LEARN_PYTHON
	build_default
	cmd_models
	setup_learning
	setup_flow
	python_tests "${TWO_FILES[@]}" tests/learning
}

suite_kafka() {
	build_default
	cmd_models
	python_tests tests/kafka
}

# Packages of both distributions, and fresh systems that they are installed in.
suite_package() {
	local distribution
	cmd_package
	steps_begin ${#DISTRIBUTIONS[@]} "$PWD/build-logs/package-roots.log"
	for distribution in "${DISTRIBUTIONS[@]}"; do
		step "$distribution: a system to install in" fresh_root "$distribution"
	done
	python_tests tests/packages
}

# The image of this tree's version: its disk, and a box from its first start to its next version, under emulation.
# What is left of it takes longer: ./dev soak image.
suite_image() {
	build_default
	cmd_models
	cmd_image
	python_tests tests/image --ignore=tests/image/soak
}

# Alone: what it finds depends on the time that it gets.
suite_line-rate() {
	build_default
	python_tests tests/line_rate
}

# What `./dev soak` does for ten minutes.
suite_soak() {
	build_default
	cmd_models
	cd tests
	check "a minute of everything at once" \
		as_root_with_environment "$PYTHON" -m soak --seconds "$SOAK_SECONDS"
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
		# What its processes took of the processor, too.
		trap 'times >"$RESULTS/$suite.times"' EXIT
		set -e
		"suite_$suite"
	)
	status=$?
	set -e
	stop_ticker
	[[ $status == 0 ]] || record failed "the suite runs to its end" "it ended with status $status"
	printf '=== %s: %d s, %d s of processors ===\n' "$suite" $((SECONDS - begin)) \
		"$(awk -F '[ms ]+' 'NR == 2 { printf "%.0f", 60 * $1 + $2 + 60 * $3 + $4 }' "$RESULTS/$suite.times")"
}

# begin_beside NAME: in the background; what it says comes with `end_beside`.
begin_beside() {
	(
		# A job in the background would not hear Ctrl-C.
		trap - INT
		exec 3>&1
		if [[ $1 == lint ]]; then
			renice -n 19 -p "$BASHPID" >/dev/null
			# shellcheck disable=SC2034 # read in lint.sh
			tidy_jobs=1 tidy_nodes=25000
		fi
		run_suite "$1"
	) >"$RESULTS/$1.log" 2>&1 &
	beside[$1]=$!
	printf '\n=== %s: begins beside the others ===\n' "$1"
}

# Nothing when it does not run there, or has ended.
end_beside() {
	[[ -n ${beside[$1]-} ]] || return 0
	wait "${beside[$1]}" || true
	cat "$RESULTS/$1.log"
	unset "beside[$1]"
}

# Two suites at a time must not build the same folder: what one beside needs is made before. When
# that fails, the suite says so.
make_ready() {
	set +e
	(
		set -e
		build_default
		cmd_models
	)
	set -e
	stop_ticker
}

# run_suites [NAME...]: all without a name. Ends the script with the totals.
run_suites() {
	local name status=0 first=() others=() aside=()
	local -A beside=()
	for name in "$@"; do
		[[ " ${SUITES[*]} ${NAMED_SUITES[*]} " == *" $name "* ]] ||
			usage_error "no suite '$name' (there are: ${SUITES[*]} ${NAMED_SUITES[*]})"
	done
	[[ $# -gt 0 ]] || set -- "${SUITES[@]}"
	cmd_setup quiet
	ask_for_root
	rm -rf "$RESULTS"
	mkdir -p "$RESULTS"
	: >"$RESULTS/checks.tsv"
	for name in "$@"; do
		if [[ " ${first[*]} ${others[*]} ${aside[*]} " == *" $name "* ]]; then
			continue
		elif [[ $name == unit ]]; then
			first+=("$name")
		elif [[ " ${BESIDE[*]} " == *" $name "* ]]; then
			aside+=("$name")
		else
			others+=("$name")
		fi
	done
	# There may be nobody to run beside.
	if [[ ${#others[@]} == 0 && ${#aside[@]} -gt 0 ]]; then
		others=("${aside[0]}")
		aside=("${aside[@]:1}")
	fi
	[[ " ${aside[*]} " != *' lint '* ]] || begin_beside lint
	for name in "${first[@]}"; do
		run_suite "$name"
	done
	[[ ! " ${aside[*]} " =~ ' '(kafka|network|soak)' ' ]] || make_ready
	for name in "${aside[@]}"; do
		[[ $name == lint || ($name == network && " ${others[*]} " == *' integration '*) ]] ||
			begin_beside "$name"
	done
	for name in "${others[@]}"; do
		# They look at how the product does on a machine that has time: they run beside each other,
		# and nothing else beside them that takes much.
		if [[ $name == integration ]]; then
			end_beside kafka
			end_beside soak
			[[ " ${aside[*]} " != *' network '* ]] || begin_beside network
		fi
		run_suite "$name"
		[[ $name != integration ]] || end_beside network
	done
	for name in "${aside[@]}"; do
		end_beside "$name"
	done
	"$PYTHON" tests/totals.py "$RESULTS" "$@" || status=$?
	exit "$status"
}
