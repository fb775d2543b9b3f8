#!/bin/bash
# build.sh VERSION MIRROR SECURITY EPOCH: what `./dev image` runs in a Debian 13 with mkosi in it. Below /mnt stand
# this folder as tree/, our packages as packages/, the key for updates as key/ (a GNUPGHOME), and what an earlier
# build left as apt/ and cache/; the results go to out/.
set -euo pipefail
readonly version=$1 mirror=$2 security=$3 epoch=$4
readonly tree=/mnt/tree out=/mnt/out
export GNUPGHOME=/mnt/key

# mkosi wants a root that is a mount point with its /dev, /proc and /sys, which this one is.
mkdir -p "$out" /mnt/work /mnt/cache /mnt/apt "$tree/mkosi.sandbox/etc/apt/sources.list.d" "$tree/mkosi.extra/usr/lib/systemd"
source_of() {
	printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n\n' "$1" "$2" \
		/usr/share/keyrings/debian-archive-keyring.gpg
}
{
	source_of "$mirror" "trixie trixie-updates"
	source_of "$security" trixie-security
} >"$tree/mkosi.sandbox/etc/apt/sources.list.d/mkosi.sources"
gpg --batch --export >"$tree/mkosi.extra/usr/lib/systemd/import-pubring.gpg"
chown -R root:root "$tree"
cd "$tree"
mkosi --force --image-version="$version" --source-date-epoch="$epoch" --mirror="$mirror" \
	--output-directory="$out" --workspace-directory=/mnt/work --incremental=yes --cache-directory=/mnt/cache \
	--package-cache-dir=/mnt/apt --package-directory=/mnt/packages build

# What the other slot is filled from: names carry the version, and the identity that the root's hash gives.
cd "$out"
mkdir update
cp "$tree/mkosi.extra/usr/lib/systemd/import-pubring.gpg" "framegate_$version.pubring.gpg"
# The same under other names, and what only the image itself is made of.
rm -f initrd* "framegate_$version" "framegate_$version.esp.raw"
uuid_of() {
	sfdisk --json "framegate_$version.raw" | python3 -c '
import json, sys
for part in json.load(sys.stdin)["partitiontable"]["partitions"]:
    if part["type"].lower() == sys.argv[1]:
        print(part["uuid"].lower())' "$1"
}
for part in root:4f68bce3-e8cd-4db1-96e7-fbcaf984b709 verity:2c7357ed-ebd2-46d9-aec1-23d437ec2bf5; do
	name=${part%%:*}
	gzip -1 --no-name --stdout "framegate_$version.$name.raw" \
		>"update/framegate_${version}_$(uuid_of "${part#*:}").$name.gz"
	rm "framegate_$version.$name.raw"
done
mv "framegate_$version.efi" "update/framegate_$version.efi"
cd update
sha256sum framegate_* >SHA256SUMS
gpg --batch --detach-sign --output SHA256SUMS.gpg SHA256SUMS
tar --create --sort=name --owner=root:0 --group=root:0 --mtime="@$epoch" \
	--file "../framegate_$version.update.tar" -- *
cd ..
rm -r update
