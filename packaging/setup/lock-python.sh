#!/bin/bash
# Writes the hash-pinned requirements.txt beside a requirements.in, for Debian 12's Python on amd64:
#
#     packaging/setup/lock-python.sh tests/requirements.in [CONSTRAINTS]
#
# CONSTRAINTS is a file of versions to agree with, as `name==version` lines.
set -euo pipefail

input=$1
arguments=(-r "$input")
[[ $# -lt 2 ]] || arguments+=(-c "$2")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
/usr/bin/python3 -m venv "$scratch/venv"
# PySpark alone comes as source, Python and jars.
env -u PIP_FIND_LINKS "$scratch/venv/bin/pip" install -q --dry-run --ignore-installed --only-binary :all: \
	--no-binary pyspark \
	--report "$scratch/report.json" "${arguments[@]}"
"$scratch/venv/bin/python" - "$scratch/report.json" "$input" >"${input%.in}.txt" <<'PYTHON'
import json
import sys

report, name = sys.argv[1:]
print(f"# Made from {name} by packaging/setup/lock-python.sh; do not edit.")
with open(report) as file:
    packages = json.load(file)["install"]
for package in sorted(packages, key=lambda package: package["metadata"]["name"].lower()):
    data = package["metadata"]
    hash = package["download_info"]["archive_info"]["hashes"]["sha256"]
    print(f"{data['name'].lower()}=={data['version']} \\\n    --hash=sha256:{hash}")
PYTHON
