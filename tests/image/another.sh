#!/bin/bash
# another.sh VERSION CHANGE: the update that lies unpacked below /mnt/whole once more, as another version and with a
# change to what is in it, signed with the key below /mnt/key; goes to /mnt/made/VERSION. Runs in the system that makes
# images.
set -euo pipefail
readonly version=$1 change=$2 work=/mnt/work made=/mnt/made/$1
export GNUPGHOME=/mnt/key

# The first time: the root's files, and the pieces of the kernel's file.
if [[ ! -d $work/base ]]; then
	mkdir -p "$work"
	gunzip --stdout /mnt/whole/framegate_*.root.gz >"$work/root"
	fsck.erofs --extract="$work/base.new" "$work/root" >"$work/extract.log"
	rm "$work/root"
	python3 - /mnt/whole/framegate_*.efi "$work" <<'PYTHON'
import pathlib, sys
import pefile
for section in pefile.PE(sys.argv[1], fast_load=True).sections:
    name = section.Name.rstrip(b"\0").decode()
    if name in (".linux", ".initrd", ".cmdline", ".uname"):
        data = section.get_data(length=section.Misc_VirtualSize)
        if name in (".cmdline", ".uname"):
            data = data.rstrip(b"\0\n")
        (pathlib.Path(sys.argv[2]) / name[1:]).write_bytes(data)
PYTHON
	mv "$work/base.new" "$work/base"
fi

# Changes stand in a layer above them.
rm -rf "$work/layer" "$work/new"
mkdir -p "$work/layer/upper" "$work/layer/work" "$work/layer/root" "$work/new"
mount -t overlay -o "lowerdir=$work/base,upperdir=$work/layer/upper,workdir=$work/layer/work" another "$work/layer/root"
root=$work/layer/root
sed -i "s/^IMAGE_VERSION=.*/IMAGE_VERSION=$version/" "$root/usr/lib/os-release"
# program PATH: what is written here takes its place.
program() {
	rm "$root$1"
	cat >"$root$1"
	chmod 755 "$root$1"
}

# impatient: what is not well is given up after a minute, where a box takes ten.
impatient() {
	local units=$root/usr/lib/systemd/system
	mkdir -p "$units/framegate.service.d" "$units/framegate-health.service.d"
	printf '[Service]\nTimeoutStartSec=60\n' >"$units/framegate.service.d/90-impatient.conf"
	printf '[Service]\nEnvironment=FRAMEGATE_HEALTH_LIMIT=60\n' >"$units/framegate-health.service.d/90-impatient.conf"
}

case $change in
none | bit | hash | panic) ;;
init) rm "$root/usr/lib/systemd/systemd" ;;
crash) program /usr/sbin/gwd <<-'GWD' ;;
	#!/bin/sh
	echo "a daemon that ends at once"
	exit 1
GWD
hang)
	program /usr/sbin/gwd <<-'GWD'
		#!/bin/sh
		exec sleep infinity
	GWD
	impatient
	;;
# It is ready, and its broker is nowhere.
unwell)
	mv "$root/usr/sbin/gwd" "$root/usr/sbin/gwd.whole"
	touch "$root/usr/sbin/gwd"
	program /usr/sbin/gwd <<-'GWD'
		#!/bin/sh
		sed 's/^kafka:.*/kafka: {brokers: "127.0.0.1:9"}/' /etc/framegate/gateway.yaml >/run/framegate/unwell.yaml
		exec /usr/sbin/gwd.whole --config /run/framegate/unwell.yaml
	GWD
	impatient
	;;
# To the last block, also those that are kept for root; and then it is not well.
full) program /usr/lib/framegate/health <<-'HEALTH' ;;
	#!/bin/bash
	fallocate --length "$(($(stat --file-system --format '%a * %S' /var)))" /var/filler
	dd if=/dev/zero of=/var/filler-2 bs=64K
	dd if=/dev/zero of=/var/filler-3 bs=512
	sync
	df /var
	exit 1
HEALTH
# What finds the files on the data partition is overwritten below the file system, and the machine starts again at once.
damage) program /usr/lib/framegate/health <<-'HEALTH' ;;
	#!/bin/bash
	sync
	dd if=/dev/urandom of=/dev/disk/by-partlabel/framegate-data bs=4096 count=2 conv=notrunc,fsync
	echo b >/proc/sysrq-trigger
HEALTH
*)
	echo "no change '$change'" >&2
	exit 2
	;;
esac
mkfs.erofs --quiet -zlz4 -T0 "$work/new/root" "$root"
cp "$root/usr/lib/systemd/boot/efi/linuxx64.efi.stub" "$work/new/stub"
cp "$root/usr/lib/os-release" "$work/new/os-release"
umount "$root"
hash=$(veritysetup format --hash=sha256 "$work/new/root" "$work/new/verity" | sed -n 's/^Root hash:[[:space:]]*//p')
case $change in
# Before the superblock, where nothing is: nobody but the hash knows.
bit) printf '\001' | dd of="$work/new/root" bs=1 seek=100 conv=notrunc status=none ;;
hash) hash=$(tr '0-9a-f' '1-9a-f0' <<<"${hash:0:1}")${hash:1} ;;
esac

# uuid_of DIGITS: 32 of them.
uuid_of() {
	printf '%s-%s-%s-%s-%s' "${1:0:8}" "${1:8:4}" "${1:12:4}" "${1:16:4}" "${1:20:12}"
}
rm -rf "$made"
mkdir -p "$made"
gzip -1 --no-name --stdout "$work/new/root" >"$made/framegate_${version}_$(uuid_of "${hash:0:32}").root.gz"
gzip -1 --no-name --stdout "$work/new/verity" >"$made/framegate_${version}_$(uuid_of "${hash:32:32}").verity.gz"
sed "s/roothash=[0-9a-f]*/roothash=$hash/" "$work/cmdline" >"$work/new/cmdline"
grep -q "roothash=$hash" "$work/new/cmdline"
initial=("--initrd=$work/initrd")
# Without an initial system, the kernel itself looks for a root, and panics.
[[ $change != panic ]] || initial=()
ukify build --linux="$work/linux" "${initial[@]}" --cmdline="@$work/new/cmdline" --uname="$(<"$work/uname")" \
	--os-release="@$work/new/os-release" --stub="$work/new/stub" --output="$made/framegate_$version.efi" >"$work/ukify.log"
cd "$made"
sha256sum framegate_* >SHA256SUMS
gpg --batch --detach-sign --output SHA256SUMS.gpg SHA256SUMS
rm -rf "$work/layer" "$work/new"
