#!/bin/bash
# must_fail.sh PROGRAM TEST: passes when TEST of a cmocka program fails, and not all else with it.
# The program is told the name, too: a slow one may leave out the others.
set -euo pipefail

program=$1 test=$2
unset CMOCKA_MESSAGE_OUTPUT CMOCKA_XML_FILE
said=$("$program" "$test" 2>&1) || true
if ! grep -qF "[  FAILED  ] $test" <<<"$said"; then
	printf '%s\nwithout the protection %s should have failed\n' "$said" "$test"
	exit 1
fi
if [[ $said != *'[==========] Running 1 test'* && $said != *'[       OK ]'* ]]; then
	printf '%s\nall tests failed: the control breaks more than it should\n' "$said"
	exit 1
fi
