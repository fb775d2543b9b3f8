#!/bin/bash
# must_not_compile.sh ROOT COMPILER...: passes when a route with a role compiles and one without does not.
set -euo pipefail

root=$1
shift

compiles() {
	"$@" -std=c17 -I"$root" -fsyntax-only -x c - 2>&1 <<-EOF
		#include "core/api.h"
		int answer(void *, const struct gw_request *, struct gw_reply *, struct gw_error *);
		const struct gw_api_route routes[] = {{$entry}, {0}};
	EOF
}

entry='GW_ROLE_VIEWER, "GET", "things", "All of them", .handle = answer'
compiles "$@"
entry='"GET", "things", "All of them", .handle = answer'
if said=$(compiles "$@"); then
	printf '%s\na route without a role was compiled\n' "$said"
	exit 1
fi
