#!/bin/bash
# Runs one unit test program and keeps what cmocka says of each test in it, as JUnit in the folder
# that CMOCKA_RESULTS names: `meson test` alone counts a program as one test and hides its skips.
set -euo pipefail

results=$CMOCKA_RESULTS/$(basename "$1").xml
status=0
CMOCKA_MESSAGE_OUTPUT=XML CMOCKA_XML_FILE=$results "$@" || status=$?
if [[ $status != 0 && -f $results ]]; then
	cat "$results" >&2
fi
exit "$status"
