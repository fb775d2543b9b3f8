#!/bin/bash
# Installs framegate-learn in a place of its own, on Debian 12:
#
#     fleet/install-learn.sh [FOLDER]
#
# FOLDER is /opt/framegate-learn when none is named; the program is FOLDER/bin/framegate-learn.
set -euo pipefail

place=${1:-/opt/framegate-learn}
source=$(dirname "$(readlink -f "$0")")

/usr/bin/python3 -m venv "$place"
"$place/bin/pip" install -q --disable-pip-version-check --require-hashes -r "$source/learn-requirements.txt"
site=$("$place/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
rm -rf "$site/framegate_learn"
cp -r "$source/framegate_learn" "$site/"
cat >"$place/bin/framegate-learn" <<PROGRAM
#!$place/bin/python
from framegate_learn.cli import main

main()
PROGRAM
chmod 755 "$place/bin/framegate-learn"
