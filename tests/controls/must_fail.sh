#!/bin/bash
# must_fail.sh PROGRAM TEST...: passes when just these tests of a cmocka program fail. It is told
# their names, too: a slow one may leave out the others.
set -euo pipefail

program=$1
shift
unset CMOCKA_MESSAGE_OUTPUT CMOCKA_XML_FILE
said=$("$program" "$@" 2>&1) || true
failed=$(sed -n '/listed below/,$s/^\[  FAILED  \] \([a-z].*\)$/\1/p' <<<"$said")
[[ $failed == "$(printf '%s\n' "$@")" ]] || {
	printf '%s\nwithout the protection should fail: %s\nbut failed: %s\n' \
		"$said" "$*" "${failed:-nothing}"
	exit 1
}
