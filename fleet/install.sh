#!/bin/bash
# Installs framegate-fleet in a place of its own, on Debian 12:
#
#     fleet/install.sh [FOLDER]
#
# FOLDER is /opt/framegate-fleet when none is named; the program is FOLDER/bin/framegate-fleet.
set -euo pipefail

place=${1:-/opt/framegate-fleet}
source=$(dirname "$(readlink -f "$0")")

/usr/bin/python3 -m venv "$place"
"$place/bin/pip" install -q --disable-pip-version-check --require-hashes -r "$source/requirements.txt"
site=$("$place/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
for part in framegate_files framegate_fleet; do
	rm -rf "${site:?}/$part"
	cp -r "$source/$part" "$site/"
done
cat >"$place/bin/framegate-fleet" <<PROGRAM
#!$place/bin/python
from framegate_fleet.start import main

main()
PROGRAM
chmod 755 "$place/bin/framegate-fleet"
