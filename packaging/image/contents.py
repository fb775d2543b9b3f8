#!/usr/bin/env python3
"""contents.py MANIFEST SPDX VERSIONS: mkosi's manifest as SPDX 2.3, and as names and versions."""

import json
import sys
import uuid
from pathlib import Path


def spdx(name: str, version: str, packages: list[dict[str, str]]) -> dict[str, object]:
    listed = []
    for package in packages:
        purl = (
            f"pkg:deb/debian/{package['name']}@{package['version']}?arch={package['architecture']}"
        )
        listed.append(
            {
                "SPDXID": f"SPDXRef-{package['name'].replace('+', '-plus-').replace('_', '-')}",
                "name": package["name"],
                "versionInfo": package["version"],
                "downloadLocation": "NOASSERTION",
                "filesAnalyzed": False,
                "licenseConcluded": "NOASSERTION",
                "licenseDeclared": "NOASSERTION",
                "copyrightText": "NOASSERTION",
                "externalRefs": [
                    {
                        "referenceCategory": "PACKAGE-MANAGER",
                        "referenceType": "purl",
                        "referenceLocator": purl,
                    }
                ],
            }
        )
    # The same contents, the same name: two builds differ only when what is in them does.
    contents = json.dumps(packages, sort_keys=True)
    space = uuid.uuid5(uuid.NAMESPACE_URL, f"{name} {version} {contents}")
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{name}-{version}",
        "documentNamespace": f"urn:uuid:{space}",
        "creationInfo": {
            "created": "1970-01-01T00:00:00Z",
            "creators": ["Tool: framegate-dev-image"],
        },
        "packages": listed,
        "relationships": [
            {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relationshipType": "DESCRIBES",
                "relatedSpdxElement": package["SPDXID"],
            }
            for package in listed
        ],
    }


def main() -> None:
    manifest = json.loads(Path(sys.argv[1]).read_text())
    config = manifest["config"]
    packages = sorted(
        (
            {key: package[key] for key in ("name", "version", "architecture")}
            for package in manifest["packages"]
        ),
        key=lambda package: package["name"],
    )
    document = spdx(config["name"], config["version"], packages)
    Path(sys.argv[2]).write_text(json.dumps(document, indent=1) + "\n")
    lines = [f"{package['name']} {package['version']}\n" for package in packages]
    Path(sys.argv[3]).write_text("".join(lines))


main()
