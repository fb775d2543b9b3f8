#!/bin/bash
# boot.sh ROOT PACKAGES: installs our packages in a layer over the system below ROOT, boots it as a
# container, and prints what a service of the test saw of framegate.service there. Runs as root in a
# mount namespace of its own.
set -euo pipefail

root=$1 packages=$2
layer=/mnt
mount --bind "$packages" /srv
mount -t tmpfs -o mode=755 layer "$layer"
mkdir "$layer/upper" "$layer/work" "$layer/root"
mount -t overlay -o "lowerdir=$root,upperdir=$layer/upper,workdir=$layer/work" overlay "$layer/root"
cp /srv/*.deb "$layer/root/srv"
rm "$layer"/root/srv/*-dbgsym_*.deb "$layer/root/usr/sbin/policy-rc.d" 2>/dev/null || true
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
	chroot "$layer/root" sh -c 'apt-get install -y -q /srv/*.deb' >"$layer/install.log" 2>&1 || {
	tail -n 20 "$layer/install.log"
	exit 1
}

cat >"$layer/root/srv/look" <<'LOOK'
#!/bin/sh
# The status is told every 5 s.
for _ in $(seq 150); do
	systemctl status --no-pager framegate | grep 'Status: "ready' >/dev/null && break
	sleep 0.2
done
systemctl status --no-pager framegate
systemctl reload framegate
echo "reload: $?"
gwctl camera add door --source 10.0.0.1 --destination 10.0.0.2 --port 5004
gwctl config commit --comment 'the first camera'
echo "commit: $?"
kill -KILL "$(systemctl show --property=MainPID --value framegate)"
for _ in $(seq 150); do
	sleep 0.2
	gwctl status >/dev/null 2>&1 && break
done
echo "restarts: $(systemctl show --property=NRestarts --value framegate), $(systemctl is-active framegate)"
journalctl --no-pager --unit=framegate
gwctl status | grep ^state
systemctl poweroff
LOOK
cat >"$layer/root/etc/systemd/system/look.service" <<'UNIT'
[Unit]
After=framegate.service
[Service]
Type=oneshot
StandardOutput=file:/srv/said
StandardError=file:/srv/said
ExecStart=/bin/sh /srv/look
UNIT
ln -s ../look.service "$layer/root/etc/systemd/system/multi-user.target.wants"
# Debian 12's systemd still lives with the control groups that an older host has.
unified=0
[[ ! -f /sys/fs/cgroup/cgroup.controllers ]] || unified=1
SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=$unified timeout 120 systemd-nspawn --register=no --keep-unit --quiet --boot \
	--directory="$layer/root" </dev/null >"$layer/boot.log" 2>&1 || tail -n 20 "$layer/boot.log"
cat "$layer/root/srv/said"
