#!/bin/bash
# Installs framegate-flow in a place of its own, on Debian 12:
#
#     fleet/install-flow.sh [FOLDER]
#
# FOLDER is /opt/framegate-flow when none is named; the program is FOLDER/bin/framegate-flow.
set -euo pipefail

place=${1:-/opt/framegate-flow}
source=$(dirname "$(readlink -f "$0")")

/usr/bin/python3 -m venv "$place"
"$place/bin/pip" install -q --disable-pip-version-check --require-hashes -r "$source/flow-requirements.txt"
site=$("$place/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
# Sites stand in a fleet's repository: the other one reads it.
for part in framegate_files framegate_fleet framegate_flow; do
	rm -rf "${site:?}/$part"
	cp -r "$source/$part" "$site/"
done
cat >"$place/bin/framegate-flow" <<PROGRAM
#!$place/bin/python
from framegate_flow.cli import main

main()
PROGRAM
chmod 755 "$place/bin/framegate-flow"
