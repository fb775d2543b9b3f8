#!/bin/bash
# framegate-fleet alone, on a machine without a gateway: root inside a fresh system, with the packages
# below /mnt. The last line says that all of it was as it should be.
set -euo pipefail

export DEBIAN_FRONTEND=noninteractive

say() {
	printf '== %s\n' "$*"
}

wrong() {
	printf 'wrong: %s\n' "$*"
	exit 1
}

rm -f /usr/sbin/policy-rc.d
say install
apt-get install -y -q --no-install-recommends /mnt/framegate-fleet_*.deb
find /usr/lib/framegate-fleet | sort >/tmp/before
[[ $(systemctl is-enabled framegate-fleet-agent.service) == disabled ]] || wrong "the agent is enabled"
[[ $(framegate-fleet --version) == "framegate-fleet "* ]] || wrong "no version"

say use
cd /tmp
git config --global user.email root@localhost
git config --global user.name root
framegate-fleet --repository fleet init north
cd fleet
framegate-fleet check
cat >sites/first.yaml <<'SITE'
template: standard
variables: {interface: eth0, brokers: "127.0.0.1:1", listen: "0.0.0.0:8443"}
gateways: {gw1: {}}
SITE
git commit -q -a -m gw1
framegate-fleet plan | grep "gw1: not enrolled" || wrong "plan"
framegate-fleet publish /tmp/shelf
# Kafka's client is in it, too.
echo 'topic: {brokers: "127.0.0.1:1"}' >>fleet.yaml
said=$(framegate-fleet plan --by-topic 2>&1) && wrong "by topic, without brokers"
grep "Kafka at 127.0.0.1:1: " <<<"$said" || wrong "by topic"
git commit -q -a -m topic
framegate-fleet --json publish /tmp/shelf | sed -n 's/.*"key": "\(.*\)",/\1/p' >/tmp/key
[[ -s /tmp/key ]] || wrong "no key"
said=$(framegate-fleet agent gw1 /tmp/shelf --key /tmp/key --once --state /tmp/agent --socket /tmp/none 2>&1) &&
	wrong "agent, without a gateway"
grep "away: no gateway answers at /tmp/none: there is no such socket" <<<"$said" || wrong "agent"
zcat /usr/share/man/man1/framegate-fleet.1.gz | grep "SS model add" >/dev/null || wrong "no manual"
grep -q "_framegate_fleet" /usr/share/bash-completion/completions/framegate-fleet || wrong "no completion"
find /usr/lib/framegate-fleet | sort | diff /tmp/before - || wrong "it has written below /usr"

say sandbox
unit=$(dpkg -L framegate-fleet | grep 'framegate-fleet-agent.service$')
systemd-analyze security --offline=true "$unit" | tail -n 1
systemd-analyze verify "$unit" 2>&1 | grep -v 'gwctl\|gwd\|man framegate' || true

say purge
apt-get purge -y -q framegate-fleet
[[ ! -e /usr/lib/framegate-fleet && ! -e /etc/default/framegate-fleet-agent ]] || wrong "something is left"
say all is well
