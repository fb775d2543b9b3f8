# shellcheck shell=bash
# What framegate-flow stands on, in a place of its own: the workflow engine.

readonly FLOW_PYTHON=$CACHE/flow/bin/python

flow_ready() {
	fresh "$CACHE/flow" fleet/flow-requirements.txt && [[ -x $FLOW_PYTHON ]]
}

# Made in place: it cannot move. The package itself is taken from the tree.
flow_get() {
	rm -rf "$CACHE/flow"
	/usr/bin/python3 -m venv "$CACHE/flow"
	"$CACHE/flow/bin/pip" install -q --disable-pip-version-check --require-hashes -r fleet/flow-requirements.txt
	sha256sum fleet/flow-requirements.txt | cut -d' ' -f1 >"$CACHE/flow/.lock"
}

setup_flow() {
	flow_ready && return
	steps_begin 1 "$CACHE/setup-flow.log"
	step "what framegate-flow needs, by hash" flow_get
}
