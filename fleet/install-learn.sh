#!/bin/bash
# Installs framegate-learn in a place of its own, on Debian 12:
#
#     fleet/install-learn.sh [--service] [FOLDER]
#
# FOLDER is /opt/framegate-learn when none is named; the program is FOLDER/bin/framegate-learn. With
# --service its service is enabled too: it collects as soon as a learn.yaml is there, one's own as
# /etc/framegate/learn.yaml, or what a fleet brings.
set -euo pipefail

service=
if [[ ${1:-} == --service ]]; then
	service=yes
	shift
fi
place=${1:-/opt/framegate-learn}
source=$(dirname "$(readlink -f "$0")")

/usr/bin/python3 -m venv "$place"
"$place/bin/pip" install -q --disable-pip-version-check --require-hashes -r "$source/learn-requirements.txt"
site=$("$place/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
for part in framegate_files framegate_learn; do
	rm -rf "${site:?}/$part"
	cp -r "$source/$part" "$site/"
done
cat >"$place/bin/framegate-learn" <<PROGRAM
#!$place/bin/python
from framegate_learn.cli import main

main()
PROGRAM
chmod 755 "$place/bin/framegate-learn"

[[ $service ]] || exit 0
units=$(dirname "$source")/packaging/learn
install -m 644 "$units/framegate-learn.sysusers" /etc/sysusers.d/framegate-learn.conf
install -m 644 "$units/framegate-learn.tmpfiles" /etc/tmpfiles.d/framegate-learn.conf
install -m 644 "$units/framegate-learn.slice" /etc/systemd/system/
sed "s|^ExecStart=/opt/framegate-learn/|ExecStart=$place/|" "$units/framegate-learn.service" \
	>/etc/systemd/system/framegate-learn.service
systemd-sysusers /etc/sysusers.d/framegate-learn.conf
systemd-tmpfiles --create /etc/tmpfiles.d/framegate-learn.conf
# Whoever logs in to run it finds it there, a fleet too; its agent may write to the folder from now on.
ln -sf "$place/bin/framegate-learn" /usr/local/bin/framegate-learn
systemctl daemon-reload
systemctl enable --now framegate-learn.service
systemctl try-restart framegate-fleet-agent.service || true
