# shellcheck shell=bash
# The appliance's image: Debian 13 with our packages, as one file that is written to a disk, and the same as an
# update for the other slot.

readonly IMAGE=$PWD/build-image

# A Debian 13 with what makes images, and an emulator to start them in.
image_root() {
	local key
	key=$(cat packaging/roots.sh packaging/image.sh | sha256sum)
	! root_ready trixie-image "$key" || return 0
	root_make trixie-image "$key" trixie --include="$(paste -sd, <<-'LIST'
		bubblewrap
		ca-certificates
		cpio
		cryptsetup-bin
		dosfstools
		e2fsprogs
		erofs-utils
		fdisk
		gpg
		gpg-agent
		mkosi
		mtools
		openssl
		ovmf
		python3-pefile
		qemu-system-x86
		qemu-utils
		reprepro
		systemd-boot
		systemd-container
		systemd-repart
		systemd-ukify
		uidmap
		xz-utils
		zstd
	LIST
	)"
}

image_version() {
	sed -n "s/.*version: '\(.*\)'.*/\1/p;T;q" meson.build
}

# The key that updates are signed with: made once, and kept in the cache, unless one is named.
image_key() {
	local folder=$1 file=$2
	mkdir -p "$folder"
	chmod 700 "$folder"
	if [[ -n $file ]]; then
		cp "$file" "$folder/secret.asc"
		in_root trixie-image "$folder" sh -c 'GNUPGHOME=/mnt gpg --batch --import /mnt/secret.asc'
		rm "$folder/secret.asc"
		return
	fi
	if [[ ! -d $CACHE/image-key ]]; then
		mkdir -p "$CACHE/image-key.new"
		chmod 700 "$CACHE/image-key.new"
		in_root trixie-image "$CACHE/image-key.new" env GNUPGHOME=/mnt gpg --batch --passphrase '' \
			--quick-generate-key 'Framegate updates, of this machine alone' ed25519 sign never
		mv "$CACHE/image-key.new" "$CACHE/image-key"
	fi
	as_root cp -r "$CACHE/image-key/." "$folder"
}

# Prints where the fixes of Debian 13 come from: beside the mirror, as Debian's own servers have it.
image_security() {
	local mirror
	mirror=$(debian_mirror)
	printf '%s-security' "${mirror%/}"
}

# image_build VERSION KEY: into build-image/. What is fetched, and the system before our packages are in it,
# stays in the cache for a day.
image_build() {
	local version=$1 key=$2 work=$CACHE/image epoch
	epoch=$(dpkg-parsechangelog -l packaging/debian/changelog -S Timestamp)
	as_root rm -rf "$work"/{tree,packages,key,out,work} "$IMAGE/framegate_$version".*
	mkdir -p "$work/packages"
	if [[ $(cat "$work/day" 2>/dev/null) != $(date +%F) ]]; then
		as_root rm -rf "$work/cache"
		date +%F >"$work/day"
	fi
	cp -r packaging/image "$work/tree"
	cp "$PACKAGES"/trixie/framegate_*.deb "$PACKAGES"/trixie/framegate-cli_*.deb "$work/packages"
	image_key "$work/key" "$key"
	in_root trixie-image "$work" /mnt/tree/build.sh "$version" "$(debian_mirror)" "$(image_security)" "$epoch"
	as_root chown "$(id -u):$(id -g)" -R "$work/out"
	mv "$work"/out/* "$IMAGE"
	as_root rm -rf "$work"/{tree,packages,key,out,work}
}

# Which package, in which version, is in it: as SPDX for programs, and as a list for people.
image_contents() {
	local version=$1
	"$PYTHON" packaging/image/contents.py "$IMAGE/framegate_$version.manifest" \
		"$IMAGE/framegate_$version.spdx.json" "$IMAGE/framegate_$version.versions"
	rm "$IMAGE/framegate_$version.manifest"
}

# What must hold of every image that leaves this script.
image_check() {
	local version=$1 size
	size=$(du --block-size=M --apparent-size "$IMAGE/framegate_$version.update.tar" | cut -f 1)
	printf 'update: %s\n' "$size"
	size=$(du --block-size=1M "$IMAGE/framegate_$version.raw" | cut -f 1)
	((size < 700)) || die "the image takes $size MiB, more than 700: see $IMAGE/framegate_$version.versions"
}

cmd_image() {
	local version='' key='' begin=$SECONDS
	while (($#)); do
		case $1 in
		--version) version=${2-} ;;
		--key) key=$(realpath -- "${2-}") ;;
		*) usage_error "image does not know '$1' (--version VERSION, --key FILE)" ;;
		esac
		shift 2 || usage_error "image: a value is missing behind the last word"
	done
	version=${version:-$(image_version)}
	[[ $version =~ ^[0-9]+(\.[0-9]+)*$ ]] || usage_error "'$version' is no version, such as 1.2.0"
	cmd_package trixie >/dev/null
	mkdir -p "$IMAGE"
	steps_begin 4 "$PWD/build-logs/image.log"
	step "a Debian 13 to build in" image_root
	step "image $version" image_build "$version" "$key"
	step "what is in it" image_contents "$version"
	step "what must hold of it" image_check "$version"
	printf 'image: %d s, %d MiB on this disk\n' $((SECONDS - begin)) \
		"$(du --block-size=1M "$IMAGE/framegate_$version.raw" | cut -f 1)" >&3
	printf '%s\n' "$IMAGE/framegate_$version".*
}
