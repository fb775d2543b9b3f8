# shellcheck shell=bash
# The Python package around the library, as a wheel for machines of this one's kind.

readonly WHEEL=$PWD/build-wheel

# A place of its own for what builds it, by hash.
wheel_tools() {
	local wanted=lib/python/wheel-requirements.txt
	if ! cmp -s "$wanted" "$WHEEL/tools/.requirements"; then
		rm -rf "$WHEEL/tools"
		/usr/bin/python3 -m venv "$WHEEL/tools"
		"$WHEEL/tools/bin/pip" install -q --require-hashes --only-binary :all: -r "$wanted"
		cp "$wanted" "$WHEEL/tools/.requirements"
	fi
}

# The package as it is in the tree, with what runs on clusters and the library in it.
wheel_build() {
	local package=$WHEEL/source/framegate
	rm -rf "$WHEEL/source" "$WHEEL"/*.whl
	cp -r lib/python "$WHEEL/source"
	cp -r cluster/ray cluster/spark "$package/"
	mkdir "$package/cluster"
	cp cluster/*.py "$package/cluster/"
	find "$WHEEL/source" -name __pycache__ -prune -exec rm -r {} +
	cp -L build/lib/libframegate.so.0 "$package/"
	strip --strip-unneeded "$package/libframegate.so.0"
	SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 1700000000) \
		"$WHEEL/tools/bin/pip" wheel -q --no-deps --no-index --no-build-isolation \
		--wheel-dir "$WHEEL" "$WHEEL/source"
}

# The wheel as a user installs it, in build-wheel/site, for what looks at $PYTHONPATH.
wheel_install() {
	rm -rf "$WHEEL/site"
	"$CLUSTER_PYTHON" -m pip install -q --disable-pip-version-check --no-deps --no-index \
		--target "$WHEEL/site" "$WHEEL"/*.whl
}

cmd_wheel() {
	[[ $# == 0 ]] || usage_error "wheel takes no arguments"
	cmd_setup quiet
	build_default
	mkdir -p "$WHEEL"
	steps_begin 2 "$PWD/build-logs/wheel.log"
	step "setuptools, by hash" wheel_tools
	step "the wheel" wheel_build
	printf '%s\n' "$WHEEL"/*.whl
}
