#!/bin/bash
# enter-root.sh ROOT SHARED COMMAND...: what `in_root` runs in namespaces of its own: COMMAND in the
# system below ROOT, under a layer in memory, with SHARED as /mnt.
set -euo pipefail

root=$1 shared=$2
shift 2
# The folder of a mount point that every system has; in this namespace nobody else sees it.
layer=/mnt
mount -t tmpfs -o mode=755 layer "$layer"
mkdir "$layer/upper" "$layer/work" "$layer/root" "$layer/shared"
mount --bind "$shared" "$layer/shared"
mount -t overlay -o "lowerdir=$root,upperdir=$layer/upper,workdir=$layer/work" overlay "$layer/root" || {
	echo "this machine has no overlayfs, which keeps a system in the cache as it is" >&2
	exit 1
}
mount -t proc proc "$layer/root/proc"
mount --rbind /dev "$layer/root/dev"
mount --rbind /sys "$layer/root/sys"
mount -t tmpfs tmp "$layer/root/tmp"
mount --bind "$layer/shared" "$layer/root/mnt"
# Names are looked up as this machine does.
cp -L /etc/resolv.conf "$layer/root/etc/resolv.conf"
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
	TERM=dumb chroot "$layer/root" "$@"
