#!/bin/bash
# Puts framegate-fleet with what it stands on into a package's tree, without a network:
#
#     packaging/fleet-tree.sh WHEELS TREE
#
# WHEELS is a folder with the files of fleet/requirements.txt. Each has its place below
# TREE/usr/lib/framegate-fleet: a virtual environment would hold the path that it was made in.
set -euo pipefail

wheels=$1 tree=$2
source=$(dirname "$(dirname "$(readlink -f "$0")")")/fleet
place=$tree/usr/lib/framegate-fleet

install -d "$place" "$tree/usr/bin" "$tree/usr/share/man/man1" "$tree/usr/share/bash-completion/completions"
/usr/bin/python3 -m pip install -q --disable-pip-version-check --no-cache-dir --no-compile --no-deps --no-index \
	--no-warn-script-location --root-user-action ignore --find-links "$wheels" --require-hashes \
	--target "$place" -r "$source/requirements.txt"
# Programs and headers of the parts, their own tests, and which folder they came from.
rm -rf "${place:?}"/{bin,include,gevent/tests,greenlet/tests}
find "$place" \( -name direct_url.json -o -name REQUESTED -o -name RECORD \) -delete
cp -r "$source/framegate_files" "$source/framegate_fleet" "$place/"
find "$place" -name __pycache__ -prune -exec rm -r {} +
chmod -R go=rX,u+rw "$place"
find "$place" -type f -exec chmod -x {} +
/usr/bin/python3 -m compileall -q --invalidation-mode unchecked-hash -s "$tree" -p / "$place"

cat >"$tree/usr/bin/framegate-fleet" <<'PROGRAM'
#!/usr/bin/python3 -I
import sys

sys.path.insert(0, "/usr/lib/framegate-fleet")

from framegate_fleet.start import main  # noqa: E402

main()
PROGRAM
chmod 755 "$tree/usr/bin/framegate-fleet"
# Its words come from the program itself, which needs what it stands on.
export PYTHONPATH=$place
/usr/bin/python3 -B "$source/manual.py" >"$tree/usr/share/man/man1/framegate-fleet.1"
/usr/bin/python3 -B -c 'from framegate_fleet import arguments
print(arguments.completion(arguments.parser()))' >"$tree/usr/share/bash-completion/completions/framegate-fleet"
