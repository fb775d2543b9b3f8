"""Certificates of cameras, made by OpenSSL."""

import subprocess
from pathlib import Path
from typing import NamedTuple


class Certificate(NamedTuple):
    """Files in PEM."""

    path: Path
    key: Path

    def fingerprint(self) -> str:
        """SHA-256."""
        said = _openssl("x509", "-in", self.path, "-noout", "-fingerprint", "-sha256")
        return said.strip().partition("=")[2]


def _openssl(*arguments: object) -> str:
    return subprocess.run(
        ["openssl", *(str(it) for it in arguments)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout


def _files(folder: Path, name: str) -> tuple[Certificate, list[object]]:
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    return made, [*key, "-keyout", made.key, "-subj", f"/CN={name}"]


def authority(folder: Path, name: str = "authority") -> Certificate:
    """One that may sign others."""
    made, arguments = _files(folder, name)
    _openssl("req", "-x509", *arguments, "-out", made.path, "-days", 2)
    return made


def signed(folder: Path, by: Certificate, name: str, names: str, days: int = 2) -> Certificate:
    """One for `names`, as "IP:192.0.2.11,DNS:door"; with less than no days, it is over."""
    made, arguments = _files(folder, name)
    request, more = folder / f"{name}.csr", folder / f"{name}.ext"
    more.write_text(f"subjectAltName={names}\n")
    _openssl("req", *arguments, "-out", request)
    signer = ("-CA", by.path, "-CAkey", by.key, "-CAcreateserial", "-extfile", more)
    _openssl("x509", "-req", "-in", request, *signer, "-out", made.path, "-days", days)
    return made
