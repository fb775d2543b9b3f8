# shellcheck shell=bash
# Packages for Debian 12 and 13, each built in a system of its own kind.

readonly PACKAGES=$PWD/build-packages

# One line for what a package is made of: another one, another package.
package_source_key() {
	our_files | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

# build_root DISTRIBUTION: what packaging/debian/control asks for, and Debian's own checker.
build_root() {
	local distribution=$1 key profiles=''
	key=$(sed '/^$/q' packaging/debian/control | cat - packaging/roots.sh | sha256sum)
	! root_ready "$distribution-build" "$key" || return 0
	[[ $distribution != bookworm ]] || profiles=pkg.framegate.onnxruntime
	# shellcheck disable=SC2016 # mmdebstrap's variable
	root_make "$distribution-build" "$key" "$distribution" --include=build-essential,debhelper,lintian \
		--customize-hook='mkdir -p "$1/tmp/tree"' \
		--customize-hook="copy-in $PWD/packaging/debian /tmp/tree" \
		--customize-hook="chroot \"\$1\" sh -c 'cd /tmp/tree && DEB_BUILD_PROFILES=$profiles \
			apt-get -y --no-install-recommends build-dep ./'" \
		--customize-hook='rm -r "$1/tmp/tree"'
}

# What framegate-fleet stands on, for the distribution's own Python; kept, as it is pinned.
declare -rA FLEET_PYTHONS=([bookworm]=3.11 [trixie]=3.13)
package_wheels() {
	local folder=$CACHE/fleet-wheels/$1
	[[ ! -f $folder/.made-from || $(<"$folder/.made-from") != "$(sha256sum <fleet/requirements.txt)" ]] || return 0
	rm -rf "$folder"
	mkdir -p "$folder"
	"$PYTHON" -m pip download -q --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
		--python-version "${FLEET_PYTHONS[$1]}" --dest "$folder" -r fleet/requirements.txt
	sha256sum <fleet/requirements.txt >"$folder/.made-from"
}

# package_tree FOLDER DISTRIBUTION: the source as dpkg-buildpackage wants it.
package_tree() {
	local tree=$1 distribution=$2
	mkdir -p "$tree"
	our_files | tar --null --files-from=- --create | tar --extract --directory "$tree" --no-same-owner
	cp -r packaging/debian "$tree/debian"
	mkdir "$tree/fleet-wheels"
	cp "$CACHE/fleet-wheels/$distribution"/*.whl "$tree/fleet-wheels"
	sed -i "1s/(\(.*\)) unstable/(\1~deb${DEBIAN[$distribution]}) $distribution/" "$tree/debian/changelog"
	if [[ $distribution == bookworm ]]; then
		mkdir "$tree/onnxruntime"
		cp -rP "$CACHE/onnxruntime/include" "$CACHE/onnxruntime/lib" "$tree/onnxruntime"
	fi
}

# package_build DISTRIBUTION FOLDER [VARIABLE=VALUE...]: leaves the packages in FOLDER.
package_build() {
	local distribution=$1 folder=$2 profiles=''
	shift 2
	[[ $distribution != bookworm ]] || profiles=pkg.framegate.onnxruntime
	# What an interrupted one left may be root's.
	as_root rm -rf "$folder"
	mkdir -p "$folder"
	package_tree "$folder/tree" "$distribution"
	in_root "$distribution-build" "$folder" env "DEB_BUILD_PROFILES=$profiles" \
		"DEB_BUILD_OPTIONS=parallel=$JOBS nocheck" "$@" \
		sh -c 'cp -r /mnt/tree /tmp/framegate && cd /tmp/framegate && chown -R root:root . &&
			dpkg-buildpackage --build=binary --no-sign &&
			mkdir /mnt/out && cp ../*.deb ../*.changes ../*.buildinfo /mnt/out'
	as_root rm -rf "$folder/tree"
	as_root chown "$(id -u):$(id -g)" -R "$folder"
	mv "$folder"/out/* "$folder"
	rmdir "$folder/out"
	(cd "$folder" && sha256sum -- *.deb >SHA256SUMS)
}

# Errors end it; the rest is in the log.
package_lint() {
	in_root "$1-build" "$PACKAGES/$1" sh -c 'cd /mnt && lintian --fail-on error --tag-display-limit 0 *.changes'
}

# Once more, where everything is otherwise that may be: nothing of it may be in the packages.
package_again() {
	local distribution=$1 again=$PACKAGES/$1.again
	package_build "$distribution" "$again" TZ=Pacific/Auckland LC_ALL=C "HOME=/tmp"
	diff "$PACKAGES/$distribution/SHA256SUMS" "$again/SHA256SUMS" ||
		die "two builds of the packages for $distribution differ; see $PACKAGES"
	rm -rf "$again"
}

package_is_fresh() {
	[[ -f $PACKAGES/$1/.source && $(<"$PACKAGES/$1/.source") == "$2" ]]
}

cmd_package() {
	local twice='' distribution key argument todo=() wanted=()
	for argument in "$@"; do
		case $argument in
		--twice) twice=1 ;;
		bookworm | trixie) wanted+=("$argument") ;;
		*) usage_error "package does not know '$argument' (--twice, bookworm or trixie)" ;;
		esac
	done
	[[ ${#wanted[@]} -gt 0 ]] || wanted=("${DISTRIBUTIONS[@]}")
	cmd_setup quiet
	ask_for_root
	mkdir -p "$PACKAGES"
	key=$(package_source_key)
	for distribution in "${wanted[@]}"; do
		package_is_fresh "$distribution" "$key" && [[ -z $twice ]] || todo+=("$distribution")
	done
	steps_begin $((${#todo[@]} * (twice ? 5 : 4))) "$PWD/build-logs/package.log"
	for distribution in "${todo[@]}"; do
		step "$distribution: a system to build in" build_root "$distribution"
		step "$distribution: what framegate-fleet stands on" package_wheels "$distribution"
		step "$distribution: packages" package_build "$distribution" "$PACKAGES/$distribution"
		step "$distribution: lintian" package_lint "$distribution"
		[[ -z $twice ]] || step "$distribution: the same once more" package_again "$distribution"
		printf '%s' "$key" >"$PACKAGES/$distribution/.source"
	done
	for distribution in "${wanted[@]}"; do
		printf '%s\n' "$PACKAGES/$distribution"/*.deb
	done
}

# fresh_root DISTRIBUTION: as a user has it, with what our packages need lying ready to be installed.
fresh_root() {
	local distribution=$1 folder=$PACKAGES/$1 key
	key=$(for package in "$folder"/*.deb; do dpkg-deb -f "$package" Depends Recommends; done |
		cat - packaging/roots.sh packaging/package.sh | sha256sum)
	! root_ready "$distribution-fresh" "$key" || return 0
	# shellcheck disable=SC2016 # mmdebstrap's variable
	root_make "$distribution-fresh" "$key" "$distribution" --include=systemd,systemd-sysv,udev,dbus \
		--skip=cleanup/apt/lists,cleanup/apt/cache \
		--customize-hook='mkdir "$1/tmp/ours"' \
		--customize-hook="copy-in $folder /tmp/ours" \
		--customize-hook='rm "$1"/tmp/ours/*/*-dbgsym_*.deb' \
		--customize-hook='env --unset=APT_CONFIG chroot "$1" sh -c "apt-get -o APT::Install-Recommends=true \
			install -y --download-only /tmp/ours/*/*.deb"' \
		--customize-hook='rm -r "$1/tmp/ours"'
}
