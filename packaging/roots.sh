# shellcheck shell=bash
# Debian systems in folders of the cache: those that packages are built in, and those as a user has
# them. Whatever runs in one writes into a layer that is gone with it.

# shellcheck disable=SC2034 # read in package.sh
readonly DISTRIBUTIONS=(bookworm trixie)

# The number that users call it by, and that versions of its packages end with.
# shellcheck disable=SC2034 # read in package.sh
declare -rA DEBIAN=([bookworm]=12 [trixie]=13)

root_folder() {
	printf '%s/roots/%s' "$CACHE" "$1"
}

# root_ready NAME KEY: KEY is what it was made from.
root_ready() {
	[[ -f $(root_folder "$1")/.made-from && $(<"$(root_folder "$1")/.made-from") == "$2" ]]
}

# root_make NAME KEY DISTRIBUTION OPTION...: by mmdebstrap, with these options, from this machine's mirror.
root_make() {
	local name=$1 key=$2 distribution=$3 folder mirror
	shift 3
	folder=$(root_folder "$name")
	mirror=$(debian_mirror)
	[[ -n $mirror ]] || die "apt has no Debian mirror: add one to its sources"
	mkdir -p "$(dirname "$folder")"
	as_root rm -rf "$folder" "$folder.new"
	as_root mmdebstrap --mode=root --variant=minbase --aptopt='Acquire::Languages "none"' \
		--aptopt='Acquire::Retries "3"' "$@" "$distribution" "$folder.new" \
		"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $distribution main"
	printf '%s' "$key" | as_root tee "$folder.new/.made-from" >/dev/null
	as_root mv "$folder.new" "$folder"
}

# in_root NAME SHARED COMMAND...: COMMAND as root in the system, with the folder SHARED as its
# /mnt. The processes that it leaves end with it.
in_root() {
	local folder shared
	folder=$(root_folder "$1")
	shared=$(realpath "$2")
	shift 2
	as_root unshare --mount --propagation private --pid --fork --kill-child --uts --ipc \
		"$PWD/packaging/enter-root.sh" "$folder" "$shared" "$@"
}
