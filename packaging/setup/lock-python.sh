#!/bin/bash
# Writes the hash-pinned requirements.txt beside a requirements.in, for Debian 12's Python on amd64:
#
#     packaging/setup/lock-python.sh tests/requirements.in [CONSTRAINTS [PYTHON]]
#
# CONSTRAINTS is a file of versions to agree with, as `name==version` lines, or empty. PYTHON is another
# version of Python, 3.13 for Debian 13, whose files of the same versions are pinned, too.
set -euo pipefail

input=$1
arguments=(-r "$input")
[[ -z ${2:-} ]] || arguments+=(-c "$2")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
/usr/bin/python3 -m venv "$scratch/venv"
# PySpark alone comes as source, Python and jars.
env -u PIP_FIND_LINKS "$scratch/venv/bin/pip" install -q --dry-run --ignore-installed --only-binary :all: \
	--no-binary pyspark \
	--report "$scratch/report.json" "${arguments[@]}"
reports=("$scratch/report.json")
if [[ -n ${3:-} ]]; then
	mapfile -t same < <("$scratch/venv/bin/python" -c '
import json, sys
for package in json.load(open(sys.argv[1]))["install"]:
    print("{name}=={version}".format(**package["metadata"]))' "$scratch/report.json")
	env -u PIP_FIND_LINKS "$scratch/venv/bin/pip" install -q --dry-run --ignore-installed --no-deps \
		--only-binary :all: --target "$scratch/target" --python-version "$3" \
		--report "$scratch/other.json" "${same[@]}"
	reports+=("$scratch/other.json")
fi
"$scratch/venv/bin/python" - "$input" "${reports[@]}" >"${input%.in}.txt" <<'PYTHON'
import json
import sys

name, report, *others = sys.argv[1:]
more = {}
for other in others:
    with open(other) as file:
        for package in json.load(file)["install"]:
            found = package["download_info"]["archive_info"]["hashes"]["sha256"]
            more.setdefault(package["metadata"]["name"], []).append(found)
print(f"# Made from {name} by packaging/setup/lock-python.sh; do not edit.")
with open(report) as file:
    packages = json.load(file)["install"]
for package in sorted(packages, key=lambda package: package["metadata"]["name"].lower()):
    data = package["metadata"]
    hash = package["download_info"]["archive_info"]["hashes"]["sha256"]
    hashes = dict.fromkeys([hash, *more.get(data["name"], [])])
    pinned = " \\\n".join(f"    --hash=sha256:{it}" for it in hashes)
    print(f"{data['name'].lower()}=={data['version']} \\\n{pinned}")
PYTHON
