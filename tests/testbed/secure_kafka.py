"""A real Apache Kafka with a second port: TLS with a CA of its own, client certificates, SCRAM."""

import subprocess
from pathlib import Path

from testbed.kafka import Kafka
from testbed.loopback import free_port

_LISTENER = """\
listeners=PLAINTEXT://127.0.0.1:{port},SECURE://127.0.0.1:{secure},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SECURE://127.0.0.1:{secure}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.secure.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={folder}/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/ca.crt
listener.name.secure.ssl.client.auth=required
"""
USER = "gateway"


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


def make_authority(folder: Path, name: str) -> None:
    """A CA: NAME.crt and NAME.key."""
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    files = ("-keyout", f"{name}.key", "-out", f"{name}.crt")
    _openssl(folder, "req", "-x509", *key, *files, "-subj", f"/CN={name}", "-days", "2")


def make_certificate(folder: Path, name: str, authority: str = "ca") -> None:
    """NAME.crt and NAME.key for 127.0.0.1, and both in NAME.pem."""
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    files = ("-keyout", f"{name}.key", "-out", f"{name}.csr")
    _openssl(folder, "req", *key, *files, "-subj", f"/CN={name}")
    (folder / "names.cnf").write_text("subjectAltName=IP:127.0.0.1\n")
    signer = ("-CA", f"{authority}.crt", "-CAkey", f"{authority}.key", "-CAcreateserial")
    out = ("-out", f"{name}.crt", "-days", "2", "-extfile", "names.cnf")
    _openssl(folder, "x509", "-req", "-in", f"{name}.csr", *signer, *out)
    text = (folder / f"{name}.crt").read_text() + (folder / f"{name}.key").read_text()
    (folder / f"{name}.pem").write_text(text)


class SecureKafka(Kafka):
    """Its second port wants a certificate of its CA, and USER with the password."""

    def __init__(self, folder: Path, password: str) -> None:
        super().__init__(folder)
        self.secure = free_port()
        self._password = password

    def _secure(self) -> None:
        make_authority(self.folder, "ca")
        make_certificate(self.folder, "broker")
        make_certificate(self.folder, "client")
        said = [
            line
            for line in self.properties.read_text().splitlines()
            if not line.startswith(("listeners=", "advertised.listeners=", "listener.security"))
        ]
        more = _LISTENER.format(
            port=self.port, secure=self.secure, controller=self.controller, folder=self.folder
        )
        self.properties.write_text("\n".join(said) + "\n" + more)

    def _credentials(self) -> list[str]:
        return ["--add-scram", f"SCRAM-SHA-512=[name={USER},password={self._password}]"]
