# shellcheck shell=bash
# What learning at the edge stands on, in a place of its own: JAX, and a library that makes more pictures of few.

readonly LEARN_PYTHON=$CACHE/learning/bin/python

learning_ready() {
	fresh "$CACHE/learning" fleet/learn-requirements.txt tests/learning/requirements.txt && [[ -x $LEARN_PYTHON ]]
}

# Made in place: it cannot move. The package itself is taken from the tree.
learning_get() {
	rm -rf "$CACHE/learning"
	/usr/bin/python3 -m venv "$CACHE/learning"
	"$CACHE/learning/bin/pip" install -q --disable-pip-version-check --require-hashes \
		-r fleet/learn-requirements.txt -r tests/learning/requirements.txt
	sha256sum fleet/learn-requirements.txt tests/learning/requirements.txt | cut -d' ' -f1 >"$CACHE/learning/.lock"
}

setup_learning() {
	learning_ready && return
	steps_begin 1 "$CACHE/setup-learning.log"
	step "what learning at the edge needs, by hash" learning_get
}
