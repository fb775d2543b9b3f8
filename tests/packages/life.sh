#!/bin/bash
# What becomes of a Debian system when our packages are installed, upgraded, removed and purged. Runs as
# root inside one, with the packages below /mnt; the last line says that all of it was as it should be.
set -euo pipefail

export DEBIAN_FRONTEND=noninteractive
readonly CONFIG=/etc/framegate/gateway.yaml STATE=/var/lib/framegate SOCKET=/run/framegate/api.sock

say() {
	printf '== %s\n' "$*"
}

wrong() {
	printf 'wrong: %s\n' "$*"
	exit 1
}

install_packages() {
	apt-get install -y -q --allow-downgrades "$@"
}

# older PACKAGE: the same package, as an older version.
older() {
	dpkg-deb -R "$1" /tmp/older
	sed -i 's/^Version: .*/Version: 0.0.1/' /tmp/older/DEBIAN/control
	dpkg-deb -Zgzip -z1 -b /tmp/older "/tmp/$(basename "$1" | sed 's/_.*//')_0.0.1_amd64.deb"
	rm -r /tmp/older
}

# Without a service manager: what the unit says, done by hand.
run_gwd() {
	install -d -o framegate -g framegate /run/framegate
	setpriv --reuid framegate --regid framegate --init-groups /usr/sbin/gwd --config "$CONFIG" &
	gwd=$!
	for _ in $(seq 100); do
		[[ -S $SOCKET ]] && return
		sleep 0.1
	done
	wrong "gwd does not answer"
}

end_gwd() {
	kill "$gwd"
	wait "$gwd" || wrong "gwd ended with $?"
}

rm -f /usr/sbin/policy-rc.d
mapfile -t packages < <(find /mnt -maxdepth 1 -name "*.deb" ! -name "*-dbgsym_*")

say install
find / -xdev -path /proc -prune -o -path /mnt -prune -o -name '*framegate*' -print >/tmp/before
for package in "${packages[@]}"; do
	older "$package"
done
install_packages /tmp/framegate*_0.0.1_amd64.deb
[[ $(dpkg-query -W -f '${Version}' framegate) == 0.0.1 ]]
systemctl is-enabled framegate.service
[[ $(stat -c '%U:%G %a' /etc/framegate "$STATE/models" | sort -u) == 'framegate:framegate 750' ]] ||
	wrong "$(stat -c '%U:%G %a %n' /etc/framegate "$STATE/models")"
[[ $(getent passwd framegate | cut -d: -f7) == */nologin ]] || wrong "the user may log in"
gwctl version
test -s /usr/share/bash-completion/completions/gwctl.bash
ldconfig -p | grep libonnxruntime >/dev/null || wrong "no ONNX Runtime"

say run
run_gwd
gwctl status
runuser -u nobody -- gwctl status && wrong "nobody is in the group, and was answered"
gwctl camera add door --source 192.0.2.11 --destination 192.0.2.1 --port 5004
gwctl config commit --comment "a camera"
grep -q door "$CONFIG"
end_gwd

say units
systemd-analyze verify --man=no framegate.service
for ports in net_null0 net_af_packet0,iface=eth1 net_af_xdp0,iface=eth1 net_tap0 0000:01:00.0; do
	sed "s/device: .*/device: \"$ports\"/" "$CONFIG" >/tmp/ports.yaml
	rm -rf /run/systemd/system
	mkdir -p /run/systemd/system
	FRAMEGATE_CONFIG=/tmp/ports.yaml /usr/lib/systemd/system-generators/framegate-ports /run/systemd/system
	systemd-analyze verify --man=no framegate.service
	systemd-analyze security --offline=yes --threshold=25 --no-pager framegate.service | tail -n 1
	printf 'ports %s: %s\n' "$ports" \
		"$(cat /run/systemd/system/framegate.service.d/*.conf 2>/dev/null | sed -n 's/^AmbientCapabilities=//p')"
done
rm -rf /run/systemd

say upgrade
touch "$STATE/kept"
install_packages "${packages[@]}"
[[ $(dpkg-query -W -f '${Version}' framegate) != 0.0.1 ]]
grep -q door "$CONFIG" || wrong "the configuration was lost"
run_gwd
gwctl camera show door
end_gwd

say remove
apt-get remove -y -q framegate framegate-cli
[[ ! -e /usr/sbin/gwd && ! -e /usr/bin/gwctl && -e $CONFIG && -e $STATE/kept ]] || wrong "what was removed"

say purge
apt-get purge -y -q 'framegate*' 'libframegate*'
find / -xdev -path /proc -prune -o -path /mnt -prune -o -path /tmp -prune -o -name '*framegate*' -print |
	grep -vFf /tmp/before >/tmp/left || true
[[ ! -s /tmp/left ]] || wrong "left behind: $(cat /tmp/left)"
[[ ! -e /etc/framegate && ! -e $STATE ]]

say "the command line alone"
apt-get autoremove -y -q
install_packages /mnt/framegate-cli_*.deb
! dpkg-query -W 'librte-*' 2>/dev/null | grep . >/dev/null || wrong "gwctl wants DPDK"
gwctl help | sed -n 1,3p

say "all is well"
