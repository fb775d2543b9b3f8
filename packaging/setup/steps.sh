# shellcheck shell=bash
# Numbered steps: one line on the terminal each, everything that a command says goes to the log.
#
# A step that fails shows the end of the log, unless it said itself, through `die`, what is wrong.

readonly SAID_WHY=3

step_number=0
step_total=0
step_ticker=

# steps_begin TOTAL LOG: starts to count, and a new log.
steps_begin() {
	step_number=0
	step_total=$1
	step_log=$2
	mkdir -p "$(dirname "$step_log")"
	: >"$step_log"
}

# die MESSAGE...: ends the command, or the step that it is in, with one line that a user can act on.
# Inside a step, descriptor 3 is the step's `why` file, which is shown when its line is complete.
die() {
	printf 'dev: %s\n' "$*" >&3
	exit "$SAID_WHY"
}

# Shows the seconds that pass, on a terminal only. Runs in the background until it is stopped.
tick() {
	local text=$1 begin=$SECONDS
	while sleep 1 && kill -0 $$; do
		printf '\r%s %4d s' "$text" $((SECONDS - begin)) >&3
	done
}

# Also what ends the script must call it: a job in the background does not hear Ctrl-C.
stop_ticker() {
	[[ -n $step_ticker ]] || return 0
	kill "$step_ticker" 2>/dev/null || true
	wait "$step_ticker" 2>/dev/null || true
	step_ticker=
}

# step TEXT COMMAND...: runs COMMAND with its output in the log; ends the script when it fails.
step() {
	local text begin=$SECONDS rc why=$step_log.why
	step_number=$((step_number + 1))
	text=$(printf '[%d/%d] %-58s' "$step_number" "$step_total" "$1")
	shift
	printf '%s' "$text" >&3
	if [[ -t 3 ]]; then
		tick "$text" &
		step_ticker=$!
	fi
	printf '== %s\n' "$text" >>"$step_log"
	# A function called where its status is tested loses `set -e`: so the status is taken apart.
	set +e
	(
		set -e
		"$@"
	) >>"$step_log" 2>&1 3>"$why" </dev/null
	rc=$?
	set -e
	stop_ticker
	if [[ $rc == 0 ]]; then
		rm -f "$why"
		[[ -t 3 ]] && printf '\r%s' "$text" >&3
		printf ' %4d s\n' $((SECONDS - begin)) >&3
		return
	fi
	printf ' failed after %d s\n' $((SECONDS - begin)) >&3
	cat "$why" >&3
	rm -f "$why"
	if [[ $rc != "$SAID_WHY" ]]; then
		printf -- '--- the end of the log ---\n' >&3
		tail -n 25 "$step_log" >&3
		printf -- '--------------------------\n' >&3
	fi
	printf 'dev: the whole log is %s; the same command goes on where it stopped\n' "$step_log" >&3
	exit 1
}
